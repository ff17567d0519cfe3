package vae

import (
	"context"
	"fmt"
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/noise"
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
	NegELBO        float64   // reconstruction + KL, an upper bound on -log p(x)
	Reconstruction float64   // -log p(x|z), summed over pixels
	KL             float64   // KL(q(z|x) || p(z)), summed over dimensions; of both stochastic layers where there are two
	KLPerDim       []float64 // nil for a prior whose dimensions depend on each other
	// AggregateMean and AggregateStd are those of z over the split, one draw
	// an image, in the prior's own units.
	AggregateMean, AggregateStd []float64
	// ActivityPerDim is the variance over images of E_q[u], in units in which
	// the prior's variance is 1 (Burda et al. 2016, section 5.2).
	ActivityPerDim []float64
	// MMD is the squared maximum mean discrepancy between z and the prior that
	// the mmd objective matches by, the mean over parts of the split; nil for
	// another objective.
	MMD *float64
	// Selection is what the best weights have the lowest of: NegBound, or for the
	// mmd objective what it minimises.
	Selection float64
	// Lower is the lower of two stochastic layers, nil where there is one;
	// the figures a dimension above are then those of the upper.
	Lower *LowerLayer
}

// LowerLayer is what an evaluation says of the lower of two stochastic layers.
type LowerLayer struct {
	KLPerDim       []float64 // mean of log q(h|x) - log p(h|u) at the draws, nats
	ActivityPerDim []float64 // variance over images of E_q[h]
}

// ActiveUnits counts the dimensions whose activity is above [ActiveThreshold].
func (l *LowerLayer) ActiveUnits() int { return active(l.ActivityPerDim) }

// ActiveThreshold is the activity above which a dimension counts as active
// (Burda et al. 2016, section 5.2).
const ActiveThreshold = 0.01

// ActiveUnits counts the dimensions whose activity is above [ActiveThreshold].
func (e Evaluation) ActiveUnits() int { return active(e.ActivityPerDim) }

