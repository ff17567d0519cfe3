package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/conv"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// fusable is a training with something for every rule in it: a convolution, layers
// with and without labels, on few rows, whose gradients come back through activations; a
// node with two consumers; a weight that is also read where no gradient passes;
// a likelihood whose rows weigh differently, and an ELBO of maps.
func fusable(t *testing.T, e *kernel.Engine, rows int, f func(cost *gorgonia.Node, g *Graph, weights gorgonia.Nodes)) {
	t.Helper()
	const in, hidden, classes = 90, 33, 3
	c := gradientCase{shapes: [][]int{{rows, in}, {hidden, 27}, {hidden}, {classes, hidden}, {hidden, hidden}, {hidden}, {hidden, hidden}, {hidden}, {in, hidden}, {in}, {3 * 9}, {3}, {75, in}, {75}, {3 * 9}, {1}}}
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
	image := conv.Shape{Height: 9, Width: 10, In: 1, Out: 3, Window: window(3, 3, 0)}
	h := must(g.Activate(must(g.Convolution(x, weights[9], weights[10], image)), kernel.Relu))
	h = must(g.LabelledLinear(h, weights[0], weights[1], weights[2], labels, kernel.Tanh))
	once := must(g.Linear(h, weights[3], weights[4], kernel.Softplus))
	frozen := must(g.Linear(h, must(g.Stopped(weights[3])), weights[4], kernel.Elu))
	h = must(gorgonia.Add(once, frozen))
	h = must(g.Linear(h, weights[5], weights[6], kernel.Relu))
	logits := must(g.Linear(h, weights[7], weights[8], kernel.Identity))
	cost := must(weighted(g, must(g.Bernoulli(logits, x))))
	maps := must(g.Linear(x, weights[11], weights[12], kernel.Relu))
	image = conv.Shape{Height: 9, Width: 10, In: 1, Out: 3, Window: window(3, 2, 1)}
	drawn := must(g.TransposedConvolution(maps, weights[13], weights[14], image))
	elbo := must(g.NegativeELBO(must(g.PixelLogProb(throughScratch(), drawn, x, nil)), must(g.Input("kl", rows, 2)), must(g.Leaf("weight of the KL", []float32{1})), 0))
	f(must(gorgonia.Add(cost, elbo)), g, weights)
}

