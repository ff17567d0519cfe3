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
// nats per image, with one draw of z an image.
type Evaluation struct {
	Images         int
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

// Evaluate computes the ELBO of all images of a reader. The noise depends on
// the seed and the image alone, so two evaluations of the same weights agree.
// It stops early, with the context's error, when the context ends.
func (m *Model) Evaluate(ctx context.Context, r *data.Reader, seed uint64) (Evaluation, error) {
	split := r.Split()
	if split.Height != m.height || split.Width != m.width {
		return Evaluation{}, fmt.Errorf("images of %dx%d pixels for a model of %dx%d", split.Height, split.Width, m.height, m.width)
	}
	rows := min(evalRows, split.Count)
	p, err := m.newEvaluator(rows)
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
		for i := range indices {
			// Rows past the end repeat the last image and are not counted.
			indices[i] = int32(first + min(i, n-1))
		}
		r.Read(p.x, indices, noise.Key(seed, noise.EvalBinarize, 0))
		m.engine.Normal(p.eps, evalNoise(seed), uint64(first)*uint64(m.Latents()))
		p.program.Run()
		total.add(p, n)
	}
	return total.evaluation(m), nil
}

// evalNoise keys the reparameterisation noise of an evaluation: the draw for
// dimension d of image i stands at position i*latents + d.
func evalNoise(seed uint64) kernel.Key { return noise.Key(seed, noise.EvalEpsilon, 0) }

// evaluator is the graph of an evaluation without gradients.
type evaluator struct {
	program   *graph.Program
	x, eps    []float32
	loglik    []float32
	kl        []float32
	posterior []float32
	z         []float32
}

func (m *Model) newEvaluator(images int) (*evaluator, error) {
	b, err := m.newBatch(images, 1)
	if err != nil {
		return nil, err
	}
	outputs := gorgonia.Nodes{b.loglik, b.kl, b.params, b.latent.z}
	program, err := b.graph.Compile(nil, outputs...)
	if err != nil {
		return nil, err
	}
	return &evaluator{
		program: program,
		x:       b.graph.Data(b.x), eps: b.graph.Data(b.eps),
		loglik: program.Value(b.loglik), kl: program.Value(b.kl),
		posterior: program.Value(b.params), z: program.Value(b.latent.z),
	}, nil
}

// totals are sums over images.
type totals struct {
	images  int
	loglik  float64
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
		t.loglik += float64(p.loglik[r])
		for d := range latents {
			t.kl[d] += float64(p.kl[r*latents+d])
			t.z.add(d, float64(p.z[r*latents+d]))
			t.mean.add(d, float64(p.posterior[r*2*latents+d]))
		}
	}
}

func (t *totals) evaluation(m *Model) Evaluation {
	n := float64(t.images)
	e := Evaluation{Images: t.images, Reconstruction: -t.loglik / n}
	for d := range t.kl {
		_, scale := m.prior.Base(d)
		e.KLPerDim = append(e.KLPerDim, t.kl[d]/n)
		e.KL += t.kl[d] / n
		e.AggregateMean = append(e.AggregateMean, t.z.mean(d, t.images))
		e.AggregateStd = append(e.AggregateStd, math.Sqrt(t.z.variance(d, t.images)))
		e.ActivityPerDim = append(e.ActivityPerDim, t.mean.variance(d, t.images)/(scale*scale))
	}
	e.NegELBO = e.Reconstruction + e.KL
	return e
}
