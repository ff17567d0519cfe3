package loss

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gorgonia.org/gorgonia"
)

// bindRandom gives a learned prior weights that differ from one another.
func bindRandom(p LearnedPrior, seed uint64) [][]float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	var values [][]float32
	for _, w := range p.Weights() {
		v := make([]float32, w.Size())
		for i := range v {
			v[i] = float32(0.8 * rng.NormFloat64())
		}
		values = append(values, v)
	}
	p.Bind(values)
	return values
}

// bring puts a learned prior's weights on the posterior's graph.
func bring(t *testing.T, q *Posterior, p LearnedPrior, values [][]float32) gorgonia.Nodes {
	t.Helper()
	var nodes gorgonia.Nodes
	for i, w := range p.Weights() {
		n, err := q.graph.Leaf("prior."+w.Name, values[i], w.Shape...)
		if err != nil {
			t.Fatal(err)
		}
		nodes = append(nodes, n)
	}
	q.weights = nodes
	return nodes
}

func learnedMixture(t *testing.T, latents, components int) *LearnedMixture {
	t.Helper()
	p, err := NewLearnedMixture(latents, components)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checkOneDimension holds the KL of two posteriors of one dimension, as a prior
// gives it and as the mean kl over draws has it, against quadrature by a fixed
// rule, apart from the adaptive one under test elsewhere.
func checkOneDimension(t *testing.T, p interface {
	LogDensity(z []float64) float64
	Divergence(d int, mu, sigma float64) Divergence
}, params, kl []float32, draws float64) {
	t.Helper()
	for image := range 2 {
		mu, sigma := float64(params[2*image]), math.Exp(0.5*float64(params[2*image+1]))
		want := quad.Fixed(func(e float64) float64 {
			density := math.Exp(-e*e/2) / math.Sqrt(2*math.Pi)
			return density * (-e*e/2 - math.Log(sigma*math.Sqrt(2*math.Pi)) - p.LogDensity([]float64{mu + sigma*e}))
		}, -9, 9, 600, nil, 0)
		if got := p.Divergence(0, mu, sigma).KL; math.Abs(got-want) > 1e-9 {
			t.Errorf("image %d: divergence %.12g, fixed quadrature %.12g", image, got, want)
		}
		// log q - log p has a standard deviation of about one here.
		if got := float64(kl[image]); math.Abs(got-want) > 5/math.Sqrt(draws) {
			t.Errorf("image %d: %g nats from the draws, quadrature %g", image, got, want)
		}
	}
}

// In one dimension the mean of log q - log p over the draws is the KL that
// quadrature finds, and the log density integrates to one.
func TestLearnedMixtureAgainstQuadrature(t *testing.T) {
	const draws = 40000
	p := learnedMixture(t, 1, 5)
	values := bindRandom(p, 3)
	g, params, q := wideBatch(t, draws, 1)
	bring(t, q, p, values)
	kl, err := p.KL(q)
	if err != nil {
		t.Fatal(err)
	}
	program, err := g.Compile(kl)
	if err != nil {
		t.Fatal(err)
	}
	program.Run()
	checkOneDimension(t, p, g.Data(params), program.Value(kl), draws)
	mass := quad.Fixed(func(z float64) float64 { return math.Exp(p.LogDensity([]float64{z})) }, -15, 15, 1000, nil, 0)
	if math.Abs(mass-1) > 1e-9 {
		t.Errorf("the density integrates to %g", mass)
	}
}

// The node, the float64 log density and, in one dimension, the marginal agree,
// and follow the weights when they change.
func TestLearnedMixtureLogDensity(t *testing.T) {
	const latents = 3
	p := learnedMixture(t, latents, 4)
	values := bindRandom(p, 4)
	g, _, q := wideBatch(t, 5, latents)
	bring(t, q, p, values)
	logP, err := p.LogProb(q)
	if err != nil {
		t.Fatal(err)
	}
	program, err := g.Compile(logP, q.U())
	if err != nil {
		t.Fatal(err)
	}
	for _, shift := range []float32{0, 0.5} {
		for i := range values[0] {
			values[0][i] += shift
		}
		program.Run()
		u := program.Value(q.U())
		for r := range 10 {
			z := make([]float64, latents)
			for d := range z {
				z[d] = float64(u[r*latents+d])
			}
			want := p.LogDensity(z)
			if got := float64(program.Value(logP)[r]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("draw %d: ln p = %g on the graph, %g by itself", r, got, want)
			}
		}
	}
	alone := learnedMixture(t, 1, 4)
	bindRandom(alone, 5)
	for _, z := range []float64{-3, 0, 0.7, 50} {
		if a, b := alone.LogDensity([]float64{z}), alone.Marginal(0).LogProb(z); math.Abs(a-b) > 1e-12*math.Abs(b) {
			t.Errorf("ln p(%g) is %g, the only marginal says %g", z, a, b)
		}
	}
}

// Draws have the marginals' distributions, and whole components are drawn: with
// two far apart on the diagonal no draw is off it.
func TestLearnedMixtureSamples(t *testing.T) {
	const n = 20000
	p := learnedMixture(t, 2, 2)
	p.Bind([][]float32{{-5, -4, 5, 4}, {0, -1, -2, 0}, {0, 1}})
	rng := rand.New(rand.NewPCG(1, 2))
	draws := make([][]float64, 2)
	z := make([]float64, 2)
	for range n {
		p.Sample(z, rng)
		if (z[0] > 0) != (z[1] > 0) {
			t.Fatalf("draw %v mixes two components", z)
		}
		for d, v := range z {
			draws[d] = append(draws[d], v)
		}
	}
	for d := range draws {
		if ks := distance(draws[d], p.Marginal(d).CDF); ks > 1.95/math.Sqrt(n) {
			t.Errorf("dimension %d: Kolmogorov-Smirnov distance %g", d, ks)
		}
	}
}

// The prior starts with the mean and variance of what the head starts at, and
// the networks' view does not move with it.
func TestLearnedMixtureStartsAtTheStandardNormal(t *testing.T) {
	p := learnedMixture(t, 3, 200)
	for _, mode := range []Standardization{Plain, Affine} {
		frame, err := NewFrame(p, mode)
		if err != nil {
			t.Fatal(err)
		}
		for d := range 3 {
			m := p.Marginal(d)
			if math.Abs(m.Mean()) > 0.15 || math.Abs(m.StdDev()-1) > 0.1 {
				t.Errorf("dimension %d starts with mean %g and standard deviation %g", d, m.Mean(), m.StdDev())
			}
			if kl := DivergenceOf(p, d, 0, 1).KL; kl > 0.05 {
				t.Errorf("dimension %d starts %g nats from N(0, 1)", d, kl)
			}
			if got := frame.InputOf(d, 1.25); got != 1.25 {
				t.Errorf("the decoder reads %g for z = 1.25", got)
			}
		}
	}
	if _, err := NewFrame(p, Full); err == nil {
		t.Error("the full standardization of a prior that moves was accepted")
	}
	if _, err := NewLearnedMixture(3, 0); err == nil {
		t.Error("a mixture of no components was accepted")
	}
	if _, err := p.LogProb(newBatch(t).q); err == nil {
		t.Error("a graph without the prior's weights was accepted")
	}
}