// throughScratch is the Bernoulli likelihood by way of scratch, which is nobody else's meanwhile.
func throughScratch() PixelFunc {
	return PixelFunc{Name: "bernoulli", Scratch: 2, Row: func(e *kernel.Engine, residual, logits, x []float32, _ float32, scratch [][]float32) (logProb, dScale float64) {
		copy(scratch[0], logits)
		if residual == nil {
			return e.Bernoulli(nil, scratch[0], x), 0
		}
		logProb = e.Bernoulli(scratch[1], scratch[0], x)
		copy(residual, scratch[1])
		return logProb, 0
	}}
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
		if s.out != nil && s.out.over != nil {
			b.WriteString(" over its input")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Each rule, applied after those before it, changes the list and leaves loss and
// gradients as they were: their bits, or within what the rule states.
func TestRules(t *testing.T) {
	tolerance := map[string]float64{"stacks of convolutions": 1e-5, "few rows unpacked": 1e-5, "sum columns on the way": 1e-5, "judge in the stack": 1e-5}
	for _, name := range kernel.Supported() {
		for _, rows := range []int{1, 3, 130} {
			e := testkit.Engine(t, name, 2)
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

// stackCases are what a rule may make a stack of, or part of it: from maps of 5x4
// pixels and 3 channels, where asked for behind a dense layer.
func stackCases() map[string]func(n *netMaker) *gorgonia.Node {
	return map[string]func(n *netMaker) *gorgonia.Node{
		"one convolution": func(n *netMaker) *gorgonia.Node { return n.conv(n.x, 4, 4, 2, 1) },
		"two and activations": func(n *netMaker) *gorgonia.Node {
			return n.act(n.conv(n.act(n.conv(n.x, 4, 3, 1, 1), kernel.Relu), 6, 4, 2, 1), kernel.Tanh)
		},
		"transposed": func(n *netMaker) *gorgonia.Node {
			return n.transposed(n.act(n.transposed(n.x, conv.Shape{Height: 11, Width: 8, In: 4, Out: 3, Window: window(4, 2, 1)}), kernel.LeakyRelu),
				conv.Shape{Height: 13, Width: 10, In: 1, Out: 4, Window: window(3, 1, 0)})
		},
		"residual": func(n *netMaker) *gorgonia.Node {
			h := n.act(n.conv(n.act(n.x, kernel.Elu), 3, 3, 1, 1), kernel.Relu)
			return n.sum(n.x, n.conv(h, 3, 3, 1, 1))
		},
		"batch norm": func(n *netMaker) *gorgonia.Node {
			return n.act(n.norm(n.conv(n.act(n.norm(n.conv(n.x, 4, 4, 2, 1), 0), kernel.Relu), 5, 3, 1, 1), 0), kernel.Relu)
		},
		"group norm and silu": func(n *netMaker) *gorgonia.Node {
			return n.conv(n.silu(n.norm(n.conv(n.x, 4, 4, 2, 1), 2)), 2, 1, 1, 0)
		},
		"gate": func(n *netMaker) *gorgonia.Node {
			h, gate := n.conv(n.x, 4, 4, 2, 1), n.act(n.conv(n.x, 4, 4, 2, 1), kernel.Sigmoid)
			return n.conv(n.gate(h, gate), 2, 3, 1, 1)
		},
		"read between": func(n *netMaker) *gorgonia.Node {
			h := n.act(n.conv(n.x, 4, 3, 1, 1), kernel.Tanh)
			n.kept = h
			return n.conv(h, 4, 3, 1, 1)
		},
		"enlarged": func(n *netMaker) *gorgonia.Node {
			return n.conv(n.upsample(n.act(n.conv(n.upsample(n.x, 2), 4, 3, 1, 1), kernel.Relu), 3), 2, 3, 1, 1)
		},
		"labels between": func(n *netMaker) *gorgonia.Node {
			return n.conv(n.act(n.labels(n.conv(n.x, 4, 3, 1, 1)), kernel.Relu), 2, 3, 1, 1)
		},
	}
}

// A stack computes what the operations do that it replaces, and their gradients:
// in training and evaluation, with gradients of the input and without, on every
// kernel, and leaves running statistics as they would be.
func TestStacks(t *testing.T) {
	for name, build := range stackCases() {
		for _, level := range kernel.Supported() {
			for _, rows := range []int{1, 3, 19} {
				for _, behind := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s, %s, %d rows, behind a layer %t", name, level, rows, behind), func(t *testing.T) {
						e := testkit.Engine(t, level, 2)
						want, plain := runNet(t, e, rows, behind, build, false)
						got, fused := runNet(t, e, rows, behind, build, true)
						if strings.Contains(plain, "stack") || !strings.Contains(fused, "stack") {
							t.Fatalf("steps %s, with the rule %s", plain, fused)
						}
						for i := range want {
							compareWithin(t, fmt.Sprintf("result %d", i), got[i], want[i], 2e-5)
						}
					})
				}
			}
		}
	}
}

// Whole networks become one stack each way, not several.
func TestStacksAreWhole(t *testing.T) {
	for _, name := range []string{"two and activations", "transposed", "residual", "batch norm", "group norm and silu", "gate", "labels between", "enlarged"} {
		_, steps := runNet(t, testkit.Engine(t, "", 1), 3, true, stackCases()[name], true)
		if n := strings.Count(steps, "stack"); n != 2 || strings.Contains(steps, "convolution") {
			t.Errorf("%s: %s", name, steps)
		}
	}
}

// runNet runs a net twice in training. It returns the output, each parameter's
// gradient, the running statistics and what evaluation makes of them.
func runNet(t *testing.T, e *kernel.Engine, rows int, behind bool, build func(*netMaker) *gorgonia.Node, fused bool) (results [][]float32, steps string) {
	t.Helper()
	chosen := slices.DeleteFunc(rules(), func(r rule) bool { return r.name == "stacks of convolutions" && !fused })
	n := newNetMaker(t, e, rows, behind)
	y := build(n)
	cost := n.must(weighted(n.g, y))
	outputs := gorgonia.Nodes{cost}
	if n.kept != nil {
		outputs = append(outputs, n.kept)
	}
	pairs, err := n.g.Differentiate(cost, n.weights)
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for _, w := range n.weights {
		size += len(n.g.Data(w))
	}
	gradients := make([]float32, size)
	c, err := n.g.trainingList(outputs, pairs)
	if err != nil {
		t.Fatal(err)
	}
	fuse(&c.list, chosen)
	training, err := c.training(Collecting{Gradients: gradients})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		training.Forward.Run()
		training.Backward.Run()
	}
	results = append(results, slices.Clone(training.Forward.Value(cost)))
	at := 0
	for _, w := range n.weights {
		results = append(results, gradients[at:at+len(n.g.Data(w))])
		at += len(n.g.Data(w))
	}
	results = append(results, n.running...)

	still := newNetMaker(t, e, rows, behind)
	still.running, still.evaluates = n.running, true
	y = build(still)
	list, err := still.g.list(gorgonia.Nodes{y})
	if err != nil {
		t.Fatal(err)
	}
	fuse(&list.list, chosen)
	list.layOut()
	evaluation := &Program{stages: list.schedule(), values: list.values}
	evaluation.Run()
	results = append(results, evaluation.Value(y))
	return results, strings.Join(slices.Concat(training.Forward.StepNames(), training.Backward.StepNames()), ", ")
}

// netMaker puts a net on a graph, with parameters of its own.
type netMaker struct {
	t       *testing.T
	g       *Graph
	rng     *rand.Rand
	rows    int
	x       *gorgonia.Node
	weights gorgonia.Nodes
	shapes  map[*gorgonia.Node]Map
	kept    *gorgonia.Node

	running   [][]float32
	norms     int
	evaluates bool
}

func newNetMaker(t *testing.T, e *kernel.Engine, rows int, behind bool) *netMaker {
	t.Helper()
	n := &netMaker{t: t, g: New(e), rng: rand.New(rand.NewPCG(1, 2)), rows: rows, shapes: make(map[*gorgonia.Node]Map)}
	m := Map{Height: 5, Width: 4, Channels: 3}
	n.x = n.leaf(rows, m.Values())
	n.weights = nil
	if behind {
		n.x = n.must(n.g.Linear(n.leaf(rows, 7), n.leaf(m.Values(), 7), n.leaf(m.Values()), kernel.Tanh))
		n.weights = n.weights[1:]
	}
	n.shapes[n.x] = m
	return n
}

func (n *netMaker) must(node *gorgonia.Node, err error) *gorgonia.Node {
	n.t.Helper()
	if err != nil {
		n.t.Fatal(err)
	}
	return node
}

// leaf adds a parameter.
func (n *netMaker) leaf(shape ...int) *gorgonia.Node {
	node := n.must(n.g.Input(fmt.Sprintf("leaf %d", len(n.g.leaves)), shape...))
	for i := range n.g.Data(node) {
		n.g.Data(node)[i] = float32(0.5 * n.rng.NormFloat64())
	}
	n.weights = append(n.weights, node)
	return node
}

func (n *netMaker) of(m Map, node *gorgonia.Node, err error) *gorgonia.Node {
	n.t.Helper()
	n.shapes[n.must(node, err)] = m
	return node
}

func (n *netMaker) conv(x *gorgonia.Node, out, size, stride, padding int) *gorgonia.Node {
	m := n.shapes[x]
	s := conv.Shape{Height: m.Height, Width: m.Width, In: m.Channels, Out: out, Window: window(size, stride, padding)}
	y, err := n.g.Convolution(x, n.leaf(s.Weights()), n.leaf(out), s)
	return n.of(convolution{shape: s}.to(), y, err)
}

func (n *netMaker) transposed(x *gorgonia.Node, s conv.Shape) *gorgonia.Node {
	y, err := n.g.TransposedConvolution(x, n.leaf(s.Weights()), n.leaf(s.In), s)
	return n.of(convolution{shape: s, transposed: true}.to(), y, err)
}

func (n *netMaker) act(x *gorgonia.Node, a kernel.Activation) *gorgonia.Node {
	y, err := n.g.Activate(x, a)
	return n.of(n.shapes[x], y, err)
}

func (n *netMaker) silu(x *gorgonia.Node) *gorgonia.Node {
	y, err := n.g.Silu(x)
	return n.of(n.shapes[x], y, err)
}

func (n *netMaker) sum(a, b *gorgonia.Node) *gorgonia.Node {
	y, err := n.g.Sum(a, b)
	return n.of(n.shapes[a], y, err)
}

func (n *netMaker) gate(h, gate *gorgonia.Node) *gorgonia.Node {
	y, err := n.g.Gate(h, gate)
	return n.of(n.shapes[h], y, err)
}

// norm adds a batch norm for 0 groups.
func (n *netMaker) norm(x *gorgonia.Node, groups int) *gorgonia.Node {
	m := n.shapes[x]
	scale, shift := n.leaf(m.Channels), n.leaf(m.Channels)
	if groups > 0 {
		y, err := n.g.GroupNorm(x, scale, shift, m, groups, 1e-3)
		return n.of(m, y, err)
	}
	if !n.evaluates {
		r := &Running{Mean: make([]float32, m.Channels), Variance: slices.Repeat([]float32{1}, m.Channels), Momentum: 0.3}
		n.running = append(n.running, r.Mean, r.Variance)
		y, err := n.g.BatchNorm(x, scale, shift, m, 1e-3, r)
		return n.of(m, y, err)
	}
	mean := n.must(n.g.Leaf(fmt.Sprintf("mean %d", n.norms), n.running[n.norms], m.Channels))
	variance := n.must(n.g.Leaf(fmt.Sprintf("variance %d", n.norms), n.running[n.norms+1], m.Channels))
	n.norms += 2
	y, err := n.g.FixedNorm(x, scale, shift, mean, variance, m, 1e-3)
	return n.of(m, y, err)
}

func (n *netMaker) upsample(x *gorgonia.Node, factor int) *gorgonia.Node {
	m := n.shapes[x]
	y, err := n.g.Upsample(x, m, factor)
	return n.of(Map{Height: m.Height * factor, Width: m.Width * factor, Channels: m.Channels}, y, err)
}

func (n *netMaker) labels(x *gorgonia.Node) *gorgonia.Node {
	m := n.shapes[x]
	labels := n.must(n.g.Input("labels", n.rows))
	for i := range n.g.Data(labels) {
		n.g.Data(labels)[i] = float32(i % 2)
	}
	y, err := n.g.LabelChannels(x, n.leaf(2, m.Channels), labels, m)
	return n.of(m, y, err)
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
		// What is zero but for rounding, as the gradient of a bias before a batch
		// norm, has no scale.
		if !(math.Abs(float64(v-want[i])) <= tolerance*scale+1e-7) {
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
		g := New(testkit.Engine(t, "", 2))
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
