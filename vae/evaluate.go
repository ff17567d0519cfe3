package vae

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

// Evaluation is how well a model describes a split. Figures are means over images, in
// nats per image, with one draw of z per image, or as many as the importance-weighted
// bound takes where the model is trained for that bound.
type Evaluation struct {
	Images int
	// Bound is the one the model is trained to raise, and NegBound its
	// negative, which bounds -log p(x) from above. For the ELBO it is NegELBO.
	Bound          Bound
	NegBound       float64
	NegELBO        float64   // reconstruction + KL, an upper bound on -log p(x)
	Reconstruction float64   // -log p(x|z), summed over pixels
	KL             float64   // KL(q(z|x) || p(z)), summed over dimensions; over all stochastic levels where there are several
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
	// Lower are the stochastic levels below z's, the one next to the image first; none
	// where there is one level. The figures a dimension above are z's.
	Lower []LowerLevel
}

// LowerLevel is what an evaluation says of a stochastic level below z's, whose
// variable is v.
type LowerLevel struct {
	KLPerDim       []float64 // mean of log q(v|below) - log p(v|above) at the draws, nats
	ActivityPerDim []float64 // variance over images of E_q[v]
}

// ActiveUnits counts the dimensions whose activity is above [ActiveThreshold].
func (l LowerLevel) ActiveUnits() int { return active(l.ActivityPerDim) }

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

// MostUsed orders the dimensions of z by how much a model uses them, the most used
// first: by their KL or, where there is no KL per dimension, by their activity. Where
// neither is known the order is 0, 1, 2 and so on.
func MostUsed(latents int, kl, activity []float64) []int {
	order := make([]int, latents)
	for d := range order {
		order[d] = d
	}
	by := kl
	if len(by) != latents {
		by = activity
	}
	if len(by) == latents {
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(by[b], by[a]) })
	}
	return order
}

// evalRows is the number of images evaluated at a time: large enough that the
// products run at full speed, small enough that their outputs stay in cache.
const evalRows = 250

// evalValues is the most numbers that what is evaluated at a time may make, 256 MiB of
// them: of large images there are fewer at a time.
const evalValues = 1 << 26

// atATime is how many of some images or draws are computed at a time, most at most.
func (m *Model) atATime(most, count int) int {
	each := m.Values() + int(m.network.Layers().Values())
	return max(1, min(most, count, evalValues/each))
}

// evalDraws is the number of draws evaluated at a time where there are several
// an image.
const evalDraws = 1000

// Evaluate computes the ELBO of all images of a reader, and the
// importance-weighted bound where the model is trained for it. The noise
// depends on the seed and the image alone, so two evaluations of the same
// weights agree. It stops early, with the context's error, when the context ends.
func (m *Model) Evaluate(ctx context.Context, r *data.Reader, seed uint64) (Evaluation, error) {
	return m.EvaluateAmong(ctx, comm.Local(1)[0], r, seed)
}

