// Package graph is the computation a model runs on: a Gorgonia expression graph
// whose nodes are a small set of plain float32 operations, and the programs that
// evaluate it.
//
// An operation is one file: a method of [Graph] that checks shapes and adds a
// node, a body that computes it, and the nodes of its gradients. No operation
// knows another one. What makes them fast together is one pass over the finished
// list of steps, in fuse.go, where each fusion is a rule with a test of its own.
// The stock operations of Gorgonia work too, so that a new term of a loss can be
// written with gorgonia.Add and friends; ours own their outputs, allocate nothing
// once compiled and run on the engine of internal/compute/kernel.
//
// [Graph.Compile] makes a program that evaluates nodes. For training,
// [Graph.Differentiate] pairs parameters with their gradients, and
// [Graph.CompileTraining] makes the two halves of a step with one of two
// strategies: [Collecting] stores the gradients, [Streaming] uses each up while it
// is in cache. Both keep only what something asks for.
//
// Shapes are static. A matrix is row-major with one image, or one sample of an
// image, a row.
package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Graph is an expression graph under construction and the memory of its leaves.
type Graph struct {
	expr   *gorgonia.ExprGraph
	engine *kernel.Engine
	leaves map[*gorgonia.Node][]float32
	nextID uint64
	// gradients are those of the outputs of operations, once they were asked for.
	gradients map[*gorgonia.Node]*gorgonia.Node
}

// New returns an empty graph whose operations run on e.
func New(e *kernel.Engine) *Graph {
	return &Graph{
		expr:   gorgonia.NewGraph(),
		engine: e,
		leaves: make(map[*gorgonia.Node][]float32),

		gradients: make(map[*gorgonia.Node]*gorgonia.Node),
	}
}

// Engine returns the engine the operations run on.
func (g *Graph) Engine() *kernel.Engine { return g.engine }

// Leaf adds a node with the given shape whose value is data itself, not a
// copy: what is written into data is what the next run reads. A parameter
// shared by several graphs is one slice handed to each. An empty shape is a
// scalar.
func (g *Graph) Leaf(name string, data []float32, shape ...int) (*gorgonia.Node, error) {
	size := tensor.Shape(shape).TotalSize()
	if len(data) != size {
		return nil, fmt.Errorf("graph: leaf %s of shape %v wants %d values, has %d", name, shape, size, len(data))
	}
	if _, taken := g.leaf(name); taken {
		return nil, fmt.Errorf("graph: leaf %s exists already", name)
	}
	value := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
	var node *gorgonia.Node
	if len(shape) == 0 {
		node = gorgonia.NewScalar(g.expr, tensor.Float32, gorgonia.WithName(name))
		scalar := scalarOver(data)
		if err := gorgonia.Let(node, scalar); err != nil {
			return nil, fmt.Errorf("graph: leaf %s: %w", name, err)
		}
	} else {
		node = gorgonia.NewTensor(g.expr, tensor.Float32, len(shape),
			gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(value))
	}
	g.leaves[node] = data
	return node, nil
}

// Input adds a leaf with memory of its own, to be filled through [Graph.Data]
// before each run.
func (g *Graph) Input(name string, shape ...int) (*gorgonia.Node, error) {
	return g.Leaf(name, kernel.Floats(tensor.Shape(shape).TotalSize()), shape...)
}

// Data returns the memory of a leaf. It panics when node is not a leaf of g.
func (g *Graph) Data(node *gorgonia.Node) []float32 {
	data, ok := g.leaves[node]
	if !ok {
		panic(fmt.Sprintf("graph: %v is not a leaf of this graph", node))
	}
	return data
}

func (g *Graph) leaf(name string) (*gorgonia.Node, bool) {
	for node := range g.leaves {
		if node.Name() == name {
			return node, true
		}
	}
	return nil, false
}

// matrix returns the two dimensions of a node, or an error naming it.
func matrix(what string, n *gorgonia.Node) (rows, cols int, err error) {
	s := n.Shape()
	if s.Dims() != 2 {
		return 0, 0, fmt.Errorf("graph: %s has shape %v, wants a matrix", what, s)
	}
	return s[0], s[1], nil
}
