package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Linear adds y = act(x W^T + b): x is [rows, in], w is [out, in] as in
// PyTorch's nn.Linear, b is [out], y is [rows, out]. Its gradients are those of
// w, b and x; an x that nobody differentiates costs nothing.
func (g *Graph) Linear(x, w, b *gorgonia.Node, act kernel.Activation) (*gorgonia.Node, error) {
	forward, err := g.linear(x, w, b, act)
	if err != nil {
		return nil, err
	}
	rows, out := forward.gemm.M, forward.gemm.N
	grad := func(inputs gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		forward.train()
		ds, db, err := g.preActivation(y, dy, rows, out, act)
		if err != nil {
			return nil, err
		}
		dx, dw, err := g.productGrads(inputs[0], inputs[1], ds)
		return gorgonia.Nodes{dx, dw, db}, err
	}
	name := fmt.Sprintf("linear %dx%d", forward.gemm.K, out)
	return g.apply(name, forward, tensor.Shape{rows, out}, grad, []bool{true, true, true}, x, w, b)
}

// linear is the product that a linear layer computes.
func (g *Graph) linear(x, w, b *gorgonia.Node, act kernel.Activation) (*product, error) {
	rows, in, err := matrix("input of a linear layer", x)
	if err != nil {
		return nil, err
	}
	out, wIn, err := matrix("weight of a linear layer", w)
	if err != nil {
		return nil, err
	}
	if wIn != in || b.Shape().TotalSize() != out {
		return nil, fmt.Errorf("graph: linear layer of weight %v and bias %v does not fit an input of %v", w.Shape(), b.Shape(), x.Shape())
	}
	return &product{engine: g.engine, gemm: kernel.Gemm{
		TransB: true, M: rows, N: out, K: in, Alpha: 1, LDA: in, LDB: in, LDC: out, Act: act,
	}}, nil
}

// productGrads adds the gradients of x and w, given that before the activation.
func (g *Graph) productGrads(x, w, ds *gorgonia.Node) (dx, dw *gorgonia.Node, err error) {
	rows, in := x.Shape()[0], x.Shape()[1]
	out := w.Shape()[0]
	size := fmt.Sprintf("%dx%d", in, out)
	weight := &product{engine: g.engine, gemm: kernel.Gemm{
		TransA: true, M: out, N: in, K: rows, Alpha: 1, LDA: out, LDB: in, LDC: in,
	}}
	if dw, err = g.apply("d(weight) "+size, weight, tensor.Shape{out, in}, nil, nil, ds, x); err != nil {
		return nil, nil, err
	}
	input := &product{engine: g.engine, gemm: kernel.Gemm{
		SplitK: rows <= kernel.FewRows, M: rows, N: in, K: out, Alpha: 1, LDA: out, LDB: in, LDC: in,
	}}
	dx, err = g.apply("d(input) "+size, input, tensor.Shape{rows, in}, nil, nil, ds, w)
	return dx, dw, err
}

// product is one GEMM whose shape is fixed; a third input is its bias.
type product struct {
	engine *kernel.Engine
	gemm   kernel.Gemm
}

// train is called where gradients are asked for: the product of a layer that is
// trained on few rows is then computed as is fastest, which changes its bits. In
// evaluation an image's figures have the same bits in any batch.
func (p *product) train() { p.gemm.Unpacked = p.gemm.M <= kernel.FewRows }

func (p *product) Run(out []float32, in [][]float32) {
	p.gemm.A, p.gemm.B, p.gemm.C = in[0], in[1], out
	if len(in) == 3 {
		p.gemm.Bias = in[2]
	}
	p.engine.Gemm(&p.gemm)
}
