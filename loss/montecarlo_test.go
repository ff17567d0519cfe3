package loss

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/dev/testkit"
)

// wideBatch is two images with enough draws each that their mean is a figure.
func wideBatch(t *testing.T, draws, latents int) (*graph.Graph, *gorgonia.Node, *Posterior) {
	t.Helper()
	e := testkit.Engine(t, "", 2)
	g := graph.New(e)
	params, err := g.Input("posterior", 2, 2*latents)
	if err != nil {
		t.Fatal(err)
	}
	eps, err := g.Input("epsilon", 2*draws, latents)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for i := range g.Data(params) {
		g.Data(params)[i] = float32(0.7 * rng.NormFloat64())
	}
	for i := range g.Data(eps) {
		g.Data(eps)[i] = float32(rng.NormFloat64())
	}
	u, err := g.Reparameterize(params, eps)
	if err != nil {
		t.Fatal(err)
	}
	q, err := NewPosterior((*Graph)(g), PosteriorNodes{Params: params, Draws: u})
	if err != nil {
		t.Fatal(err)
	}
	return g, params, q
}

// The mean of log q - log p over 40,000 draws is the KL, for priors whose KL is
// estimated and for those whose log density only importance weights use.
func TestMonteCarloKLIsTheDivergence(t *testing.T) {
	const draws, latents = 40000, 3
	for _, c := range priorCases() {
		t.Run(c.name, func(t *testing.T) {
			g, params, q := wideBatch(t, draws, latents)
			logP, err := LogProb(c.vector, q)
			if err != nil {
				t.Fatal(err)
			}
			kl, err := MonteCarloKL(q, logP)
			if err != nil {
				t.Fatal(err)
			}
			logQ, err := q.LogQ()
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(kl, logQ, logP)
			if err != nil {
				t.Fatal(err)
			}
			p.Run()
			for image := range 2 {
				for d := range latents {
					row := g.Data(params)[image*2*latents:]
					want := DivergenceOf(c.vector, d, float64(row[d]), math.Exp(0.5*float64(row[latents+d]))).KL
					var square float64
					for k := range draws {
						at := (image*draws+k)*latents + d
						diff := float64(p.Value(logQ)[at]-p.Value(logP)[at]) - want
						square += diff * diff / draws
					}
					got := float64(p.Value(kl)[image*latents+d])
					if stderr := math.Sqrt(square / draws); math.Abs(got-want) > 4.5*stderr+1e-6 {
						t.Errorf("image %d, dimension %d: %g nats, want %g within %g", image, d, got, want, stderr)
					}
				}
			}
		})
	}
}

// A log density of one value a draw is taken from all of log q.
func TestMonteCarloKLOfOneValueADraw(t *testing.T) {
	total := func(joint bool) (kl float32, gradient []float32) {
		g, params, q := wideBatch(t, 3, 2)
		logP, err := LogProb(normal(2, []float64{1}, []float64{2}), q)
		if err != nil {
			t.Fatal(err)
		}
		if joint {
			if logP, err = g.Rows(sumOfTwo(), logP); err != nil {
				t.Fatal(err)
			}
		}
		estimate, err := MonteCarloKL(q, logP)
		if err != nil {
			t.Fatal(err)
		}
		if columns := estimate.Shape()[1]; (columns == 1) != joint {
			t.Errorf("the KL has %d columns", columns)
		}
		if _, err := MonteCarloKL(q, params); err == nil {
			t.Error("a log density of another shape was accepted")
		}
		cost := gorgonia.Must(gorgonia.Sum(estimate))
		grads, err := gorgonia.Grad(cost, params)
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Compile(cost, grads[0])
		if err != nil {
			t.Fatal(err)
		}
		p.Run()
		return p.Value(cost)[0], p.Value(grads[0])
	}
	kl, gradient := total(false)
	jointly, jointGradient := total(true)
	if math.Abs(float64(kl-jointly)) > 1e-5 {
		t.Errorf("the KL is %g by dimensions and %g at once", kl, jointly)
	}
	for i, want := range gradient {
		if got := jointGradient[i]; math.Abs(float64(got-want)) > 1e-5*(1+math.Abs(float64(want))) {
			t.Errorf("gradient %d is %g at once, %g by dimensions", i, got, want)
		}
	}
}

func sumOfTwo() graph.RowFunc {
	return graph.RowFunc{
		Name: "sum", Columns: 1, Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) { out[0] = in[0][0] + in[0][1] },
		Backward: func(_ int, din []float32, _ [][]float32, _, dout []float32) {
			din[0] += dout[0]
			din[1] += dout[0]
		},
	}
}
