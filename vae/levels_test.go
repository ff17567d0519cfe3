package vae

import (
	"math"
	"slices"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/vae/arch"
)

// threeLevels is a model of three stochastic levels, of 3, 2 and 2 dimensions, which no
// setting asks for: a level more is one more element of a slice.
func threeLevels(t *testing.T, settings ...string) *Model {
	t.Helper()
	c := config(append([]string{"model.activation=tanh", "model.hidden=5", "model.upper_latent=2"}, settings...)...)
	n, err := arch.New(c, grey(4, 5))
	if err != nil {
		t.Fatal(err)
	}
	n.Levels = append(n.Levels, arch.Level{
		Size: 2,
		Up:   arch.Stack{arch.NewDense("top_encoder.0", 2, 4, 0, arch.Tanh), arch.NewHead("top_head", 4, 2, 0)},
		Down: arch.Stack{arch.NewDense("top_decoder.0", 2, 4, 0, arch.Tanh), arch.NewHead("top_conditional", 4, 2, 0)},
	})
	m, err := assemble(c, n, (*kernel.Engine)(engine(t)))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		t.Fatal(err)
	}
	return m
}

// The figures of three levels are those of float64 code written from the definition.
func TestThreeLevelsAgainstReference(t *testing.T) {
	const images = 4
	m := threeLevels(t, "objective.name=iwae", "objective.samples=2")
	s := split(images)
	got := evaluate(t, m, s, data.Grey)
	sizes := m.network.Sizes()
	var eps [][]float32
	for l, size := range sizes {
		draws := make([]float32, images*2*size)
		m.engine.Normal(draws, noise.Key(7, noise.EvalEpsilon, levelStream(evalStream, l)), 0)
		eps = append(eps, draws)
	}
	r := newReference64(m)
	heads := []func(x []float64) []float64{
		func(x []float64) []float64 { return r.linear(r.tanh(x, "encoder", 1), "head") },
		func(x []float64) []float64 { return r.linear(x, "upper_head") },
		func(x []float64) []float64 { return r.linear(r.tanh(x, "top_encoder", 1), "top_head") },
	}
	downs := []func(v []float64) []float64{
		func(v []float64) []float64 { return r.linear(r.tanh(v, "decoder", 1), "output") },
		func(v []float64) []float64 { return r.linear(v, "conditional") },
		func(v []float64) []float64 { return r.linear(r.tanh(v, "top_decoder", 1), "top_conditional") },
	}
	var reconstruction, kl, bound float64
	for i := range images {
		x := make([]float64, s.Values())
		for j, p := range s.Image(i) {
			x[j] = float64(p) / 255
		}
		var sum float64
		for row := 2 * i; row < 2*i+2; row++ {
			var loglik, logw float64
			below := x
			var v [][]float64
			for l, size := range sizes {
				head := heads[l](below)
				drawn := make([]float64, size)
				for d := range drawn {
					mean, logvar := head[d], head[size+d]
					drawn[d] = mean + math.Exp(logvar/2)*float64(eps[l][row*size+d])
					logw -= logNormal(drawn[d], mean, logvar)
					if l == len(sizes)-1 {
						logw += logNormal(drawn[d], 0, 0)
						kl += 0.5 * (mean*mean + math.Exp(logvar) - 1 - logvar) / (2 * images)
					} else {
						kl += logNormal(drawn[d], mean, logvar) / (2 * images)
					}
				}
				v, below = append(v, drawn), drawn
			}
			for l := len(sizes) - 1; l > 0; l-- {
				given := downs[l](v[l])
				for d, value := range v[l-1] {
					p := logNormal(value, given[d], given[sizes[l-1]+d])
					logw += p
					kl -= p / (2 * images)
				}
			}
			for j, l := range downs[0](v[0]) {
				loglik += x[j]*l - max(l, 0) - math.Log1p(math.Exp(-math.Abs(l)))
			}
			reconstruction -= loglik / (2 * images)
			sum += math.Exp(logw+loglik) / 2
		}
		bound -= math.Log(sum) / images
	}
	if math.Abs(got.Reconstruction-reconstruction) > 1e-4 || math.Abs(got.KL-kl) > 1e-4*(1+math.Abs(kl)) || math.Abs(got.NegBound-bound) > 1e-4 {
		t.Errorf("reconstruction %g, KL %g, bound %g; reference %g, %g and %g", got.Reconstruction, got.KL, got.NegBound, reconstruction, kl, bound)
	}
	if len(got.Lower) != 2 || len(got.Lower[0].KLPerDim) != 3 || len(got.Lower[1].KLPerDim) != 2 || len(got.KLPerDim) != 2 {
		t.Errorf("figures of the levels %+v and %v", got.Lower, got.KLPerDim)
	}
}

// A step of three levels has the gradients of its loss, samples are decoded through
// every level, and both gradients of the importance-weighted bound exist.
func TestThreeLevelsTrainAndSample(t *testing.T) {
	for _, settings := range [][]string{nil, {"objective.name=iwae", "objective.samples=3"}, {"objective.name=mmd"}} {
		m := threeLevels(t, settings...)
		s, grads := checkedStep(t, m)
		s.Run()
		compareGradients(t, m, slices.Clone(grads), func(Parameter) float64 {
			s.Forward()
			return s.Loss()
		})
	}
	m := threeLevels(t, "objective.name=iwae", "objective.samples=3", "objective.gradient=dreg")
	s, grads := checkedStep(t, m)
	if s.Run(); slices.ContainsFunc(grads, func(g float32) bool { return g != g }) {
		t.Error("doubly reparameterised gradients are not numbers")
	}
	a, err := m.Sample(9, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Sample(4, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	atMean, err := m.Decode(b.Codes)
	if err != nil || !slices.Equal(a.Means[:80], b.Means) || slices.Equal(atMean, b.Means) {
		t.Errorf("the first samples of many are not those of few, or draws are means (%v)", err)
	}
	if e := evaluate(t, m, split(40), data.Grey); len(e.ActivityPerDim) != 2 || len(e.Lower[1].ActivityPerDim) != 2 || !(e.Lower[0].ActivityPerDim[0] > 0) {
		t.Errorf("activity %v above %v", e.ActivityPerDim, e.Lower)
	}
}

// Streams of noise of different levels and purposes never meet.
func TestLevelStreams(t *testing.T) {
	seen := map[uint64]bool{}
	for _, purpose := range []uint64{evalStream, nllStream, activityStream} {
		for level := range 9 {
			if s := levelStream(purpose, level); seen[s] {
				t.Errorf("stream %d twice", s)
			} else {
				seen[s] = true
			}
		}
	}
}
