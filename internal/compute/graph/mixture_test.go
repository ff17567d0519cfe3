package graph

import (
	"math"
	"testing"

	"vaectl/internal/dev/testkit"
)

// The product of matrices gives what the sum over components gives in float64,
// for components close together and far apart, wide and narrow.
func TestMixtureAgainstFloat64(t *testing.T) {
	const rows, components, d = 37, 21, 6
	for _, c := range []struct {
		name           string
		spread, logvar float64
		tolerance      float64
	}{
		{"standard", 1, 0, 2e-6},
		{"narrow", 1, -4, 2e-4},
		{"far from the origin", 1000, 0, 2e-1},
		{"wide", 3, 4, 2e-6},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := New(testkit.Engine(t, "", 2))
			z, _ := g.Input("z", rows, d)
			means, _ := g.Input("means", components, d)
			logvars, _ := g.Input("logvars", components, d)
			logits, _ := g.Input("logits", components)
			for i := range g.Data(z) {
				g.Data(z)[i] = float32(c.spread * math.Sin(float64(7*i)))
			}
			for i := range g.Data(means) {
				g.Data(means)[i] = float32(c.spread * math.Cos(float64(5*i)))
				g.Data(logvars)[i] = float32(c.logvar + math.Sin(float64(3*i)))
			}
			for k := range g.Data(logits) {
				g.Data(logits)[k] = float32(3 * math.Sin(float64(k)))
			}
			n, err := g.MixtureLogProb(z, means, logvars, logits)
			if err != nil {
				t.Fatal(err)
			}
			p, err := g.Compile(n)
			if err != nil {
				t.Fatal(err)
			}
			p.Run()
			var norm float64
			for _, v := range g.Data(logits) {
				norm += math.Exp(float64(v))
			}
			for r := range rows {
				var density float64
				largest := math.Inf(-1)
				terms := make([]float64, components)
				for k := range terms {
					terms[k] = float64(g.Data(logits)[k]) - math.Log(norm)
					for j := range d {
						delta := float64(g.Data(z)[r*d+j]) - float64(g.Data(means)[k*d+j])
						lv := float64(g.Data(logvars)[k*d+j])
						terms[k] -= 0.5 * (delta*delta*math.Exp(-lv) + lv + math.Log(2*math.Pi))
					}
					largest = max(largest, terms[k])
				}
				for _, v := range terms {
					density += math.Exp(v - largest)
				}
				want := largest + math.Log(density)
				if got := float64(p.Value(n)[r]); math.Abs(got-want) > c.tolerance*(1+math.Abs(want)) {
					t.Errorf("row %d: ln p = %.9g, want %.9g", r, got, want)
				}
			}
		})
	}
}

// A step with a mixture allocates nothing and its bits do not depend on the
// number of threads.
func TestMixtureAllocatesNothingAndThreadsAgree(t *testing.T) {
	var first []float32
	for _, threads := range []int{1, 2, 5} {
		g := New(testkit.Engine(t, "", threads))
		shapes := [][]int{{70, 9}, {33, 9}, {33, 9}, {33}}
		leaves := gradientCase{shapes: shapes}.leaves(t, g)
		n, err := g.MixtureLogProb(leaves[0], leaves[1], leaves[2], leaves[3])
		if err != nil {
			t.Fatal(err)
		}
		cost, grads := gradientsOf(t, g, n, leaves...)
		p, err := g.Compile(append(grads, cost)...)
		if err != nil {
			t.Fatal(err)
		}
		p.Run()
		var got []float32
		for _, node := range append(grads, cost) {
			got = append(got, p.Value(node)...)
		}
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

func TestMixtureShapesThatDoNotFit(t *testing.T) {
	for _, shapes := range [][][]int{
		{{5, 3}, {4, 2}, {4, 2}, {4}},
		{{5, 3}, {4, 3}, {5, 3}, {4}},
		{{5, 3}, {4, 3}, {4, 3}, {5}},
		{{5, 3}, {4, 3}, {4, 3}, {4, 1}},
		{{5}, {4, 3}, {4, 3}, {4}},
	} {
		g := New(testkit.Engine(t, "", 1))
		l := gradientCase{shapes: shapes}.leaves(t, g)
		if _, err := g.MixtureLogProb(l[0], l[1], l[2], l[3]); err == nil {
			t.Errorf("shapes %v were accepted", shapes)
		}
	}
}
