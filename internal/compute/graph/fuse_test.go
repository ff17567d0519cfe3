package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
)

// fusable is a training with something for every rule in it: layers with and
// without labels, on few rows, whose gradients come back through activations; a
// node with two consumers; a weight that is also read where no gradient passes;
// and a likelihood.
func fusable(t *testing.T, e *kernel.Engine, rows int, f func(cost *gorgonia.Node, g *Graph, weights gorgonia.Nodes)) {
	t.Helper()
	const in, hidden, classes = 90, 33, 3
	c := gradientCase{shapes: [][]int{{rows, in}, {hidden, in}, {hidden}, {classes, hidden}, {hidden, hidden}, {hidden}, {hidden, hidden}, {hidden}, {in, hidden}, {in}}}
	g := New(e)
	leaves := c.leaves(t, g)
	for _, n := range leaves[1:] {
		for i := range g.Data(n) {
			g.Data(n)[i] *= 0.2
		}
	}
	for i, v := range g.Data(leaves[0]) {
		g.Data(leaves[0])[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
	labels, err := g.Input("labels", rows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.Data(labels) {
		g.Data(labels)[i] = float32(i % classes)
	}
	x, weights := leaves[0], leaves[1:]
	must := func(n *gorgonia.Node, err error) *gorgonia.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	h := must(g.LabelledLinear(x, weights[0], weights[1], weights[2], labels, kernel.Tanh))
	once := must(g.Linear(h, weights[3], weights[4], kernel.Softplus))
	frozen := must(g.Linear(h, must(g.Stopped(weights[3])), weights[4], kernel.Elu))
	h = must(gorgonia.Add(once, frozen))
	h = must(g.Linear(h, weights[5], weights[6], kernel.Relu))
	logits := must(g.Linear(h, weights[7], weights[8], kernel.Identity))
	cost := must(weighted(g, must(g.Bernoulli(logits, x))))
	f(cost, g, weights)
}

// describe writes what a list does, so that one can see whether a rule changed it.
func describe(l *list) string {
	var b strings.Builder
	for _, s := range l.steps {
		fmt.Fprintf(&b, "%s %T %p %p", s.name, s.body, s.out, s.also)
		if p, ok := s.body.(*product); ok {
			fmt.Fprintf(&b, " unpacked %t", p.gemm.Unpacked)
		}
		for _, v := range s.in {
			fmt.Fprintf(&b, " %p", v)
		}
		if s.out.over != nil {
			b.WriteString(" over its input")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Each rule, applied after those before it, changes the list and leaves loss and
// gradients as they were: their bits, or within what the rule states.
func TestRules(t *testing.T) {
	tolerance := map[string]float64{"few rows unpacked": 1e-5, "sum columns on the way": 1e-5}
	for _, name := range kernel.Supported() {
		for _, rows := range []int{1, 3, 130} {
			e, err := kernel.New(kernel.Options{Kernel: name, Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			fusable(t, e, rows, func(cost *gorgonia.Node, g *Graph, weights gorgonia.Nodes) {
				pairs, err := g.Differentiate(cost, weights)
				if err != nil {
					t.Fatal(err)
				}
				size := 0
				for _, w := range weights {
					size += len(g.Data(w))
				}
				run := func(rules []rule) (results []float32, description string) {
					gradients := make([]float32, size)
					c, err := g.trainingList(gorgonia.Nodes{cost}, pairs)
					if err != nil {
						t.Fatal(err)
					}
					fuse(&c.list, rules)
					description = describe(&c.list)
					training, err := c.training(Collecting{Gradients: gradients})
					if err != nil {
						t.Fatal(err)
					}
					for range 2 { // what a run leaves in memory must not reach the next
						training.Forward.Run()
						training.Backward.Run()
					}
					return append(gradients, training.Forward.Value(cost)...), description
				}
				for i, r := range rules() {
					want, before := run(rules()[:i])
					got, after := run(rules()[:i+1])
					if clean(before) == clean(after) {
						t.Errorf("%s, %d rows: %s finds nothing to do", name, rows, r.name)
					}
					compareWithin(t, fmt.Sprintf("%s, %d rows: %s", name, rows, r.name), got, want, tolerance[r.name])
				}
			})
		}
	}
}

// clean leaves addresses out of a description, which differ from list to list.
func clean(description string) string {
	fields := strings.FieldsFunc(description, func(r rune) bool { return r == ' ' })
	seen := make(map[string]int)
	for i, f := range fields {
		if rest, ok := strings.CutPrefix(f, "0x"); ok {
			if _, ok := seen[rest]; !ok {
				seen[rest] = len(seen)
			}
			fields[i] = fmt.Sprint(seen[rest])
		}
	}
	return strings.Join(fields, " ")
}

func compareWithin(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	if tolerance == 0 {
		if i := slices.IndexFunc(got, func(v float32) bool { return v != v }); i >= 0 {
			t.Errorf("%s: value %d is %g", what, i, got[i])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: other bits", what)
		}
		return
	}
	var scale float64
	for _, v := range want {
		scale = max(scale, math.Abs(float64(v)))
	}
	for i, v := range got {
		if !(math.Abs(float64(v-want[i])) <= tolerance*scale) {
			t.Errorf("%s: value %d is %g, was %g", what, i, v, want[i])
			return
		}
	}
}

// Without gradients, a layer gives an image the same bits in any batch.
func TestEvaluationHasTheSameBitsInAnyBatch(t *testing.T) {
	const in, out = 300, 20
	row := func(rows int, labelled bool) []float32 {
		c := gradientCase{shapes: [][]int{{out, in}, {out}, {2, out}}}
		g := New(newEngine(t, 2))
		leaves := c.leaves(t, g)
		x, _ := g.Input("x", rows, in)
		for r := range rows {
			for i := range in {
				g.Data(x)[r*in+i] = float32(math.Sin(float64(i + 1 + r%2)))
			}
		}
		y, err := g.Linear(x, leaves[0], leaves[1], kernel.Relu)
		if labelled {
			labels, _ := g.Input("labels", rows)
			y, err = g.LabelledLinear(x, leaves[0], leaves[1], leaves[2], labels, kernel.Relu)
		}
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Compile(y)
		if err != nil {
			t.Fatal(err)
		}
		p.Run()
		return p.Value(y)[:out]
	}
	for _, labelled := range []bool{false, true} {
		want := row(kernel.FewRows+1, labelled)
		for _, rows := range []int{1, 2, 7, kernel.FewRows} {
			if !slices.Equal(row(rows, labelled), want) {
				t.Errorf("labelled %t: an image among %d has other bits than among %d", labelled, rows, kernel.FewRows+1)
			}
		}
	}
}
