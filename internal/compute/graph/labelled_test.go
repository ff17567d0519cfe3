package graph

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// labelledCases are linear layers of 6 rows, two an image, with three labels.
func labelledCases() []gradientCase {
	var cases []gradientCase
	for name, act := range activations {
		cases = append(cases, gradientCase{
			name: "labelled linear " + name, shapes: [][]int{{6, 2}, {115, 2}, {115}, {4, 115}, {3}}, wrt: []int{0, 1, 2, 3},
			fill: func(rng *rand.Rand, leaf int) float32 {
				switch leaf {
				case 2:
					return 0.5
				case 4:
					return float32(rng.IntN(4))
				}
				return float32(rng.IntN(3) - 1)
			},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				n, err := g.LabelledLinear(l[0], l[1], l[2], l[3], l[4], act)
				if err != nil {
					return nil, err
				}
				return weighted(g, n)
			},
		})
	}
	return cases
}

// A labelled layer is the layer that reads x beside the one-hot code of the label.
func TestLabelledLinearIsThatOfTheOneHotCode(t *testing.T) {
	const images, draws, in, out, classes = 5, 3, 7, 19, 4
	const rows = images * draws
	var first []float32
	for _, threads := range []int{1, 2, 3} {
		g := New(testkit.Engine(t, "", threads))
		leaf := func(name string, shape ...int) *gorgonia.Node {
			n, err := g.Input(name, shape...)
			if err != nil {
				t.Fatal(err)
			}
			for i := range g.Data(n) {
				g.Data(n)[i] = float32(math.Sin(float64(i*i+len(name)) + float64(len(shape))))
			}
			return n
		}
		x, w, b, table, labels := leaf("x", rows, in), leaf("weight", out, in), leaf("b", out), leaf("table", classes, out), leaf("labels", images)
		copy(g.Data(labels), []float32{3, 0, 1, 3, 1})
		both, joined := leaf("both", rows, in+classes), leaf("joined", out, in+classes)
		for r := range rows {
			row := g.Data(both)[r*(in+classes) : (r+1)*(in+classes)]
			clear(row)
			copy(row, g.Data(x)[r*in:(r+1)*in])
			row[in+int(g.Data(labels)[r/draws])] = 1
		}
		for o := range out {
			row := g.Data(joined)[o*(in+classes) : (o+1)*(in+classes)]
			copy(row, g.Data(w)[o*in:(o+1)*in])
			for c := range classes {
				row[in+c] = g.Data(table)[c*out+o]
			}
		}
		labelled, err := g.LabelledLinear(x, w, b, table, labels, kernel.Tanh)
		if err != nil {
			t.Fatal(err)
		}
		want, err := g.Linear(both, joined, b, kernel.Tanh)
		if err != nil {
			t.Fatal(err)
		}
		_, grads := gradientsOf(t, g, labelled, w, b, table, x)
		p, err := g.Compile(append(grads, labelled, want)...)
		if err != nil {
			t.Fatal(err)
		}
		p.Run()
		for i, v := range p.Value(want) {
			if got := p.Value(labelled)[i]; math.Abs(float64(got-v)) > 1e-6 {
				t.Fatalf("output %d is %g, of the one-hot code %g", i, got, v)
			}
		}
		// Class 2 has no image.
		if unused := p.Value(grads[2])[2*out : 3*out]; slices.ContainsFunc(unused, func(v float32) bool { return v != 0 }) {
			t.Errorf("gradient of a class without images: %v", unused)
		}
		got := slices.Clone(p.Value(labelled))
		for _, n := range grads {
			got = append(got, p.Value(n)...)
		}
		if first == nil {
			first = got
		}
		if !slices.Equal(first, got) {
			t.Errorf("%d threads give other bits than 1", threads)
		}
		if n := testing.AllocsPerRun(10, p.Run); n != 0 {
			t.Errorf("%g allocations a run", n)
		}
	}
}

func TestLabelsThatDoNotFit(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	leaf := func(name string, shape ...int) *gorgonia.Node {
		n, err := g.Input(name, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	x, w, b := leaf("x", 6, 2), leaf("w", 3, 2), leaf("b", 3)
	for name, c := range map[string][2]*gorgonia.Node{
		"rows":  {leaf("table", 4, 3), leaf("four labels", 4)},
		"width": {leaf("narrow table", 4, 2), leaf("labels", 6)},
		"shape": {leaf("flat table", 4), leaf("more labels", 6)},
	} {
		if _, err := g.LabelledLinear(x, w, b, c[0], c[1], kernel.Relu); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
