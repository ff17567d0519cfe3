package loss

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// vampBatch is a Vamp of one dimension behind an encoder of one linear layer,
// four pixels to a mean and a log variance, on the graph of a wide batch.
func vampBatch(t *testing.T, components, draws int) (*Vamp, *graph.Graph, *gorgonia.Node, *Posterior) {
	t.Helper()
	p, err := NewVamp(1, components)
	if err != nil {
		t.Fatal(err)
	}
	p.Fit(4)
	inputs := make([]float32, 4*components)
	rng := rand.New(rand.NewPCG(9, 9))
	for i := range inputs {
		inputs[i] = float32(0.5 + 0.5*rng.NormFloat64()) // some beyond [0, 1]
	}
	p.Bind([][]float32{inputs})
	g, params, q := wideBatch(t, draws, 1)
	bring(t, q, p, [][]float32{inputs})
	weight := []float32{1, -2, 0.5, 1.5, -1, 0.5, 0.7, -0.6}
	bias := []float32{-0.4, -0.3}
	w, err := g.Leaf("weight", weight, 2, 4)
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.Leaf("bias", bias, 2)
	if err != nil {
		t.Fatal(err)
	}
	q.encode = func(x *gorgonia.Node) (*gorgonia.Node, error) { return g.Linear(x, w, b, 0) }
	posteriors := make([]float32, 2*components)
	clipped := p.Inputs()
	for k := range components {
		for o := range 2 {
			posteriors[2*k+o] = bias[o]
			for j := range 4 {
				posteriors[2*k+o] += weight[o*4+j] * clipped[4*k+j]
			}
		}
	}
	p.Refresh(posteriors)
	return p, g, params, q
}

// In one dimension the mean of log q - log p over the draws is the KL that
// quadrature finds, the density integrates to one, and the node and the float64
// log density agree.
func TestVampAgainstQuadrature(t *testing.T) {
	const draws = 40000
	p, g, params, q := vampBatch(t, 5, draws)
	kl, err := p.KL(q)
	if err != nil {
		t.Fatal(err)
	}
	logP, err := p.LogProb(q)
	if err != nil {
		t.Fatal(err)
	}
	program, err := g.Compile(kl, logP, q.U())
	if err != nil {
		t.Fatal(err)
	}
	program.Run()
	checkOneDimension(t, p, g.Data(params), program.Value(kl), draws)
	for r := range 20 {
		want := p.LogDensity([]float64{float64(program.Value(q.U())[r])})
		if got := float64(program.Value(logP)[r]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
			t.Errorf("draw %d: ln p = %g on the graph, %g by itself", r, got, want)
		}
	}
	mass := quad.Fixed(func(z float64) float64 { return math.Exp(p.LogDensity([]float64{z})) }, -15, 15, 1000, nil, 0)
	if math.Abs(mass-1) > 1e-9 {
		t.Errorf("the density integrates to %g", mass)
	}
	if n := slices.Index(program.StepNames(), "linear 4x2"); slices.Contains(program.StepNames()[n+1:], "linear 4x2") {
		t.Errorf("KL and log density each have an encoder: %v", program.StepNames())
	}
}

func TestVampSamplesFollowTheMarginal(t *testing.T) {
	const n = 20000
	p, _, _, _ := vampBatch(t, 4, 1)
	rng := rand.New(rand.NewPCG(1, 2))
	draws := make([]float64, n)
	for i := range draws {
		p.Sample(draws[i:i+1], rng)
	}
	if ks := distance(draws, p.Marginal(0).CDF); ks > 1.95/math.Sqrt(n) {
		t.Errorf("Kolmogorov-Smirnov distance %g", ks)
	}
}

func TestVampInputs(t *testing.T) {
	p, err := NewVamp(2, 3)
	if err != nil {
		t.Fatal(err)
	}
	if kl := DivergenceOf(p, 1, 0, 1).KL; math.Abs(kl) > 1e-12 {
		t.Errorf("before its first refresh the prior is %g nats from N(0, 1)", kl)
	}
	p.Fit(50)
	values := initial(p.Weights())
	p.Bind(values)
	var mean float64
	for _, v := range values[0] {
		mean += float64(v) / float64(len(values[0]))
	}
	if math.Abs(mean-0.05) > 0.003 {
		t.Errorf("pseudo-inputs start at %g on average", mean)
	}
	values[0][0], values[0][1] = -0.2, 1.5
	if in := p.Inputs(); in[0] != 0 || in[1] != 1 || in[2] != values[0][2] {
		t.Errorf("clipped to %v", in[:3])
	}
	if _, err := NewVamp(0, 3); err == nil {
		t.Error("no dimensions were accepted")
	}
	q := newBatch(t).q
	bring(t, q, p, values)
	if _, err := p.LogProb(q); err == nil {
		t.Error("a graph without an encoder was accepted")
	}
}

// No gradient reaches a value beyond [0, 1]; at the ends it does.
func TestClip(t *testing.T) {
	f := clip(5)
	in := [][]float32{{-0.1, 0, 0.4, 1, 1.1}}
	out := make([]float32, 5)
	f.Forward(out, in)
	din := make([]float32, 5)
	f.Backward(0, din, in, out, []float32{1, 2, 3, 4, 5})
	for i, want := range []float32{0, 0, 0.4, 1, 1} {
		if out[i] != want {
			t.Errorf("%g is clipped to %g", in[0][i], out[i])
		}
	}
	for i, want := range []float32{0, 2, 3, 4, 0} {
		if din[i] != want {
			t.Errorf("the gradient at %g is %g, want %g", in[0][i], din[i], want)
		}
	}
}