// EvaluateAmong divides an evaluation among ranks. Every rank must call it, with the same weights and images, and every rank gets the
// result, which has the bits of [Model.Evaluate]. When the context of one ends, all stop early.
func (m *Model) EvaluateAmong(ctx context.Context, ranks Ranks, r *data.Reader, seed uint64) (Evaluation, error) {
	images, err := m.Images(r)
	if err != nil {
		return Evaluation{}, err
	}
	bound, rows := m.evaluationBound(), evalRows
	if bound.Samples > 1 {
		rows = max(1, evalDraws/bound.Samples)
	}
	rows = m.atATime(rows, images.Count())
	p, err := m.newEvaluator(rows, bound)
	if err != nil {
		return Evaluation{}, err
	}
	total := newTotals(m)
	add := func(b dealtBatch) error {
		total.add(p, b.images)
		if p.match == nil {
			return nil
		}
		return total.compare(p.match, p, b.images, noise.Key(seed, noise.EvalMatch, uint64(b.first)))
	}
	batches := deal(ranks, p.results()...)
	for first, indices := range images.fill(&p.Inputs, nil, rows, data.EvaluationDraw(seed)) {
		err := batches.next(ctx, dealtBatch{first, len(indices)}, func() error {
			p.noise.draw(m.engine, seed, evalStream, first*bound.Samples, rows*bound.Samples)
			p.pairNoise.draw(m.engine, seed, activityStream, 2*first, 2*rows)
			p.program.Run()
			return nil
		})
		if err == nil && batches.over() {
			err = batches.settle(ctx, add)
		}
		if err != nil {
			return Evaluation{}, err
		}
	}
	if err := batches.settle(ctx, add); err != nil {
		return Evaluation{}, err
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

// evaluator is the graph of an evaluation without gradients.
type evaluator struct {
	program *graph.Program
	images  int
	samples int
	leaves
	loglik []float32
	logw   []float32 // nil for the ELBO
	kl     []float32 // klRows rows, one an image or one a draw
	klRows int
	params []float32 // of the lowest stochastic level
	z      []float32
	// pairs holds, for each level above the lowest, its parameters at two independent
	// draws of the levels below.
	pairs     [][]float32
	pairNoise noiseInput
	match     *matcher // nil unless z is matched to the prior
}

func (m *Model) newEvaluator(images int, bound Bound) (*evaluator, error) {
	b, err := m.newBatch(purpose{images: images, samples: bound.Samples, weights: bound.Name == IWAE})
	if err != nil {
		return nil, err
	}
	e := &evaluator{images: images, samples: bound.Samples, leaves: b.leaves, klRows: b.latent.kl.Shape()[0]}
	outputs := gorgonia.Nodes{b.loglik, b.latent.kl, b.params, b.latent.z}
	if b.logw != nil {
		outputs = append(outputs, b.logw)
	}
	sizes := m.network.Sizes()
	e.pairNoise = newNoiseInput(2*images, sizes[:len(sizes)-1])
	pairs, err := b.pairs(e.pairNoise)
	if err != nil {
		return nil, err
	}
	outputs = append(outputs, pairs...)
	if e.program, err = b.graph.Compile(outputs...); err != nil {
		return nil, err
	}
	e.loglik, e.kl = e.program.Value(b.loglik), e.program.Value(b.latent.kl)
	e.params, e.z = e.program.Value(b.params), e.program.Value(b.latent.z)
	if b.logw != nil {
		e.logw = e.program.Value(b.logw)
	}
	for _, pair := range pairs {
		e.pairs = append(e.pairs, e.program.Value(pair))
	}
	if m.config.Objective.Name == matching {
		e.match = &matcher{model: m}
	}
	return e, nil
}

// results are what a run leaves behind.
func (e *evaluator) results() [][]float32 {
	return append([][]float32{e.loglik, e.logw, e.kl, e.params, e.z}, e.pairs...)
}

// totals are sums over images.
type totals struct {
	images int
	loglik float64
	bound  float64
	kl     []float64
	sizes  []int // of the stochastic levels
	z      spread
	lowest spread  // means of the lowest level
	above  []pairs // of the levels above it
	mmd    float64
	// compared is the images that mmd is of.
	compared int
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

// pairs are sums over images of the means of a level at two independent draws of
// those below: the covariance of the two is the variance of the level's posterior
// mean, without that of the draws.
type pairs struct {
	first, second spread
	products      []float64
}

func (p pairs) add(d int, a, b float64) {
	p.first.add(d, a)
	p.second.add(d, b)
	p.products[d] += a * b
}

func (p pairs) covariance(d, n int) float64 {
	return max(0, p.products[d]/float64(n)-p.first.mean(d, n)*p.second.mean(d, n))
}

func newTotals(m *Model) *totals {
	sizes := m.network.Sizes()
	t := &totals{sizes: sizes, z: newSpread(m.Latents()), lowest: newSpread(sizes[0])}
	for _, n := range sizes[1:] {
		t.above = append(t.above, pairs{newSpread(n), newSpread(n), make([]float64, n)})
	}
	return t
}

func (t *totals) add(p *evaluator, n int) {
	t.images += n
	width, perImage := len(p.kl)/p.klRows, p.klRows/p.images
	if t.kl == nil {
		t.kl = make([]float64, width)
	}
	latents := len(t.z.sum)
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
		for d := range latents {
			t.z.add(d, float64(p.z[first*latents+d]))
		}
		params := p.params[r*2*len(t.lowest.sum):]
		for d := range t.lowest.sum {
			t.lowest.add(d, float64(params[d]))
		}
		for l, above := range t.above {
			size := len(above.products)
			for d := range size {
				above.add(d, float64(p.pairs[l][2*r*2*size+d]), float64(p.pairs[l][(2*r+1)*2*size+d]))
			}
		}
	}
}

// activity is the variance over images of E_q[v] of a level's variable, in its units.
func (t *totals) activity(level, d int) float64 {
	if level == 0 {
		return t.lowest.variance(d, t.images)
	}
	return t.above[level-1].covariance(d, t.images)
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
	top := len(t.sizes) - 1
	for level, size := range t.sizes[:top] {
		l := LowerLevel{KLPerDim: perDim[:size:size]}
		for d := range size {
			l.ActivityPerDim = append(l.ActivityPerDim, t.activity(level, d))
		}
		e.Lower = append(e.Lower, l)
		perDim = perDim[size:]
	}
	if len(perDim) == t.sizes[top] {
		e.KLPerDim = perDim
	}
	for d := range t.sizes[top] {
		_, scale := loss.Base(m.network.Prior, d)
		e.AggregateMean = append(e.AggregateMean, t.z.mean(d, t.images))
		e.AggregateStd = append(e.AggregateStd, math.Sqrt(t.z.variance(d, t.images)))
		e.ActivityPerDim = append(e.ActivityPerDim, t.activity(top, d)/(scale*scale))
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
		for _, l := range e.Lower {
			for _, kl := range l.KLPerDim {
				e.Selection += kl
			}
		}
	}
	return e
}
