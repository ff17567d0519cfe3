package graph

import (
	"fmt"
	"strings"
	"time"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Program evaluates some nodes of a graph: a flat list of steps, each writing
// memory of its own, so that the value of every node it computes stays readable
// until the next run. A Program is not safe for concurrent use, and programs
// that write to the same memory must not run at once.
type Program struct {
	steps  []step
	values map[*gorgonia.Node][]float32
}

type step struct {
	name string
	body body
	out  []float32
	in   [][]float32
}

// Placement says where the values of nodes have to be written; the gradients
// of all parameters in one slice, for example, in the order of the parameters.
type Placement map[*gorgonia.Node][]float32

// Compile orders what the outputs need, and nothing else, into a program.
func (g *Graph) Compile(place Placement, outputs ...*gorgonia.Node) (*Program, error) {
	c := compiler{graph: g, place: place, program: &Program{values: make(map[*gorgonia.Node][]float32)}}
	for _, n := range outputs {
		if err := c.visit(n); err != nil {
			return nil, err
		}
	}
	for n := range place {
		if _, ok := c.program.values[n]; !ok {
			return nil, fmt.Errorf("graph: placed node %v is not among what the outputs need", n)
		}
	}
	return c.program, nil
}

// Cut divides the program into what the given values need and the rest, which
// must run after it. They have to be the first outputs that the program was
// compiled for.
func (p *Program) Cut(nodes ...*gorgonia.Node) (first, rest *Program) {
	end := 0
	for i, s := range p.steps {
		for _, n := range nodes {
			if overlap(s.out, p.Value(n)) {
				end = i + 1
			}
		}
	}
	return &Program{steps: p.steps[:end:end], values: p.values}, &Program{steps: p.steps[end:], values: p.values}
}

// Run evaluates the program once.
func (p *Program) Run() {
	for i := range p.steps {
		s := &p.steps[i]
		s.body.Run(s.out, s.in)
	}
}

// RunTimed evaluates the program once and adds the time of each step to costs,
// which has an element for each name in [Program.StepNames].
func (p *Program) RunTimed(costs []time.Duration) {
	last := time.Now()
	for i := range p.steps {
		s := &p.steps[i]
		s.body.Run(s.out, s.in)
		now := time.Now()
		costs[i] += now.Sub(last)
		last = now
	}
}

// StepNames names the operations in the order they run.
func (p *Program) StepNames() []string {
	names := make([]string, len(p.steps))
	for i, s := range p.steps {
		names[i] = s.name
	}
	return names
}

// Value returns the memory that holds the node's value after a run. It panics
// when the program does not compute the node.
func (p *Program) Value(n *gorgonia.Node) []float32 {
	v, ok := p.values[n]
	if !ok {
		panic(fmt.Sprintf("graph: the program does not compute %v", n))
	}
	return v
}

type compiler struct {
	graph   *Graph
	place   Placement
	program *Program
}

// visit emits the steps a node needs, in the order of a depth-first search,
// which keeps a producer close to its first consumer and its output in cache.
func (c *compiler) visit(n *gorgonia.Node) error {
	if _, done := c.program.values[n]; done {
		return nil
	}
	if data, ok := c.graph.leaves[n]; ok {
		c.program.values[n] = data
		return nil
	}
	if n.Op() == nil {
		return fmt.Errorf("graph: %v is a variable that is no leaf of this graph", n)
	}
	children := childrenOf(n)
	in := make([][]float32, len(children))
	for i, child := range children {
		if err := c.visit(child); err != nil {
			return err
		}
		in[i] = c.program.values[child]
	}
	s, err := c.step(n, children, in)
	if err != nil {
		return err
	}
	c.program.values[n] = s.out
	if s.body != nil {
		c.program.steps = append(c.program.steps, s)
	}
	return nil
}

func (c *compiler) step(n *gorgonia.Node, children []*gorgonia.Node, in [][]float32) (step, error) {
	size := n.Shape().TotalSize()
	placed, isPlaced := c.place[n]
	if isPlaced && len(placed) != size {
		return step{}, fmt.Errorf("graph: %v has %d values, its place has %d", n, size, len(placed))
	}
	if v := constant(n); v != nil {
		data, err := floats(v)
		return step{out: data}, err
	}
	s := step{name: opName(n), in: in, out: placed}
	switch op := n.Op().(type) {
	case *operation:
		s.body = op.body
	default:
		if isAddition(n, children) {
			s.name, s.body = "add", &addition{engine: c.graph.engine}
		} else {
			s.body = newStock(n, children, in)
		}
	}
	if own, ok := s.body.(storer); ok && !isPlaced {
		s.out = own.storage()
	}
	if s.out == nil {
		s.out = make([]float32, size)
	}
	if b, ok := s.body.(binder); ok {
		b.bind(s.out)
	}
	return s, nil
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

// isAddition recognises the stock sum of two float32 tensors of one shape,
// which Gorgonia inserts wherever a node has several consumers.
func isAddition(n *gorgonia.Node, children []*gorgonia.Node) bool {
	return len(children) == 2 && n.Op().String() == "+ false" && n.Dtype() == tensor.Float32 &&
		nodeDims(children[0]) == nodeDims(children[1]) &&
		children[0].Shape().Eq(children[1].Shape()) && n.Shape().Eq(children[0].Shape())
}
