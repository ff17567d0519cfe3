package loss

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

func flow(t *testing.T, latents, layers, hidden int) *Flow {
	t.Helper()
	p, err := NewFlow(latents, layers, hidden)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// With layers that move, the density still integrates to one.
func TestFlowDensityIntegratesToOne(t *testing.T) {
	p := flow(t, 2, 3, 4)
	for _, v := range bindRandom(p, 2) {
		for i := range v {
			v[i] *= 0.5 // no scale so small that the rule would miss it
		}
	}
	mass := quad.Fixed(func(x float64) float64 {
		return quad.Fixed(func(y float64) float64 { return math.Exp(p.LogDensity([]float64{x, y})) }, -30, 30, 700, nil, 0)
	}, -30, 30, 700, nil, 0)
	if math.Abs(mass-1) > 1e-6 {
		t.Errorf("the density integrates to %.8g", mass)
	}
}

// The node and the float64 log density agree, for an even and an odd number of
// dimensions and layers.
func TestFlowLogDensity(t *testing.T) {
	for _, c := range [][3]int{{4, 2, 5}, {5, 3, 4}, {3, 1, 2}} {
		latents := c[0]
		p := flow(t, latents, c[1], c[2])
		values := bindRandom(p, 3)
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
		program.Run()
		u := program.Value(q.U())
		for r := range 10 {
			z := make([]float64, latents)
			for d := range z {
				z[d] = float64(u[r*latents+d])
			}
			want := p.LogDensity(z)
			if got := float64(program.Value(logP)[r]); math.Abs(got-want) > 2e-5*(1+math.Abs(want)) {
				t.Errorf("%v, draw %d: ln p = %g on the graph, %g by itself", c, r, got, want)
			}
		}
	}
}

// A histogram of draws agrees with the density that quadrature gives each cell:
// sampling inverts the map and counts the volume right.
func TestFlowSamplesFollowTheDensity(t *testing.T) {
	const n = 40000
	p := flow(t, 2, 3, 4)
	bindRandom(p, 5)
	edges := []float64{-30, -1.5, -0.5, 0, 0.6, 1.6, 30}
	counts := map[[2]int]float64{}
	rng := rand.New(rand.NewPCG(3, 3))
	z := make([]float64, 2)
	cell := func(x float64) int {
		i := 0
		for i < len(edges)-2 && x > edges[i+1] {
			i++
		}
		return i
	}
	for range n {
		p.Sample(z, rng)
		counts[[2]int{cell(z[0]), cell(z[1])}]++
	}
	var square float64
	cells := 0
	for i := range len(edges) - 1 {
		for j := range len(edges) - 1 {
			want := n * quad.Fixed(func(x float64) float64 {
				return quad.Fixed(func(y float64) float64 { return math.Exp(p.LogDensity([]float64{x, y})) }, edges[j], edges[j+1], 80, nil, 0)
			}, edges[i], edges[i+1], 80, nil, 0)
			if want < 10 {
				continue
			}
			square += math.Pow(counts[[2]int{i, j}]-want, 2) / want
			cells++
		}
	}
	// The 0.1 % point of chi squared.
	if limit := (distuv.ChiSquared{K: float64(cells)}).Quantile(0.999); square > limit || cells < 12 {
		t.Errorf("chi squared of %d cells is %g, at most %g is likely", cells, square, limit)
	}
}

// A flow starts at N(0, I); its marginals are estimates, anew when it moves.
func TestFlowMarginals(t *testing.T) {
	p := flow(t, 3, 2, 4)
	for d := range 3 {
		m := p.Marginal(d)
		if math.Abs(m.Mean()) > 0.1 || math.Abs(m.StdDev()-1) > 0.06 || math.Abs(m.Quantile(0.9)-1.2816) > 0.12 {
			t.Errorf("dimension %d starts with mean %g, standard deviation %g, 90 %% point %g", d, m.Mean(), m.StdDev(), m.Quantile(0.9))
		}
	}
	if got, want := p.LogDensity([]float64{1, -2, 0.5}), -3*halfLog2Pi-0.5*(1+4+0.25); math.Abs(got-want) > 1e-12 {
		t.Errorf("ln p is %g, of N(0, I) it is %g", got, want)
	}
	// The bias of t in the first layer shifts the second half.
	p.values[3][2] = 4
	if m := p.Marginal(1); math.Abs(m.Mean()+4) > 0.15 {
		t.Errorf("a shift of 4 puts the mean at %g", m.Mean())
	}
	if d := DivergenceOf(p, 0, 0, 1); d.Method != MonteCarlo || d.KL > 0.05 {
		t.Errorf("the KL of N(0, 1) to an unmoved dimension is %g by %s", d.KL, d.Method)
	}
	for _, bad := range [][3]int{{1, 2, 3}, {2, 0, 3}, {2, 2, 0}} {
		if _, err := NewFlow(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("a flow of %v was accepted", bad)
		}
	}
}
