package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Silu adds x * sigmoid(x) of every value of a matrix (Hendrycks & Gimpel 2016;
// nn.SiLU of PyTorch). Its slope is no function of its value, as those of the
// activations that a product can end in are.
func (g *Graph) Silu(x *gorgonia.Node) (*gorgonia.Node, error) {
	rows, cols, err := matrix("input of an activation", x)
	if err != nil {
		return nil, err
	}
	forward := &silu{engine: g.engine}
	grad := func(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(silu)", &siluGrad{engine: g.engine, gradientOf: gradientOf{forward: forward}}, tensor.Shape{rows, cols}, nil, nil, in[0], dy)
		return gorgonia.Nodes{dx}, err
	}
	return g.apply("silu", forward, tensor.Shape{rows, cols}, grad, []bool{true}, x)
}

type silu struct {
	engine *kernel.Engine

	out, x []float32
}

func (s *silu) Run(out []float32, in [][]float32) {
	s.out, s.x = out, in[0]
	s.engine.Run(chunks(len(out), additionChunk), s)
}

func (s *silu) Chunk(i int) {
	lo, hi := chunk(i, len(s.out), additionChunk)
	s.engine.Silu(s.out[lo:hi], s.x[lo:hi])
}

type siluGrad struct {
	gradientOf
	engine *kernel.Engine

	out, x, dy []float32
}

func (s *siluGrad) Run(out []float32, in [][]float32) {
	s.out, s.x, s.dy = out, in[0], in[1]
	s.engine.Run(chunks(len(out), additionChunk), s)
}

func (s *siluGrad) Chunk(i int) {
	lo, hi := chunk(i, len(s.out), additionChunk)
	s.engine.SiluGrad(s.out[lo:hi], s.x[lo:hi], s.dy[lo:hi])
}