func active(activity []float64) int {
	n := 0
	for _, v := range activity {
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
	total := newTotals(m)
	indices := make([]int32, rows)
	for first := 0; first < split.Count; first += rows {
		if err := ctx.Err(); err != nil {
			return Evaluation{}, err
		}
		n := min(rows, split.Count-first)
		fillIndices(indices, first, n)
		r.Read(p.x, indices, data.EvaluationDraw(seed))
		m.readLabels(p.labels, r, indices)
		p.noise.draw(m.engine, seed, evalStream, first*bound.Samples, rows*bound.Samples)
		p.pairNoise.draw(m.engine, seed, activityStream, 2*first, 2*rows)
		p.program.Run()
		total.add(p, n)
		if p.match != nil {
			if err := total.compare(p.match, p, n, noise.Key(seed, noise.EvalMatch, uint64(first))); err != nil {
				return Evaluation{}, err
			}
		}
	}
	if err := m.refreshPrior(); err != nil {
		return Evaluation{}, err
	}
	return total.evaluation(m, bound), nil
}

// evaluationBound is the bound an evaluation computes: of the ELBO one draw an
// image says as much as several over so many images.
func (m *Model) evaluationBound() Bound {
	b := m.Bound()
	if b.Name != IWAE {
		b.Name, b.Samples = ELBO, 1
	}
	return b
}

func (m *Model) checkImages(s *data.Split) error {
	if s.Height != m.height || s.Width != m.width {
		return fmt.Errorf("images of %dx%d pixels for a model of %dx%d", s.Height, s.Width, m.height, m.width)
	}
	return m.checkSplit(s)
}

// fillIndices makes n consecutive indices from first. Those past the end repeat
// the last image, whose rows are not counted again.
func fillIndices(indices []int32, first, n int) {
	for i := range indices {
		indices[i] = int32(first + min(i, n-1))
	}
}

// evaluator is the graph of an evaluation without gradients.
type evaluator struct {
	program *graph.Program
	images  int
	samples int
	x       []float32
	labels  []float32 // nil where the model reads none
	noise   noiseInput
	loglik  []float32
	logw    []float32 // nil for the ELBO
	kl      []float32 // klRows rows, one an image or one a draw
	klRows  int
	params  []float32 // of the first stochastic layer
	z       []float32
	// pair holds, with two stochastic layers, the parameters of q(u|h) at two
	// independent draws of h an image.
	pair      []float32
	pairNoise noiseInput
	match     *matcher // nil unless z is matched to the prior
}

func (m *Model) newEvaluator(images int, bound Bound) (*evaluator, error) {
	b, err := m.newBatch(plan{images: images, samples: bound.Samples, weights: bound.Name == IWAE})
	if err != nil {
		return nil, err
	}
	e := &evaluator{images: images, samples: bound.Samples, x: b.graph.Data(b.x), labels: b.labelData(), noise: b.noise, klRows: b.latent.kl.Shape()[0]}
	outputs := gorgonia.Nodes{b.loglik, b.latent.kl, b.params, b.latent.z}
	if b.logw != nil {
		outputs = append(outputs, b.logw)
	}
	var pair *gorgonia.Node
	if m.second != nil {
		e.pairNoise = newNoiseInput(2*images, []int{m.config.Model.Latent})
		if pair, err = b.upperPair(e.pairNoise.all); err != nil {
			return nil, err
		}
		outputs = append(outputs, pair)
	}
	if e.program, err = b.graph.Compile(outputs...); err != nil {
		return nil, err
	}
	e.loglik, e.kl = e.program.Value(b.loglik), e.program.Value(b.latent.kl)
	e.params, e.z = e.program.Value(b.params), e.program.Value(b.latent.z)
	if b.logw != nil {
		e.logw = e.program.Value(b.logw)
	}
	if pair != nil {
		e.pair = e.program.Value(pair)
	}
	if m.config.Objective.Name == matching {
		e.match = &matcher{model: m}
	}
	return e, nil
}

// totals are sums over images.
type totals struct {
	images int
	loglik float64
	bound  float64
	kl     []float64
	z      spread
	first  spread // means of the first stochastic layer
	// products are those of the means of u given two independent draws of h:
	// their covariance is the variance of E_q[u], without that of the draws.
	products     []float64
	pair         [2]spread
	latents, low int // dimensions of z and of the lower layer, 0 for none
	mmd          float64
	compared     int // images that mmd is of
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

func newTotals(m *Model) *totals {
	d := m.Latents()
	t := &totals{latents: d, z: newSpread(d), first: newSpread(m.stochastic()[0])}
	if m.second != nil {
		t.low = m.config.Model.Latent
		t.pair = [2]spread{newSpread(d), newSpread(d)}
		t.products = make([]float64, d)
	}
	return t
}

func (t *totals) add(p *evaluator, n int) {
	t.images += n
	width, perImage := len(p.kl)/p.klRows, p.klRows/p.images
	if t.kl == nil {
		t.kl = make([]float64, width)
	}
	for r := range n {
		first := r * p.samples
		for s := first; s < first+p.samples; s++ {
			t.loglik += float64(p.loglik[s]) / float64(p.samples)
		}
		if p.logw != nil {
			logMean, _ := summarise(p.logw[first : first+p.samples])
			t.bound += logMean
		}
		for at := r * perImage; at < (r+1)*perImage; at++ {
			for d, v := range p.kl[at*width : (at+1)*width] {
				t.kl[d] += float64(v) / float64(perImage)
			}
		}
		for d := range t.latents {
			t.z.add(d, float64(p.z[first*t.latents+d]))
		}
		params := p.params[r*2*len(t.first.sum):]
		for d := range t.first.sum {
			t.first.add(d, float64(params[d]))
		}
		for d := range t.products {
			a, b := float64(p.pair[2*r*2*t.latents+d]), float64(p.pair[(2*r+1)*2*t.latents+d])
			t.pair[0].add(d, a)
			t.pair[1].add(d, b)
			t.products[d] += a * b
		}
	}
}

// activity is the variance over images of E_q[u], in units of u.
func (t *totals) activity(d int) float64 {
	if t.low == 0 {
		return t.first.variance(d, t.images)
	}
	return max(0, t.products[d]/float64(t.images)-t.pair[0].mean(d, t.images)*t.pair[1].mean(d, t.images))
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
	perDim := make([]float64, len(t.kl))
	for d := range t.kl {
		perDim[d] = t.kl[d] / n
		e.KL += perDim[d]
	}
	if above := perDim[t.low:]; len(above) == t.latents {
		e.KLPerDim = above
	}
	for d := range t.latents {
		_, scale := m.prior.Base(d)
		e.AggregateMean = append(e.AggregateMean, t.z.mean(d, t.images))
		e.AggregateStd = append(e.AggregateStd, math.Sqrt(t.z.variance(d, t.images)))
		e.ActivityPerDim = append(e.ActivityPerDim, t.activity(d)/(scale*scale))
	}
	if t.low > 0 {
		e.Lower = &LowerLayer{KLPerDim: perDim[:t.low]}
		for d := range t.low {
			e.Lower.ActivityPerDim = append(e.Lower.ActivityPerDim, t.first.variance(d, t.images))
		}
	}
	e.NegELBO = e.Reconstruction + e.KL
	e.NegBound = e.NegELBO
	if bound.Name == IWAE {
		e.NegBound = -t.bound / n
	}
	e.Selection = e.NegBound
	if m.config.Objective.Name == matching {
		mmd := t.mmd / float64(max(t.compared, 1))
		e.MMD = &mmd
		e.Selection = e.Reconstruction + m.config.Objective.MMDWeight*mmd
		for _, kl := range perDim[:t.low] {
			e.Selection += kl
		}
	}
	return e
}
