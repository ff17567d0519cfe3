package vae

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"vaectl/data"
	"vaectl/internal/compute/diagnosis"
	"vaectl/loss"
)

// Diagnosis says how much the code says about the image, and how far the codes of a
// split, taken together, are from the prior.
type Diagnosis struct {
	Images int
	// Information is the mutual information of image and code under q in nats,
	// with the N images of the split equally likely (Hoffman & Johnson 2016). It
	// cannot exceed InformationCap, which is ln N. With several stochastic levels
	// the code is all of them; what they say about the image is what the lowest
	// says, since the others are drawn from it alone.
	Information, InformationStdErr, InformationCap float64
	// MarginalKL is KL(q(z) || p(z)) in nats, with q(z) the mean of the
	// posteriors of the split: the mean KL less the information, with the noise
	// of both. With several levels it is that of all of them.
	MarginalKL float64
	// KS is the Kolmogorov-Smirnov distance between one draw of z per image and
	// the prior, in each dimension.
	KS []float64
	// KSDraws is the number of draws of the prior that z is compared with; 0 where
	// it is compared with the prior's own distribution functions.
	KSDraws int
	// KSLevel is the distance that draws of the prior itself stay below in 19 out
	// of 20 dimensions.
	KSLevel float64
	// MMD compares all dimensions at once, in the frame in which the prior has
	// mean 0 and variance 1, with draws of the prior; nil for fewer than 4
	// images. It is of the same z as KS.
	MMD *MMD
}

// MMD is the maximum mean discrepancy between codes and as many draws of the
// prior, with the kernel c/(c + |x-y|^2).
type MMD struct {
	Draws int
	// Squared is the unbiased estimate of its square, which is 0 in the mean
	// where codes follow the prior, and NullStd its standard deviation there.
	Squared, NullStd float64
	// Bandwidth is c: the median of the squared distances of draws of the prior.
	Bandwidth float64
}

// Deviations is how many standard deviations the estimate is from where it would
// be if codes followed the prior. Up to 3 there is nothing to see.
func (m MMD) Deviations() float64 {
	if m.NullStd == 0 {
		return 0
	}
	return m.Squared / m.NullStd
}

// WorstKS returns the dimension whose codes are furthest from the prior, and their
// distance.
func (d Diagnosis) WorstKS() (dimension int, distance float64) {
	for i, v := range d.KS {
		if v > distance {
			dimension, distance = i, v
		}
	}
	return dimension, distance
}

