package graph

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/dev/testkit"
)

func densityCases() []gradientCase {
	return []gradientCase{
		{
			name: "gaussian log density", shapes: [][]int{{12, 3}, {4, 6}}, wrt: []int{0, 1},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.GaussianLogProb(l[0], l[1])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "reparameterized log density", shapes: [][]int{{4, 6}, {12, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.ReparameterizedLogProb(l[0], l[1])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "fixed gaussian log density", shapes: [][]int{{5, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.FixedGaussianLogProb(l[0], []float64{0, 1, -2}, []float64{1, 0.5, 3})
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "importance-weighted bound", shapes: [][]int{{12}, {12, 3}, {12}, {12, 2}}, wrt: []int{0, 1, 2, 3},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				beta, err := g.Leaf("beta", []float32{0.6})
				if err != nil {
					return nil, err
				}
				logw, err := g.LogWeights(l[0], beta, gorgonia.Nodes{l[1], l[2]}, gorgonia.Nodes{l[3]})
				if err != nil {
					return nil, err
				}
				bound, err := g.NegativeImportanceBound(logw, 4)
				return bound.Cost, err
			},
		},
		{
			// The density of draws that follow the parameters is the total one.
			name: "density through the draws", shapes: [][]int{{4, 6}, {12, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				u, err := g.Reparameterize(l[0], l[1])
				if err != nil {
					return nil, err
				}
				n, err := g.GaussianLogProb(u, l[0])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
	}
}

// Densities agree with their definitions.
func TestGaussianLogDensities(t *testing.T) {
	g := New(testkit.Engine(t, "", 2))
	params, _ := g.Input("params", 2, 4)
	eps, _ := g.Input("eps", 6, 2)
	copy(g.Data(params), []float32{0.5, -1, 0.2, -3, 2, 0, 1, 4})
	for i := range g.Data(eps) {
		g.Data(eps)[i] = float32(math.Sin(float64(3*i + 1)))
	}
	u, err := g.Reparameterize(params, eps)
	if err != nil {
		t.Fatal(err)
	}
	byDraw, err := g.GaussianLogProb(u, params)
	if err != nil {
		t.Fatal(err)
	}
	byNoise, err := g.ReparameterizedLogProb(params, eps)
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := g.FixedGaussianLogProb(u, []float64{1, -2}, []float64{0.5, 3})
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(byDraw, byNoise, fixed, u)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	density := func(x, mean, std float64) float64 {
		z := (x - mean) / std
		return -0.5*z*z - math.Log(std) - 0.5*math.Log(2*math.Pi)
	}
	for r := range 6 {
		for d := range 2 {
			row := g.Data(params)[r/3*4:]
			x := float64(p.Value(u)[r*2+d])
			want := density(x, float64(row[d]), math.Exp(float64(row[2+d])/2))
			for name, n := range map[string]*gorgonia.Node{"by the draw": byDraw, "by the noise": byNoise} {
				if got := float64(p.Value(n)[r*2+d]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
					t.Errorf("%s: log density %g of draw %d in dimension %d, want %g", name, got, r, d, want)
				}
			}
			want = density(x, []float64{1, -2}[d], []float64{0.5, 3}[d])
			if got := float64(p.Value(fixed)[r*2+d]); math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
				t.Errorf("fixed: log density %g of draw %d in dimension %d, want %g", got, r, d, want)
			}
		}
	}
}

// The bound is a stable mean of weights: with weights far outside the range of
// a float it is right, with one draw it is the weight, and equal weights share.
func TestImportanceBound(t *testing.T) {
	for _, c := range []struct {
		name    string
		logw    []float32
		samples int
		want    float64
		weights []float32
	}{
		{"one draw", []float32{-100, -90}, 1, 95, []float32{1, 1}},
		{"equal weights", []float32{-500, -500, 300, 300}, 2, 100, []float32{0.5, 0.5, 0.5, 0.5}},
		{"one outweighs", []float32{-1000, 0, -2000, -1000}, 4, math.Log(4), []float32{0, 1, 0, 0}},
		{"known", []float32{0, float32(math.Log(3))}, 2, -math.Log(2), []float32{0.25, 0.75}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := New(testkit.Engine(t, "", 1))
			logw, err := g.Leaf("logw", c.logw, len(c.logw))
			if err != nil {
				t.Fatal(err)
			}
			b, err := g.NegativeImportanceBound(logw, c.samples)
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(b.Cost, b.Weights)
			if err != nil {
				t.Fatal(err)
			}
			p.Run()
			if got := float64(p.Value(b.Cost)[0]); math.Abs(got-c.want) > 1e-5 {
				t.Errorf("negative bound %g, want %g", got, c.want)
			}
			for i, w := range p.Value(b.Weights) {
				if math.Abs(float64(w-c.weights[i])) > 1e-6 {
					t.Errorf("weight %d is %g, want %g", i, w, c.weights[i])
				}
			}
			p.Value(logw)[0] = float32(math.NaN())
			p.Run()
			if v := p.Value(b.Cost)[0]; v == v {
				t.Errorf("a weight that is not a number gives the bound %g", v)
			}
		})
	}
}

// A Rescaler multiplies the gradient of each draw by 1 - beta + beta*w.
func TestRescalerMultipliesByTheWeight(t *testing.T) {
	g := New(testkit.Engine(t, "", 2))
	u, _ := g.Input("u", 4, 2)
	copy(g.Data(u), []float32{1, 2, 0.5, -1, 0, 0.3, -2, 1})
	beta, _ := g.Leaf("beta", []float32{0.75})
	zero, _ := g.Input("zero", 4)
	rescaler := g.NewRescaler(beta)
	passed, err := rescaler.Pass(u)
	if err != nil {
		t.Fatal(err)
	}
	density, err := g.FixedGaussianLogProb(passed, []float64{0, 0}, []float64{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	logw, err := g.LogWeights(zero, beta, gorgonia.Nodes{density}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := rescaler.NegativeBound(logw, 2)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := gorgonia.Grad(b.Cost, u)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(b.Cost, grads[0], b.Weights)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	for i, got := range p.Value(grads[0]) {
		w := float64(p.Value(b.Weights)[i/2])
		want := w * 0.75 * float64(g.Data(u)[i]) / 2 * (0.25 + 0.75*w)
		if math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("gradient %d is %g, want %g", i, got, want)
		}
	}
}

// Nothing passes a stopped node back.
func TestStoppedHasNoGradient(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	u, _ := g.Input("u", 3, 2)
	params, _ := g.Input("params", 3, 4)
	stopped, err := g.Stopped(params)
	if err != nil {
		t.Fatal(err)
	}
	draws, err := g.Reparameterize(params, u)
	if err != nil {
		t.Fatal(err)
	}
	n, err := g.GaussianLogProb(draws, stopped)
	if err != nil {
		t.Fatal(err)
	}
	cost, grads := gradientsOf(t, g, n, params)
	p, err := g.Compile(cost, grads[0])
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.Data(u) {
		g.Data(u)[i] = float32(i) - 2.5
	}
	p.Run()
	// Only the way through the draws is left: d(mean) = -eps/sigma a row, weighted.
	for r := range 3 {
		for d := range 2 {
			row := -math.Sin(float64(d + 1))
			want := row * -float64(g.Data(u)[r*2+d]) / 3
			if got := float64(p.Value(grads[0])[r*4+d]); math.Abs(got-want) > 1e-5 {
				t.Errorf("gradient of mean %d,%d is %g, want %g", r, d, got, want)
			}
		}
	}
}

func TestShapesThatDoNotFit(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	input := func(name string, shape ...int) *gorgonia.Node {
		n, err := g.Input(name, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	u, params, odd, rows, beta := input("u", 4, 2), input("params", 2, 4), input("odd", 3, 4), input("rows", 4), input("beta")
	for name, build := range map[string]func() error{
		"draws of other images":   func() error { _, err := g.GaussianLogProb(u, odd); return err },
		"draws of other width":    func() error { _, err := g.GaussianLogProb(params, params); return err },
		"noise of other width":    func() error { _, err := g.ReparameterizedLogProb(params, params); return err },
		"a mean too many":         func() error { _, err := g.FixedGaussianLogProb(u, make([]float64, 3), []float64{1, 1}); return err },
		"a deviation of 0":        func() error { _, err := g.FixedGaussianLogProb(u, make([]float64, 2), []float64{1, 0}); return err },
		"a density of other rows": func() error { _, err := g.LogWeights(rows, beta, gorgonia.Nodes{odd}, nil); return err },
		"a vector for beta":       func() error { _, err := g.LogWeights(rows, rows, nil, nil); return err },
		"draws left over":         func() error { _, err := g.NegativeImportanceBound(rows, 3); return err },
		"no draws":                func() error { _, err := g.NegativeImportanceBound(rows, 0); return err },
	} {
		if build() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
