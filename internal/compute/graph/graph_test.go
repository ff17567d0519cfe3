package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// build makes a scalar cost from leaves of the given shapes.
type build func(g *Graph, leaves []*gorgonia.Node) (*gorgonia.Node, error)

type gradientCase struct {
	name   string
	shapes [][]int
	wrt    []int
	build  build
	fill   func(rng *rand.Rand, leaf int) float32
}

func (c gradientCase) leaves(t *testing.T, g *Graph) []*gorgonia.Node {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var nodes []*gorgonia.Node
	for i, shape := range c.shapes {
		n, err := g.Input(string(rune('a'+i)), shape...)
		if err != nil {
			t.Fatal(err)
		}
		data := g.Data(n)
		for j := range data {
			if c.fill != nil {
				data[j] = c.fill(rng, i)
			} else {
				data[j] = float32(rng.NormFloat64())
			}
		}
		nodes = append(nodes, n)
	}
	return nodes
}

// weighted sums all values of a node under fixed, different weights, so that
// every element's gradient differs.
func weighted(g *Graph, n *gorgonia.Node) (*gorgonia.Node, error) {
	flat := RowFunc{
		Name: "weights", Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			var sum float64
			for i, v := range in[0] {
				sum += float64(v) * math.Sin(float64(i+1))
			}
			out[0] = float32(sum)
		},
		Backward: func(_ int, din []float32, _ [][]float32, _, dout []float32) {
			for i := range din {
				din[i] += dout[0] * float32(math.Sin(float64(i+1)))
			}
		},
	}
	rows, err := g.Rows(flat, n)
	if err != nil {
		return nil, err
	}
	beta, err := g.Input("beta")
	if err != nil {
		return nil, err
	}
	zero, err := g.Input("zero", rows.Shape().TotalSize(), 1)
	if err != nil {
		return nil, err
	}
	return g.NegativeELBO(rows, zero, beta, 0)
}

// gradientsOf adds a cost that weighs the values of a node, and its gradients.
func gradientsOf(t *testing.T, g *Graph, n *gorgonia.Node, wrt ...*gorgonia.Node) (cost *gorgonia.Node, grads gorgonia.Nodes) {
	t.Helper()
	cost, err := weighted(g, n)
	if err != nil {
		t.Fatal(err)
	}
	if grads, err = gorgonia.Grad(cost, wrt...); err != nil {
		t.Fatal(err)
	}
	return cost, grads
}

var activations = map[string]kernel.Activation{
	"identity": kernel.Identity, "relu": kernel.Relu, "tanh": kernel.Tanh,
	"softplus": kernel.Softplus, "elu": kernel.Elu, "sigmoid": kernel.Sigmoid, "leaky relu": kernel.LeakyRelu,
}

