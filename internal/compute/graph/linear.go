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
		ds, db, err := g.preActivation(y, dy, act)
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

func (p *product) Run(out []float32, in [][]float32) { p.engine.Do(p.bind(out, nil, in)) }

func (p *product) bind(out []float32, _, in [][]float32) kernel.Work {
	g := p.at(out, in)
	return p.engine.Prepare(&g)
}

// at is the product of values at these places.
func (p *product) at(out []float32, in [][]float32) kernel.Gemm {
	g := p.gemm
	g.A, g.B, g.C = in[0], in[1], out
	if len(in) == 3 {
		g.Bias = in[2]
	}
	return g
}

func (p *product) multiplication() (bare body, inputs int) {
	if p.gemm.TransB { // a layer, with its bias
		return p, 3
	}
	return p, 2
}

func (p *product) flops() float64 {
	return 2 * float64(p.gemm.M) * float64(p.gemm.N) * float64(p.gemm.K)
}

func (p *product) rows() int { return p.gemm.M }

func (p *product) unpacked() body { return p.fast() }

func (p *product) fast() *product {
	fast := &product{engine: p.engine, gemm: p.gemm}
	fast.gemm.Unpacked = true
	return fast
}

// stream uses the rows of the product up as they are computed.
func (p *product) stream(first int, u Updater) body {
	if p.gemm.SplitK {
		return nil
	}
	s := &streamedProduct{product: &product{engine: p.engine, gemm: p.gemm}, first: first, updater: u}
	s.product.gemm.Then = s
	if m, ok := u.(memorised); ok {
		s.product.gemm.Touched = m.Memory(first, p.gemm.M*p.gemm.N)
	}
	return s
}

// streamedProduct is the gradient of a weight that is used up at once.
type streamedProduct struct {
	product *product
	first   int // weight
	updater Updater
}

func (s *streamedProduct) Run(_ []float32, in [][]float32) { s.product.Run(nil, in) }

func (s *streamedProduct) bind(_ []float32, _, in [][]float32) kernel.Work {
	return s.product.bind(nil, nil, in)
}

// Block updates the weights whose gradients are some columns of some rows.
func (s *streamedProduct) Block(row, rowEnd, col, colEnd int, grads []float32) {
	n := s.product.gemm.N
	if colEnd-col == n {
		s.updater.Update(s.first+row*n, grads)
		return
	}
	for ; row < rowEnd; row++ {
		s.updater.Update(s.first+row*n+col, grads[:colEnd-col])
		grads = grads[colEnd-col:]
	}
}
