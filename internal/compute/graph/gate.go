package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
)

// Gate adds the product of two tensors of one shape, element by element: a layer
// and the gate that lets it through (Dauphin et al. 2017). Both are differentiable.
func (g *Graph) Gate(x, gate *gorgonia.Node) (*gorgonia.Node, error) {
	if !x.Shape().Eq(gate.Shape()) || x.Shape().Dims() == 0 {
		return nil, fmt.Errorf("graph: gate of shape %v does not fit %v", gate.Shape(), x.Shape())
	}
	forward := &gated{engine: g.engine}
	grad := func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(gated)", &gated{engine: g.engine, gradientOf: gradientOf{forward: forward}}, x.Shape(), nil, nil, in[1], grad)
		if err != nil {
			return nil, err
		}
		dGate, err := g.apply("d(gate)", &gated{engine: g.engine, gradientOf: gradientOf{forward: forward}}, x.Shape(), nil, nil, in[0], grad)
		return gorgonia.Nodes{dx, dGate}, err
	}
	return g.apply("gate", forward, x.Shape(), grad, []bool{true, true}, x, gate)
}

type gated struct {
	gradientOf
	engine    *kernel.Engine
	out, a, b []float32
}

func (p *gated) Run(out []float32, in [][]float32) {
	p.out, p.a, p.b = out, in[0], in[1]
	p.engine.Run(chunks(len(out), additionChunk), p)
}

func (p *gated) Chunk(i int) {
	lo, hi := chunk(i, len(p.out), additionChunk)
	p.engine.Mul(p.out[lo:hi], p.a[lo:hi], p.b[lo:hi])
}