func gradientCases() []gradientCase {
	cases := []gradientCase{
		{
			name: "bernoulli", shapes: [][]int{{6, 9}, {3, 9}}, wrt: []int{0},
			fill: func(rng *rand.Rand, leaf int) float32 {
				if leaf == 1 {
					return rng.Float32()
				}
				return float32(3 * rng.NormFloat64())
			},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.Bernoulli(l[0], l[1])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "posterior", shapes: [][]int{{5, 8}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.Posterior(l[0], []float64{0, 1, 2, 3}, []float64{1, 0.1, 3, 0.5})
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "reparameterize", shapes: [][]int{{4, 6}, {12, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.Reparameterize(l[0], l[1])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "columns", shapes: [][]int{{4, 6}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.Columns(l[0], 1, 4)
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		},
		{
			name: "two consumers", shapes: [][]int{{4, 6}, {4, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				u, err := g.Reparameterize(l[0], l[1])
				if err != nil {
					return nil, err
				}
				m, err := g.Columns(l[0], 0, 3)
				if err != nil {
					return nil, err
				}
				sum, err := gorgonia.Add(u, m)
				if err != nil {
					return nil, err
				}
				return weighted(g, sum)
			},
		},
		{
			name: "elbo", shapes: [][]int{{12}, {4, 3}, {}}, wrt: []int{0, 1},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.NegativeELBO(l[0], l[1], l[2], 0)
			},
		},
		{
			name: "elbo with free bits", shapes: [][]int{{12}, {4, 3}, {}}, wrt: []int{0, 1},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.NegativeELBO(l[0], l[1], l[2], 0.2)
			},
		},
	}
	for name, capacity := range map[string]float32{"below": 40, "above": -40} {
		cases = append(cases, gradientCase{
			name: "kl " + name + " capacity", shapes: [][]int{{12}, {4, 3}, {}}, wrt: []int{0, 1},
			fill: func(rng *rand.Rand, leaf int) float32 {
				if leaf == 2 {
					return capacity
				}
				return float32(rng.NormFloat64())
			},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.CapacityLoss(l[0], l[1], l[2], 3)
			},
		})
	}
	// Of one block of rows, and of several; e makes the gradient of a layer's output wanted for itself.
	for _, rows := range []int{3, 130} {
		cases = append(cases, gradientCase{
			name: fmt.Sprintf("layers on %d rows", rows), wrt: []int{2, 0, 1, 3, 4, 5, 6, 7},
			shapes: [][]int{{rows, 3}, {4, 3}, {4}, {5, 4}, {5}, {6, 5}, {6}, {rows, 5}, {rows, 6}},
			fill: func(rng *rand.Rand, leaf int) float32 {
				if leaf == 8 {
					return rng.Float32()
				}
				return float32(0.5 * rng.NormFloat64())
			},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				h, err := g.Linear(l[0], l[1], l[2], kernel.Tanh)
				if err != nil {
					return nil, err
				}
				if h, err = g.Linear(h, l[3], l[4], kernel.Sigmoid); err != nil {
					return nil, err
				}
				if h, err = gorgonia.Add(h, l[7]); err != nil {
					return nil, err
				}
				if h, err = g.Linear(h, l[5], l[6], kernel.Identity); err != nil {
					return nil, err
				}
				n, err := g.Bernoulli(h, l[8])
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		})
	}
	for name, act := range activations {
		cases = append(cases, gradientCase{
			name: "linear " + name, shapes: [][]int{{3, 2}, {115, 2}, {115}}, wrt: []int{0, 1, 2},
			fill: func(rng *rand.Rand, leaf int) float32 {
				if leaf == 2 {
					return 0.5
				}
				return float32(rng.IntN(3) - 1)
			},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.Linear(l[0], l[1], l[2], act)
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		})
	}
	return slices.Concat(cases, densityCases(), priorCases(), labelledCases(), discrepancyCases(), mapCases())
}

// Every operation's symbolic gradient agrees with central differences. The
// inputs of linear layers are whole numbers and halves, so that no step
// crosses the kink of relu.
func TestGradients(t *testing.T) {
	for _, c := range gradientCases() {
		t.Run(c.name, func(t *testing.T) {
			g := New(testkit.Engine(t, "", 2))
			leaves := c.leaves(t, g)
			cost, err := c.build(g, leaves)
			if err != nil {
				t.Fatal(err)
			}
			var wrt gorgonia.Nodes
			for _, i := range c.wrt {
				wrt = append(wrt, leaves[i])
			}
			grads, err := gorgonia.Grad(cost, wrt...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(append(gorgonia.Nodes{cost}, grads...)...)
			if err != nil {
				t.Fatal(err)
			}
			for k, n := range wrt {
				p.Run()
				analytic := append([]float32(nil), p.Value(grads[k])...)
				compareDifferences(t, g, p, cost, n, analytic)
			}
		})
	}
}

func compareDifferences(t *testing.T, g *Graph, p *Program, cost, leaf *gorgonia.Node, analytic []float32) {
	t.Helper()
	data := g.Data(leaf)
	at := func(i int, v float32) float64 {
		old := data[i]
		data[i] = v
		p.Run()
		data[i] = old
		return float64(p.Value(cost)[0])
	}
	// Two central differences extrapolated to fourth order (Richardson), so
	// that the step can be large against the rounding of a float32 cost.
	central := func(i int, h float32) float64 {
		return (at(i, data[i]+h) - at(i, data[i]-h)) / (2 * float64(h))
	}
	for i := range data {
		const h = 1.0 / 16
		want := (4*central(i, h/2) - central(i, h)) / 3
		if diff := math.Abs(want - float64(analytic[i])); diff > 1e-3*(1+math.Abs(want)) {
			t.Errorf("%v[%d]: gradient %g, differences say %g", leaf.Name(), i, analytic[i], want)
		}
	}
}

// The same graph gives the same cost and gradients on Gorgonia's own tape
// machine, which fuses nothing and whose values are read through gorgonia.Read.
func TestTapeMachineAgrees(t *testing.T) {
	for _, c := range gradientCases() {
		t.Run(c.name, func(t *testing.T) {
			g := New(testkit.Engine(t, "", 1))
			leaves := c.leaves(t, g)
			cost, err := c.build(g, leaves)
			if err != nil {
				t.Fatal(err)
			}
			grads, err := gorgonia.Grad(cost, leaves[c.wrt[0]])
			if err != nil {
				t.Fatal(err)
			}
			var costValue, gradValue gorgonia.Value
			gorgonia.Read(cost, &costValue)
			gorgonia.Read(grads[0], &gradValue)
			vm := gorgonia.NewTapeMachine(g.expr)
			defer vm.Close()
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(cost, grads[0])
			if err != nil {
				t.Fatal(err)
			}
			tapeCost, err := floats(costValue)
			if err != nil {
				t.Fatal(err)
			}
			tapeGrad, err := floats(gradValue)
			if err != nil {
				t.Fatal(err)
			}
			kept := append([]float32(nil), tapeGrad...)
			p.Run()
			if got := p.Value(cost)[0]; got != tapeCost[0] {
				t.Errorf("cost %g, tape machine %g", got, tapeCost[0])
			}
			compareWithin(t, "gradient", p.Value(grads[0]), kept, 1e-6)
		})
	}
}

// Stock operations of Gorgonia mix with ours, and the value of a node in the
// middle is its own after a run: the tape machine reuses such memory.
func TestStockOperationsKeepIntermediateValues(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	x, err := g.Input("x", 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	copy(g.Data(x), []float32{-1, 2, -3, 4, -5, 6})
	square := gorgonia.Must(gorgonia.Square(x))
	exp := gorgonia.Must(gorgonia.Exp(gorgonia.Must(gorgonia.Neg(square))))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Add(square, exp))))
	grads, err := gorgonia.Grad(cost, x)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(cost, grads[0], square)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p.Run()
		for i, v := range g.Data(x) {
			s := float64(v) * float64(v)
			if got := p.Value(square)[i]; float64(got) != s {
				t.Errorf("square[%d] = %g, want %g", i, got, s)
			}
			want := 2*float64(v) - 2*float64(v)*math.Exp(-s)
			if got := float64(p.Value(grads[0])[i]); math.Abs(got-want) > 1e-5 {
				t.Errorf("gradient[%d] = %g, want %g", i, got, want)
			}
		}
	}
}

