package vae

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
	"vaectl/loss"
)

// newStep builds a step over the first images of a split of bars.
func newStep(t testing.TB, m *Model, images int) (*Step, []float32) {
	t.Helper()
	grads := make([]float32, len(m.Weights()))
	s, err := m.NewStep(images, Collecting{Gradients: grads})
	if err != nil {
		t.Fatal(err)
	}
	r, err := data.NewReader(split(images), data.Threshold, (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	s.Read(r, consecutive(0, images), data.Draw{})
	m.engine.Normal(s.Noise, kernel.Key{}, 0)
	return s, grads
}

// A step allocates nothing and has the same bits on any number of threads,
// whatever it minimises.
func TestObjectivesAllocateNothingAndThreadsAgree(t *testing.T) {
	for _, settings := range [][]string{
		{"objective.samples=7"},
		{"model.network=conv", "model.conv=3k3s2p1,4k3s1p1", "model.hidden=6", "model.norm=batch", "model.blocks=1"},
		{"objective.name=iwae", "objective.samples=7"},
		{"objective.name=iwae", "objective.samples=7", "objective.gradient=dreg", "prior.name=uniform"},
		{"objective.samples=3", "model.upper_latent=2", "model.upper_hidden=5"},
		{"objective.name=iwae", "objective.samples=7", "objective.gradient=dreg", "model.upper_latent=2", "model.upper_hidden=5"},
	} {
		var first []float32
		for _, threads := range []int{1, 2, 3} {
			e, err := NewEngine("", threads)
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			s, grads := newStep(t, modelOn(t, e, settings...), 40)
			s.Run()
			got := append(slices.Clone(grads), float32(s.Loss()))
			if first == nil {
				first = got
			}
			if !slices.Equal(got, first) {
				t.Errorf("%v: %d threads give other bits than 1", settings, threads)
			}
			if n := testing.AllocsPerRun(10, func() { s.Run() }); n != 0 {
				t.Errorf("%v, %d threads: %g allocations a step", settings, threads, n)
			}
		}
	}
}

// One draw makes the importance-weighted bound the ELBO with its KL taken at
// the draw; more draws never lower the bound of the same draws' mean weight.
func TestBoundOfTheSameDraws(t *testing.T) {
	m := newModel(t, "objective.name=iwae", "objective.samples=6")
	s, _ := newStep(t, m, 5)
	s.Run()
	b, _, err := m.newObjective(5)
	if err != nil {
		t.Fatal(err)
	}
	p, err := b.graph.Compile(b.logw)
	if err != nil {
		t.Fatal(err)
	}
	copy(b.Pixels, s.Pixels)
	copy(b.Noise, s.Noise)
	p.Run()
	var want, mean float64
	logw := p.Value(b.logw)
	for i := range 5 {
		var sum float64
		for _, v := range logw[i*6 : (i+1)*6] {
			sum += math.Exp(float64(v)) / 6
			mean += float64(v) / 30
		}
		want += math.Log(sum) / 5
	}
	if math.Abs(s.Loss()+want) > 1e-5 || s.Loss() > -mean {
		t.Errorf("loss %g, want %g, and at most %g", s.Loss(), -want, -mean)
	}
}

// moments are running sums of gradients.
type moments struct{ sum, square []float64 }

func (m *moments) add(grads []float32) {
	if m.sum == nil {
		m.sum, m.square = make([]float64, len(grads)), make([]float64, len(grads))
	}
	for i, g := range grads {
		m.sum[i] += float64(g)
		m.square[i] += float64(g) * float64(g)
	}
}

// variances are those of the mean of n gradients.
func (m *moments) variance(i, n int) float64 {
	mean := m.sum[i] / float64(n)
	return (m.square[i]/float64(n) - mean*mean) / float64(n-1)
}

// isInference says whether a parameter belongs to the posterior.
func isInference(name string) bool {
	return strings.Contains(name, "encoder") || strings.Contains(name, "head")
}

// Doubly reparameterised gradients are those of the same bound: the decoder's
// are the standard ones up to rounding, the encoder's agree in expectation.
func TestDoublyReparameterizedGradientIsUnbiased(t *testing.T) {
	for _, c := range []struct {
		beta     float64
		settings []string
	}{
		{1, []string{"objective.samples=8"}},
		{1, []string{"objective.samples=1"}},
		{1, []string{"objective.samples=5", "prior.name=uniform"}},
		{0.6, []string{"objective.samples=5", "prior.mean=0.5", "prior.std=0.4"}},
		{1, []string{"objective.samples=5", "model.upper_latent=2", "model.upper_hidden=4"}},
	} {
		settings := append([]string{"model.activation=tanh", "model.hidden=6", "model.latent=2", "model.init=glorot", "objective.name=iwae"}, c.settings...)
		standard := newModel(t, settings...)
		doubly := newModel(t, append(settings, "objective.gradient=dreg")...)
		// Weights large enough for posteriors that depend on the image.
		for i := range standard.Weights() {
			standard.Weights()[i] *= 2
		}
		copy(doubly.Weights(), standard.Weights())
		a, gradsA := newStep(t, standard, 8)
		b, gradsB := newStep(t, doubly, 8)
		const n = 4000
		var sumA, sumB moments
		for i := range n {
			standard.engine.Normal(a.Noise, kernel.Key{Step: uint64(i)}, 0)
			copy(b.Noise, a.Noise)
			a.Beta, b.Beta = c.beta, c.beta
			a.Run()
			b.Run()
			if math.Abs(a.Loss()-b.Loss()) > 1e-4 {
				t.Fatalf("%v: losses %g and %g", settings, a.Loss(), b.Loss())
			}
			sumA.add(gradsA)
			sumB.add(gradsB)
		}
		offset, worst := 0, 0.0
		for _, p := range standard.Parameters() {
			for j := range p.Data {
				i := offset + j
				if !isInference(p.Name) {
					if math.Abs(sumA.sum[i]-sumB.sum[i]) > 1e-6*n {
						t.Errorf("%v: gradient of %s differs: %g and %g", settings, p.Name, sumA.sum[i]/n, sumB.sum[i]/n)
					}
					continue
				}
				if se := math.Sqrt(sumA.variance(i, n) + sumB.variance(i, n)); se > 0 {
					worst = max(worst, math.Abs(sumA.sum[i]-sumB.sum[i])/n/se)
				}
			}
			offset += len(p.Data)
		}
		// The largest of a few hundred correlated deviations.
		if worst > 4.5 {
			t.Errorf("%v: a gradient's mean differs by %.1f standard errors", settings, worst)
		}
	}
}

func TestBoundNames(t *testing.T) {
	for want, b := range map[string]Bound{
		"ELBO":                         {Name: ELBO, Samples: 1},
		"ELBO averaged over 5 samples": {Name: ELBO, Samples: 5},
		"importance-weighted bound of 50 samples":              {Name: IWAE, Samples: 50},
		"importance-weighted bound of 5 samples on log p(x|y)": {Name: IWAE, Samples: 5, Conditional: true},
	} {
		if b.String() != want {
			t.Errorf("%+v is %q, want %q", b, b, want)
		}
	}
}

// samplesOnly hides everything of a prior but the interface.
type samplesOnly struct{ loss.Prior }

// A prior that says no density is refused where draws are weighed by it.
func TestImportanceWeightsNeedADensity(t *testing.T) {
	m := newModel(t)
	prior := samplesOnly{m.Prior()}
	if _, err := NewWith(config("objective.name=iwae"), Parts{Prior: prior}, grey(4, 5), (*Engine)(m.engine)); err == nil || !strings.Contains(err.Error(), "prior normal has no density") {
		t.Errorf("a model for the importance-weighted bound: error %v", err)
	}
	plain, err := NewWith(config(), Parts{Prior: prior}, grey(4, 5), (*Engine)(m.engine))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.NLL(context.Background(), reader(t, plain, split(3), data.Grey), 1, 10, nil); err == nil || !strings.Contains(err.Error(), "prior normal has no density") {
		t.Errorf("the estimate of log p(x): error %v", err)
	}
}

// mapOnly says of a prior where z lies, and nothing of its KL.
type mapOnly struct {
	samplesOnly
	loss.MappedPrior
}

// The KL at one posterior of a mapped prior cannot be taken from its density of z.
func TestMappedPriorsExplainTheirKL(t *testing.T) {
	m := newModel(t, "prior.name=uniform")
	prior := mapOnly{samplesOnly{m.Prior()}, m.Prior().(loss.MappedPrior)}
	if _, err := NewWith(config(), Parts{Prior: prior}, grey(4, 5), (*Engine)(m.engine)); err == nil || !strings.Contains(err.Error(), "must be a loss.DivergencePrior") {
		t.Errorf("a model with a prior that maps u and does not explain its KL: error %v", err)
	}
	if _, err := NewWith(config(), Parts{Prior: m.Prior()}, grey(4, 5), (*Engine)(m.engine)); err != nil {
		t.Errorf("a model with a uniform prior: %v", err)
	}
}
