package loss

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
)

// moons is a Sampler that knows nothing of itself: two arcs.
type moons struct{ broken float64 }

func (moons) Name() string            { return "moons" }
func (moons) Parameters() []Parameter { return nil }
func (moons) Latents() int            { return 2 }
func (m moons) Sample(z []float64, rng *rand.Rand) {
	angle, side := math.Pi*rng.Float64(), float64(2*rng.IntN(2)-1)
	z[0], z[1] = 3+math.Cos(angle)+side/2, side*math.Sin(angle)
	if m.broken != 0 {
		z[1] = m.broken
	}
}

func TestSphere(t *testing.T) {
	for _, n := range []int{2, 3, 5, 20} {
		s, err := NewSphere(n, 2.5)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewSampledPrior(s)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, uint64(n)))
		const draws = 4000
		var first []float64
		var products float64
		z := make([]float64, n)
		for range draws {
			p.Sample(z, rng)
			var square float64
			for _, v := range z {
				square += v * v
			}
			if math.Abs(math.Sqrt(square)-2.5) > 1e-12 {
				t.Fatalf("%d dimensions: a draw at distance %g", n, math.Sqrt(square))
			}
			first = append(first, z[0])
			products += z[0] * z[1] / draws
		}
		m := p.Marginal(0)
		if d := distance(first, m.CDF); d > 1.63/math.Sqrt(draws) {
			t.Errorf("%d dimensions: draws are %g from the marginal", n, d)
		}
		if math.Abs(products) > 5*2.5*2.5/float64(n)/math.Sqrt(draws) {
			t.Errorf("%d dimensions: correlated coordinates, %g", n, products)
		}
		if mean, std := Base(p, 1); mean != 0 || math.Abs(std-2.5/math.Sqrt(float64(n))) > 1e-12 {
			t.Errorf("%d dimensions: N(%g, %g)", n, mean, std)
		}
		if n > 2 { // in two the density has no end at its ends
			if mass := quad.Fixed(func(x float64) float64 { return math.Exp(m.LogProb(x)) }, -2.5, 2.5, 400, nil, 0); math.Abs(mass-1) > 1e-4 {
				t.Errorf("%d dimensions: the marginal's density integrates to %g", n, mass)
			}
		}
		for _, q := range []float64{0, 0.1, 0.5, 0.99, 1} {
			if got := m.CDF(m.Quantile(q)); math.Abs(got-q) > 1e-9 {
				t.Errorf("%d dimensions: CDF of the quantile of %g is %g", n, q, got)
			}
		}
		if !math.IsInf(m.LogProb(2.6), -1) || m.CDF(-3) != 0 || m.CDF(3) != 1 {
			t.Errorf("%d dimensions: something lies outside", n)
		}
	}
}

// Of a Sampler that knows nothing of itself, means, deviations and marginals are
// those of its draws.
func TestSampledKnowsItsDraws(t *testing.T) {
	p, err := NewSampledPrior(moons{})
	if err != nil {
		t.Fatal(err)
	}
	if mean, std := Base(p, 0); math.Abs(mean-3) > 0.05 || math.Abs(std-math.Sqrt(0.75)) > 0.05 {
		t.Errorf("first dimension has mean %g and deviation %g", mean, std)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for d := range 2 {
		var draws []float64
		z := make([]float64, 2)
		for range 2000 {
			p.Sample(z, rng)
			draws = append(draws, z[d])
		}
		// Smoothing moves some of it, no more than a few parts of a hundred.
		if got := distance(draws, p.Marginal(d).CDF); got > 0.08 {
			t.Errorf("dimension %d: draws are %g from the marginal", d, got)
		}
	}
	if HasDensity(p) || !HasDensity(must(NewNormal(2, []float64{0}, []float64{1}))) {
		t.Error("densities are mixed up")
	}
	if _, ok := any(p).(DensityPrior); ok || !math.IsNaN(p.LogDensity([]float64{0, 0})) {
		t.Error("a density of what has none")
	}
	mean, std := Base(p, 1)
	want := DivergenceOf(must(NewNormal(1, []float64{mean}, []float64{std})), 0, 0.3, 0.7)
	if got := DivergenceOf(p, 1, 0.3, 0.7); got.KL != want.KL || got.Method != GaussianStandIn || KLMethod(p) != GaussianStandIn {
		t.Errorf("divergence %+v, want %g of the stand-in", got, want.KL)
	}
}

func TestSamplersThatAreRefused(t *testing.T) {
	for name, s := range map[string]Sampler{"constant": moons{broken: 3}, "infinite": moons{broken: math.Inf(1)}, "undefined": moons{broken: math.NaN()}} {
		if _, err := NewSampledPrior(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, c := range []struct {
		latents int
		radius  float64
	}{{1, 1}, {3, 0}, {3, -1}, {3, math.Inf(1)}, {3, math.NaN()}} {
		if _, err := NewSphere(c.latents, c.radius); err == nil {
			t.Errorf("%+v: no error", c)
		}
	}
}