// MedianKS is the distance that half of the dimensions are below.
func (d Diagnosis) MedianKS() float64 {
	sorted := slices.Sorted(slices.Values(d.KS))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// discrepancyDraws is how many codes the MMD, whose time grows with their
// square, compares at most: those of images spread evenly over the split.
const discrepancyDraws = 4000

// Diagnose examines the codes of all images in r; e must be the evaluation of the same
// images. The draws of z are those of [Model.Evaluate] with the same seed. The time
// grows with the square of the number of images; progress, unless nil, is called with
// the number done. When the context ends it stops early with the context's error.
func (m *Model) Diagnose(ctx context.Context, r *data.Reader, e Evaluation, seed uint64, progress func(images int)) (Diagnosis, error) {
	images, err := m.Images(r)
	if err != nil {
		return Diagnosis{}, err
	}
	c, err := m.codesOf(ctx, images, seed)
	if err != nil {
		return Diagnosis{}, err
	}
	if err := m.refreshPrior(); err != nil {
		return Diagnosis{}, err
	}
	information, err := diagnosis.MutualInformation(ctx, m.engine, c.posteriors, c.first, progress)
	if err != nil {
		return Diagnosis{}, fmt.Errorf("mutual information: %w", err)
	}
	d := Diagnosis{
		Images: images.Count(), Information: information.Nats, InformationStdErr: information.StdErr, InformationCap: information.Cap,
		MarginalKL: e.KL - information.Nats,
	}
	prior := m.DrawLatents(d.Images, seed)
	m.compareMarginals(&d, c.z, prior)
	return d, m.compareAll(&d, c.z, prior)
}

// codes are those of the images of a split, a draw each.
type codes struct {
	posteriors diagnosis.Gaussians // of the first stochastic layer
	first      []float64           // draws from them
	z          []float64           // in the prior's own units, [images, latents]
}

// codesOf encodes the images and draws as Evaluate does.
func (m *Model) codesOf(ctx context.Context, images *Images, seed uint64) (codes, error) {
	rows := m.atATime(evalRows, images.Count())
	b, err := m.newBatch(purpose{images: rows, samples: 1})
	if err != nil {
		return codes{}, err
	}
	program, err := b.graph.Compile(b.params, b.latent.z)
	if err != nil {
		return codes{}, err
	}
	params, z := program.Value(b.params), program.Value(b.latent.z)
	dim := m.network.Levels[0].Size
	c := codes{posteriors: diagnosis.Gaussians{Dim: dim}}
	for first, indices := range images.fill(&b.Inputs, nil, rows, data.EvaluationDraw(seed)) {
		if err := ctx.Err(); err != nil {
			return codes{}, err
		}
		b.noise.draw(m.engine, seed, evalStream, first, rows)
		program.Run()
		for i := range indices {
			for d := range dim {
				mean, logVar := float64(params[2*dim*i+d]), float64(params[2*dim*i+dim+d])
				c.posteriors.Means = append(c.posteriors.Means, mean)
				c.posteriors.LogVars = append(c.posteriors.LogVars, logVar)
				c.first = append(c.first, mean+math.Exp(0.5*logVar)*float64(b.noise.levels[0][i*dim+d]))
			}
		}
		for _, v := range z[:len(indices)*m.Latents()] {
			c.z = append(c.z, float64(v))
		}
	}
	return c, nil
}

// compareMarginals fills the Kolmogorov-Smirnov distances. The marginals of a
// learned prior, whose dimensions depend on each other, are compared by draws.
func (m *Model) compareMarginals(d *Diagnosis, z, prior []float64) {
	_, joint := m.network.Prior.(loss.LearnedPrior)
	n := float64(d.Images)
	if joint {
		d.KSDraws = d.Images
		n /= 2
	}
	d.KSLevel = diagnosis.KolmogorovSmirnovLevel(n)
	for i := range m.Latents() {
		codes := column(z, i, m.Latents())
		if joint {
			drawn := column(prior, i, m.Latents())
			slices.Sort(codes)
			slices.Sort(drawn)
			d.KS = append(d.KS, stat.KolmogorovSmirnov(codes, nil, drawn, nil))
		} else {
			d.KS = append(d.KS, diagnosis.KolmogorovSmirnov(codes, m.network.Prior.Marginal(i).CDF))
		}
	}
}

// column is one dimension of rows.
func column(rows []float64, d, dim int) []float64 {
	var values []float64
	for at := d; at < len(rows); at += dim {
		values = append(values, rows[at])
	}
	return values
}

// compareAll fills the MMD.
func (m *Model) compareAll(d *Diagnosis, z, prior []float64) error {
	draws := min(d.Images, discrepancyDraws)
	if draws < 4 {
		return nil
	}
	got, err := diagnosis.MeanDiscrepancy(m.engine, m.standardized(z, draws), m.standardized(prior, draws), m.Latents())
	if err != nil {
		return fmt.Errorf("maximum mean discrepancy: %w", err)
	}
	d.MMD = &MMD{Draws: draws, Squared: got.Squared, NullStd: got.NullStd, Bandwidth: got.Bandwidth}
	return nil
}

// standardized is some rows of z, spread evenly, in the frame in which the prior
// starts at mean 0 and variance 1.
func (m *Model) standardized(z []float64, rows int) []float64 {
	dim := m.Latents()
	shift, scale := m.base()
	out := make([]float64, 0, rows*dim)
	for i := range rows {
		at := i * (len(z) / dim) / rows * dim
		for d, v := range z[at : at+dim] {
			out = append(out, clipped((loss.ToBase(m.network.Prior, d, v)-shift[d])/scale[d]))
		}
	}
	return out
}
