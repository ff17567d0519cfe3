package vae

import (
	"context"
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/graph"
	"vaectl/internal/kernel"
	"vaectl/internal/noise"
)

// Evaluation is what a model makes of a split. Figures are means over images in
// nats per image, with one draw of z an image, or as many as the
// importance-weighted bound takes where that is what the model is trained for.
type Evaluation struct {
	Images int
	// Bound is the one the model is trained to raise, and NegBound its
	// negative, which bounds -log p(x) from above. For the ELBO it is NegELBO.
	Bound          Bound
	NegBound       float64
	NegELBO        float64 // reconstruction + KL, an upper bound on -log p(x)
	Reconstruction float64 // -log p(x|z), summed over pixels
	KL             float64 // KL(q(z|x) || p(z)), summed over dimensions
	KLPerDim       []float64
	// AggregateMean and AggregateStd are those of z over the split, one draw
	// an image, in the prior's own units.
	AggregateMean, AggregateStd []float64
	// ActivityPerDim is the variance over images of E_q[u], in units in which
	// the prior's variance is 1 (Burda et al. 2016, section 5.2).
	ActivityPerDim []float64
}

// ActiveThreshold is the activity above which a dimension counts as active
// (Burda et al. 2016, section 5.2).
const ActiveThreshold = 0.01

// ActiveUnits counts the dimensions whose activity is above [ActiveThreshold].
func (e Evaluation) ActiveUnits() int {
	n := 0
	for _, v := range e.ActivityPerDim {
		if v > ActiveThreshold {
			n++
		}
	}
	return n
}

// evalRows is the number of images evaluated at a time: large enough that the
// products run at full speed, small enough that their outputs stay in cache.
const evalRows = 250

// evalDraws is the number of draws evaluated at a time where there are several
// an image.
const evalDraws = 1000

// Evaluate computes the ELBO of all images of a reader, and the
// importance-weighted bound where the model is trained for it. The noise
// depends on the seed and the image alone, so two evaluations of the same
// weights agree. It stops early, with the context's error, when the context ends.
func (m *Model) Evaluate(ctx context.Context, r *data.Reader, seed uint64) (Evaluation, error) {
	if err := m.checkImages(r.Split()); err != nil {
		return Evaluation{}, err
	}
	split := r.Split()
	bound, rows := m.evaluationBound(), evalRows
	if bound.Samples > 1 {
		rows = max(1, evalDraws/bound.Samples)
	}
	rows = min(rows, split.Count)
	p, err := m.newEvaluator(rows, bound)
	if err != nil {
		return Evaluation{}, err
	}
	total := newTotals(m.Latents())
	indices := make([]int32, rows)
	for first := 0; first < split.Count; first += rows {
		if err := ctx.Err(); err != nil {
			return Evaluation{}, err
		}
		n := min(rows, split.Count-first)
		fillIndices(indices, first, n)
		r.Read(p.x, indices, noise.Key(seed, noise.EvalBinarize, 0))
		m.engine.Normal(p.noise, evalNoise(seed), uint64(first*bound.Samples*m.Latents()))
		p.program.Run()
		total.add(p, n)
	}
	return total.evaluation(m, bound), nil
}

// evaluationBound is the bound an evaluation computes: of the ELBO one draw an
// image says as much as several over so many images.
func (m *Model) evaluationBound() Bound {
	if b := m.Bound(); b.Name == IWAE {
		return b
	}
	return Bound{Name: ELBO, Samples: 1}
}

func (m *Model) checkImages(s *data.Split) error {
	if s.Height != m.height || s.Width != m.width {
		return fmt.Errorf("images of %dx%d pixels for a model of %dx%d", s.Height, s.Width, m.height, m.width)
	}
	return nil
}

// fillIndices makes n consecutive indices from first. Those past the end repeat
// the last image, whose rows are not counted again.
func fillIndices(indices []int32, first, n int) {
	for i := range indices {
		indices[i] = int32(first + min(i, n-1))
	}
}

// evalNoise keys the reparameterisation noise of an evaluation: the draw for
// dimension d of the s-th of k draws for image i stands at position
// (i*k + s)*latents + d.
func evalNoise(seed uint64) kernel.Key { return noise.Key(seed, noise.EvalEpsilon, evalStream) }

