package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Activate adds an activation of every value of a matrix.
func (g *Graph) Activate(x *gorgonia.Node, act kernel.Activation) (*gorgonia.Node, error) {
	rows, cols, err := matrix("input of an activation", x)
	if err != nil || act == kernel.Identity {
		return x, err
	}
	forward := &activated{engine: g.engine, act: act}
	grad := func(_ gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &slope{engine: g.engine, act: act, rows: rows, cols: cols, gradientOf: gradientOf{forward: forward}}
		dx, err := g.apply("d(pre-activation)", back, tensor.Shape{rows, cols}, nil, nil, dy, y)
		return gorgonia.Nodes{dx}, err
	}
	return g.apply(fmt.Sprintf("activation %v", act), forward, tensor.Shape{rows, cols}, grad, []bool{true}, x)
}

type activated struct {
	engine *kernel.Engine
	act    kernel.Activation

	out, x []float32
}

func (a *activated) Run(out []float32, in [][]float32) {
	a.out, a.x = out, in[0]
	a.engine.Run(chunks(len(out), additionChunk), a)
}

func (a *activated) Chunk(i int) {
	lo, hi := chunk(i, len(a.out), additionChunk)
	a.engine.Activate(a.act, a.out[lo:hi], a.x[lo:hi])
}

// Sum adds the sum of two matrices of one shape: a residual connection, where one
// of them is what the other was made from. Both are differentiable.
func (g *Graph) Sum(a, b *gorgonia.Node) (*gorgonia.Node, error) {
	rows, cols, err := matrix("term of a sum", a)
	if err != nil {
		return nil, err
	}
	if !b.Shape().Eq(a.Shape()) {
		return nil, fmt.Errorf("graph: sum of shapes %v and %v", a.Shape(), b.Shape())
	}
	grad := func(_ gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		return gorgonia.Nodes{dy, dy}, nil
	}
	return g.apply("sum", newAddition(g.engine, a.Shape()), tensor.Shape{rows, cols}, grad, []bool{true, true}, a, b)
}