// What no output needs is not computed: the gradient of the data is not.
func TestDeadNodesAreLeftOut(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	x, _ := g.Input("x", 4, 5)
	w, _ := g.Input("w", 3, 5)
	b, _ := g.Input("b", 3)
	y, err := g.Linear(x, w, b, kernel.Relu)
	if err != nil {
		t.Fatal(err)
	}
	_, grads := gradientsOf(t, g, y, w, b)
	p, err := g.Compile(grads...)
	if err != nil {
		t.Fatal(err)
	}
	products := 0
	for _, name := range p.StepNames() {
		switch name {
		case "d(input) 5x3":
			t.Error("the gradient of the data is computed")
		case "linear 5x3", "d(weight) 5x3":
			products++
		}
	}
	if products != 2 {
		t.Errorf("%d products, want 2: %v", products, p.StepNames())
	}
}

// Outside the documented range the log variance is held, and its gradient
// only leads back.
func TestLogVarianceLeadsBackIntoItsRange(t *testing.T) {
	const outside = LogVarianceLimit + 5
	for _, c := range []struct {
		name          string
		b, dout, want float32
		value         float32
	}{
		{"above, pulled down", outside, 1, 1, LogVarianceLimit},
		{"above, pushed up", outside, -1, 0, LogVarianceLimit},
		{"below, pushed down", -outside, 1, 0, -LogVarianceLimit},
		{"below, pulled up", -outside, -1, -1, -LogVarianceLimit},
		{"inside", 3, -1, -1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &placedHead{engine: testkit.Engine(t, "", 1), rows: 1, latents: 1, shift: []float32{0}, scale: []float32{1}, logScale2: []float32{0}}
			out, grad := make([]float32, 2), make([]float32, 2)
			head := []float32{0, c.b}
			p.Run(out, [][]float32{head})
			(&placedHeadGrad{placedHead: p}).Run(grad, [][]float32{head, {0, c.dout}})
			if out[1] != c.value || grad[1] != c.want {
				t.Errorf("log variance %g gradient %g, want %g and %g", out[1], grad[1], c.value, c.want)
			}
		})
	}
	nan := float32(math.NaN())
	if v := limit(nan); v == v {
		t.Errorf("limit(NaN) = %g hides a diverged run", v)
	}
}

// A compiled training step allocates nothing, and its bits are the same on any
// number of threads.
func TestRunAllocatesNothingAndThreadsAgree(t *testing.T) {
	var first []float32
	for _, threads := range []int{1, 2, 3, 8} {
		c := gradientCases()[0]
		g := New(testkit.Engine(t, "", threads))
		leaves := c.leaves(t, g)
		w, _ := g.Input("w", 9, 9)
		bias, _ := g.Input("bias", 9)
		for i := range g.Data(w) {
			g.Data(w)[i] = float32(math.Sin(float64(i)))
		}
		hidden, err := g.Linear(leaves[0], w, bias, kernel.Tanh)
		if err != nil {
			t.Fatal(err)
		}
		cost, err := c.build(g, []*gorgonia.Node{hidden, leaves[1]})
		if err != nil {
			t.Fatal(err)
		}
		grads, err := gorgonia.Grad(cost, w, bias)
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Compile(append(grads, cost)...)
		if err != nil {
			t.Fatal(err)
		}
		p.Run()
		got := append(append([]float32(nil), p.Value(grads[0])...), p.Value(cost)...)
		if first == nil {
			first = got
		}
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(first[i]) {
				t.Fatalf("%d threads: value %d is %g, one thread says %g", threads, i, got[i], first[i])
			}
		}
		if n := testing.AllocsPerRun(20, p.Run); n != 0 {
			t.Errorf("%d threads: %g allocations a run", threads, n)
		}
	}
}
