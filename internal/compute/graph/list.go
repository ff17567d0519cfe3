package graph

import (
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
)

// list is a program in the making: the steps in the order they will run, and the
// values they read and write. Values are told apart by identity; memory comes
// last, when everything is fused.
type list struct {
	steps  []*step
	values map[*gorgonia.Node]*value
	pairs  []valuePair // none in a program without gradients
	// gradients are those of the outputs of operations.
	gradients map[*value]*value
	engine    *kernel.Engine
}

// step is one operation of a list.
type step struct {
	name string
	body body
	in   []*value
	out  *value // nil where nobody wants it
	// also are the further outputs of a [divisible] body or a [manifold], nil where
	// nobody wants them.
	also []*value
	// changes are the parameters that an updater changes in this step.
	changes []*value
	// backward says that the step belongs to the second half of a training.
	backward bool

	inputs, outputs [][]float32 // memory of in and also
}

// value is what a step computes or a leaf holds.
type value struct {
	size int
	data []float32
	kept bool   // read from outside: a leaf or an output
	over *value // what this value is written over; nil where it has memory of its own
}

// memory is where the value is; nil of no value.
func (v *value) memory() []float32 {
	if v == nil {
		return nil
	}
	if v.over != nil {
		return v.over.memory()
	}
	return v.data
}

// run does a step that is not divisible.
func (s *step) run() {
	if b, ok := s.body.(manifold); ok && s.also != nil {
		b.RunAll(s.out.memory(), s.outputs, s.inputs)
		return
	}
	s.body.Run(s.out.memory(), s.inputs)
}

// preparer is a body that wants to see the memory of its inputs once, before the
// first run.
type preparer interface{ prepare(in [][]float32) }

// layOut gives every value memory.
func (l *list) layOut() {
	allocate := func(v *value) {
		if v != nil && v.over == nil && v.data == nil {
			v.data = kernel.Floats(v.size)
		}
	}
	for _, s := range l.steps {
		allocate(s.out)
		s.outputs = make([][]float32, len(s.also))
		for i, v := range s.also {
			allocate(v)
			s.outputs[i] = v.memory()
		}
		s.inputs = make([][]float32, len(s.in))
		for i, v := range s.in {
			s.inputs[i] = v.memory()
		}
		if p, ok := s.body.(preparer); ok {
			p.prepare(s.inputs)
		}
	}
}

// readers counts the steps that read a value.
func (l *list) readers(v *value) int {
	n := 0
	for _, s := range l.steps {
		if s.reads(v) {
			n++
		}
	}
	return n
}

func (s *step) reads(v *value) bool { return slices.Contains(s.in, v) }

// maker is the step that computes a value; nil for a leaf.
func (l *list) maker(v *value) *step {
	for _, s := range l.steps {
		if s.makes(v) {
			return s
		}
	}
	return nil
}

func (s *step) makes(v *value) bool {
	return v != nil && (s.out == v || slices.Contains(s.also, v))
}

// passing tells whether a value is computed for one step alone.
func (l *list) passing(v *value) bool { return !v.kept && l.readers(v) == 1 }

// drop removes a step.
func (l *list) drop(gone *step) {
	kept := l.steps[:0]
	for _, s := range l.steps {
		if s != gone {
			kept = append(kept, s)
		}
	}
	l.steps = kept
}

// replace makes every reader of one value read another.
func (l *list) replace(old, by *value) {
	for _, s := range l.steps {
		for i, in := range s.in {
			if in == old {
				s.in[i] = by
			}
		}
	}
	for n, v := range l.values {
		if v == old {
			l.values[n] = by
		}
	}
	for i := range l.pairs {
		if l.pairs[i].gradient == old {
			l.pairs[i].gradient = by
		}
	}
	for of, gradient := range l.gradients {
		if gradient == old {
			l.gradients[of] = by
		}
	}
}

// lister turns nodes into a list.
type lister struct {
	list
	graph    *Graph
	backward bool
}

// list puts what the outputs need in order.
func (g *Graph) list(outputs gorgonia.Nodes) (*lister, error) {
	c := &lister{graph: g, list: list{engine: g.engine, values: make(map[*gorgonia.Node]*value), gradients: make(map[*value]*value)}}
	return c, c.add(outputs)
}

func (c *lister) add(outputs gorgonia.Nodes) error {
	for _, n := range outputs {
		if err := c.visit(n); err != nil {
			return err
		}
		c.values[n].kept = true
	}
	return nil
}

// visit emits the steps a node needs, in the order of a depth-first search,
// which keeps a producer close to its first consumer and its output in cache.
func (c *lister) visit(n *gorgonia.Node) error {
	if _, done := c.values[n]; done {
		return nil
	}
	if data, ok := c.graph.leaves[n]; ok {
		c.values[n] = &value{size: len(data), data: data, kept: true}
		return nil
	}
	if n.Op() == nil {
		return fmt.Errorf("graph: %v is a variable that is no leaf of this graph", n)
	}
	if v := constant(n); v != nil {
		data, err := floats(v)
		c.values[n] = &value{size: len(data), data: data, kept: true}
		return err
	}
	s := &step{name: opName(n), backward: c.backward, out: &value{size: n.Shape().TotalSize()}}
	children := childrenOf(n)
	for _, child := range children {
		if err := c.visit(child); err != nil {
			return err
		}
		s.in = append(s.in, c.values[child])
	}
	switch op := n.Op().(type) {
	case *operation:
		s.body = op.body
	default:
		s.body = newStock(c.graph.engine, n, children)
	}
	c.values[n] = s.out
	c.steps = append(c.steps, s)
	return nil
}

func childrenOf(n *gorgonia.Node) []*gorgonia.Node {
	var children []*gorgonia.Node
	for it := n.Graph().From(n.ID()); it.Next(); {
		children = append(children, it.Node().(*gorgonia.Node))
	}
	return children
}

// constant returns the value of a constant node, nil for any other.
func constant(n *gorgonia.Node) gorgonia.Value {
	if c, ok := n.Op().(interface{ Value() gorgonia.Value }); ok {
		return c.Value()
	}
	return nil
}

func opName(n *gorgonia.Node) string {
	if op, ok := n.Op().(*operation); ok {
		return op.name
	}
	return strings.TrimSpace(fmt.Sprintf("gorgonia %v", n.Op()))
}
