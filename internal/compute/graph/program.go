package graph

import (
	"fmt"
	"time"

	"gorgonia.org/gorgonia"
)

// Program evaluates some nodes of a graph: a flat list of stages over memory that
// the program owns. A Program is not safe for concurrent use, and programs that
// share leaves must not run while one of them changes weights.
type Program struct {
	stages []*stage
	values map[*gorgonia.Node]*value // of the outputs and the leaves
}

// Compile orders what the outputs need, and nothing else, into a program.
func (g *Graph) Compile(outputs ...*gorgonia.Node) (*Program, error) {
	c, err := g.list(outputs)
	if err != nil {
		return nil, err
	}
	fuse(&c.list, rules())
	c.layOut()
	return &Program{stages: c.schedule(), values: c.values}, nil
}

// Run evaluates the program once.
func (p *Program) Run() {
	for _, s := range p.stages {
		s.run()
	}
}

// RunTimed evaluates the program once and adds the time of each stage to costs,
// which has an element for each name in [Program.StepNames].
func (p *Program) RunTimed(costs []time.Duration) {
	last := time.Now()
	for i, s := range p.stages {
		s.run()
		now := time.Now()
		costs[i] += now.Sub(last)
		last = now
	}
}

// steps are those of all stages.
func (p *Program) steps() []*step {
	var steps []*step
	for _, s := range p.stages {
		steps = append(steps, s.steps()...)
	}
	return steps
}

// StepNames names the operations in the order they run. Those that run beside each other
// have one name together.
func (p *Program) StepNames() []string {
	names := make([]string, len(p.stages))
	for i, s := range p.stages {
		names[i] = s.name()
	}
	return names
}

// Value returns the memory that holds a node's value after a run. It panics
// unless the node is a leaf or an output that the program was compiled for:
// other nodes may have been fused away.
func (p *Program) Value(n *gorgonia.Node) []float32 {
	v, ok := p.values[n]
	if !ok || !v.kept {
		panic(fmt.Sprintf("graph: %v is no output of the program", n))
	}
	return v.memory()
}
