package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/loss"
)

// Builder puts layers on one graph.
type Builder struct {
	// Labels are those of the images, [images]; nil for a network that reads none.
	Labels *gorgonia.Node
	// Training says that the graph is one whose gradients are taken. Layers that
	// behave differently in training, such as batch normalisation, check it.
	Training bool

	graph *graph.Graph
	nodes map[string]*gorgonia.Node
}

// NewBuilder makes a builder whose parameters are the given nodes, by name.
func NewBuilder(g *loss.Graph, nodes map[string]*gorgonia.Node) *Builder {
	return &Builder{graph: (*graph.Graph)(g), nodes: nodes}
}

// Parameter returns the node of a parameter. It panics when there is none.
func (b *Builder) Parameter(name string) *gorgonia.Node {
	n, ok := b.nodes[name]
	if !ok {
		panic(fmt.Sprintf("arch: no parameter %s on the graph", name))
	}
	return n
}

// Leaf adds a parameter to the graph as a leaf over the given memory, which is in
// the parameter's own layout.
func Leaf(on *loss.Graph, p Parameter, memory []float32) (*gorgonia.Node, error) {
	g := (*graph.Graph)(on)
	if p.Layout != nil {
		return g.Leaf(p.Name, memory, p.Space())
	}
	return g.Leaf(p.Name, memory, p.Shape...)
}
