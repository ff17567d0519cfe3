package graph

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/dev/testkit"
)

func discrepancyCases() []gradientCase {
	shift, scale := []float64{0.5, -1, 0}, []float64{2, 0.5, 1}
	return []gradientCase{
		{
			name: "discrepancy", shapes: [][]int{{5, 3}, {4, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.Discrepancy(l[0], l[1], shift, scale)
			},
		},
		{
			name: "more to compare with", shapes: [][]int{{2, 3}, {6, 3}}, wrt: []int{0},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.Discrepancy(l[0], l[1], shift, scale)
			},
		},
		{
			name: "penalized loss", shapes: [][]int{{12}, {}}, wrt: []int{0, 1},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.PenalizedLoss(l[0], nil, l[1], 3)
			},
		},
		{
			name: "penalized loss with a KL", shapes: [][]int{{12}, {}, {4, 3}}, wrt: []int{0, 1, 2},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return g.PenalizedLoss(l[0], l[2], l[1], 3)
			},
		},
	}
}

// plainDiscrepancy is the estimate as it is written in the paper.
func plainDiscrepancy(x, y [][]float64) float64 {
	k := func(a, b []float64) float64 {
		var distance, sum float64
		for i := range a {
			distance += (a[i] - b[i]) * (a[i] - b[i])
		}
		for _, s := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10} {
			c := s * 2 * float64(len(a))
			sum += c / (c + distance)
		}
		return sum
	}
	var xx, yy, xy float64
	for i := range x {
		for j := range x {
			if i != j {
				xx += k(x[i], x[j])
			}
		}
		for j := range y {
			xy += k(x[i], y[j])
		}
	}
	for i := range y {
		for j := range y {
			if i != j {
				yy += k(y[i], y[j])
			}
		}
	}
	m, n := float64(len(x)), float64(len(y))
	return xx/(m*(m-1)) + yy/(n*(n-1)) - 2*xy/(m*n)
}

// drawnDiscrepancy runs the operation on draws of x = shift + N(mean, 1) and y = N(0, 1).
func drawnDiscrepancy(t *testing.T, m, n, d, threads int, mean float64, seed uint64) (got float64, gradient []float32, want float64) {
	t.Helper()
	g := New(testkit.Engine(t, "", threads))
	shift, scale := make([]float64, d), make([]float64, d)
	for i := range d {
		shift[i], scale[i] = float64(i), 1+float64(i)/2
	}
	leaves := make(gorgonia.Nodes, 2)
	var rows [2][][]float64
	rng := rand.New(rand.NewPCG(seed, 1))
	for i, count := range []int{m, n} {
		leaf, err := g.Input(string(rune('x'+i)), count, d)
		if err != nil {
			t.Fatal(err)
		}
		for r := range count {
			row := make([]float64, d)
			for c := range d {
				v := rng.NormFloat64()
				if i == 0 {
					v = (v+mean)*scale[c] + shift[c]
				}
				g.Data(leaf)[r*d+c] = float32(v)
				row[c] = float64(float32(v))
				if i == 0 {
					row[c] = (row[c] - shift[c]) / scale[c]
				}
			}
			rows[i] = append(rows[i], row)
		}
		leaves[i] = leaf
	}
	cost, err := g.Discrepancy(leaves[0], leaves[1], shift, scale)
	if err != nil {
		t.Fatal(err)
	}
	grads, err := gorgonia.Grad(cost, leaves[0])
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(cost, grads[0])
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	if n := testing.AllocsPerRun(3, p.Run); n != 0 {
		t.Errorf("%g allocations a run", n)
	}
	return float64(p.Value(cost)[0]), slices.Clone(p.Value(grads[0])), plainDiscrepancy(rows[0], rows[1])
}

func TestDiscrepancyAgainstFloat64(t *testing.T) {
	for _, c := range []struct {
		m, n, d int
		mean    float64
	}{{2, 2, 1, 0}, {2, 3, 1, 4}, {60, 60, 20, 0}, {60, 60, 20, 2}, {31, 77, 3, 1}, {77, 31, 3, 100}} {
		var first []float32
		for _, threads := range []int{1, 3} {
			got, gradient, want := drawnDiscrepancy(t, c.m, c.n, c.d, threads, c.mean, 7)
			if math.Abs(got-want) > 1e-5 {
				t.Errorf("%+v: %g, want %g", c, got, want)
			}
			if first == nil {
				first = gradient
			}
			if !slices.Equal(first, gradient) {
				t.Errorf("%+v: other bits on %d threads", c, threads)
			}
		}
	}
}

// The estimate is 0 in the mean where both are draws of one distribution, on
// either side of it, and above where they are not.
func TestDiscrepancyIsUnbiased(t *testing.T) {
	const runs = 200
	var sum, square float64
	negative := 0
	for seed := range uint64(runs) {
		got, _, _ := drawnDiscrepancy(t, 10, 10, 2, 1, 0, seed)
		sum += got
		square += got * got
		if got < 0 {
			negative++
		}
	}
	mean := sum / runs
	if stderr := math.Sqrt(square/runs-mean*mean) / math.Sqrt(runs); math.Abs(mean) > 4*stderr || negative < runs/4 {
		t.Errorf("mean %g with standard error %g, %d of %d negative", mean, stderr, negative, runs)
	}
	if got, _, _ := drawnDiscrepancy(t, 40, 40, 2, 1, 1, 1); got < 0.2 {
		t.Errorf("draws a standard deviation apart: %g", got)
	}
}

func TestDiscrepancyOfOneRow(t *testing.T) {
	got, gradient, _ := drawnDiscrepancy(t, 1, 5, 3, 2, 0, 1)
	if got != 0 || slices.ContainsFunc(gradient, func(v float32) bool { return v != 0 }) {
		t.Errorf("%g with gradient %v", got, gradient)
	}
}

func TestDiscrepancyShapesThatDoNotFit(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	leaf := func(name string, shape ...int) *gorgonia.Node {
		n, err := g.Input(name, shape...)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	x, y, scalar, vector := leaf("x", 4, 2), leaf("y", 4, 2), leaf("scalar"), leaf("vector", 4)
	zero, one := []float64{0, 0}, []float64{1, 1}
	for name, err := range map[string]error{
		"width":   errOf(g.Discrepancy(x, leaf("wide", 4, 3), zero, one)),
		"vector":  errOf(g.Discrepancy(vector, y, zero, one)),
		"shift":   errOf(g.Discrepancy(x, y, zero[:1], one)),
		"scale":   errOf(g.Discrepancy(x, y, zero, zero)),
		"loglik":  errOf(g.PenalizedLoss(x, nil, scalar, 1)),
		"penalty": errOf(g.PenalizedLoss(vector, nil, vector, 1)),
		"kl":      errOf(g.PenalizedLoss(vector, vector, scalar, 1)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func errOf(_ *gorgonia.Node, err error) error { return err }