// Streams of noise.EvalEpsilon, told apart by the step of their key.
const (
	evalStream = 0
	nllStream  = 1
)

// evaluator is the graph of an evaluation without gradients.
type evaluator struct {
	program   *graph.Program
	samples   int
	x, noise  []float32
	loglik    []float32
	logw      []float32 // nil for the ELBO
	kl        []float32
	posterior []float32
	z         []float32
}

func (m *Model) newEvaluator(images int, bound Bound) (*evaluator, error) {
	b, err := m.newBatch(plan{images: images, samples: bound.Samples, weights: bound.Name == IWAE})
	if err != nil {
		return nil, err
	}
	outputs := gorgonia.Nodes{b.loglik, b.latent.kl, b.params, b.latent.z}
	if b.logw != nil {
		outputs = append(outputs, b.logw)
	}
	program, err := b.graph.Compile(nil, outputs...)
	if err != nil {
		return nil, err
	}
	e := &evaluator{
		program: program, samples: bound.Samples,
		x: b.graph.Data(b.x), noise: b.noise,
		loglik: program.Value(b.loglik), kl: program.Value(b.latent.kl),
		posterior: program.Value(b.params), z: program.Value(b.latent.z),
	}
	if b.logw != nil {
		e.logw = program.Value(b.logw)
	}
	return e, nil
}

// totals are sums over images.
type totals struct {
	images  int
	loglik  float64
	bound   float64
	kl      []float64
	z, mean spread
}

// spread holds sums and sums of squares, a pair a dimension.
type spread struct{ sum, square []float64 }

func newSpread(n int) spread { return spread{make([]float64, n), make([]float64, n)} }

func (s spread) add(d int, v float64) {
	s.sum[d] += v
	s.square[d] += v * v
}

func (s spread) mean(d, n int) float64 { return s.sum[d] / float64(n) }

func (s spread) variance(d, n int) float64 {
	mean := s.mean(d, n)
	return max(0, s.square[d]/float64(n)-mean*mean)
}

func newTotals(latents int) *totals {
	return &totals{kl: make([]float64, latents), z: newSpread(latents), mean: newSpread(latents)}
}

func (t *totals) add(p *evaluator, n int) {
	t.images += n
	latents := len(t.kl)
	for r := range n {
		first := r * p.samples
		for s := first; s < first+p.samples; s++ {
			t.loglik += float64(p.loglik[s]) / float64(p.samples)
		}
		if p.logw != nil {
			logMean, _ := summarise(p.logw[first : first+p.samples])
			t.bound += logMean
		}
		for d := range latents {
			t.kl[d] += float64(p.kl[r*latents+d])
			t.z.add(d, float64(p.z[first*latents+d]))
			t.mean.add(d, float64(p.posterior[r*2*latents+d]))
		}
	}
}

// summarise sums the weights of one image in float64: the log of their mean and
// the number of equal weights that would be as uneven, (sum w)^2 / sum w^2.
func summarise(logw []float32) (logMean, effective float64) {
	largest := math.Inf(-1)
	for _, v := range logw {
		largest = max(largest, float64(v))
	}
	var sum, square float64
	for _, v := range logw {
		w := math.Exp(float64(v) - largest)
		sum += w
		square += w * w
	}
	return largest + math.Log(sum/float64(len(logw))), sum * sum / square
}

func (t *totals) evaluation(m *Model, bound Bound) Evaluation {
	n := float64(t.images)
	e := Evaluation{Images: t.images, Bound: bound, Reconstruction: -t.loglik / n}
	for d := range t.kl {
		_, scale := m.prior.Base(d)
		e.KLPerDim = append(e.KLPerDim, t.kl[d]/n)
		e.KL += t.kl[d] / n
		e.AggregateMean = append(e.AggregateMean, t.z.mean(d, t.images))
		e.AggregateStd = append(e.AggregateStd, math.Sqrt(t.z.variance(d, t.images)))
		e.ActivityPerDim = append(e.ActivityPerDim, t.mean.variance(d, t.images)/(scale*scale))
	}
	e.NegELBO = e.Reconstruction + e.KL
	e.NegBound = e.NegELBO
	if bound.Name == IWAE {
		e.NegBound = -t.bound / n
	}
	return e
}
