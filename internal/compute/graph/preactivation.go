package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// preActivation adds the gradient before the activation and, summed over the
// rows, the gradient of the bias.
func (g *Graph) preActivation(y, dy *gorgonia.Node, rows, cols int, act kernel.Activation) (ds, db *gorgonia.Node, err error) {
	var bias *biasGrad
	switch product, scaled := bodyOf[*product](dy), bodyOf[*scaledRows](dy); {
	case act == kernel.Identity && scaled != nil:
		ds, bias = dy, &scaled.biasGrad
	case act == kernel.Identity:
		db, err = g.apply("d(bias)", &columnSums{engine: g.engine, rows: rows, cols: cols}, tensor.Shape{cols}, nil, nil, dy)
		return dy, db, err
	case product != nil && product.gemm.SplitK:
		sloped := newSlopedProduct(product, act)
		bias = &sloped.biasGrad
		in := childrenOf(dy)
		ds, err = g.apply(opName(dy)+", slope", sloped, tensor.Shape{rows, cols}, nil, nil, in[0], in[1], y)
	default:
		pre := &preActivationGrad{engine: g.engine, act: act, rows: rows, cols: cols}
		bias = &pre.biasGrad
		ds, err = g.apply("d(pre-activation)", pre, tensor.Shape{rows, cols}, nil, nil, y, dy)
	}
	if err != nil {
		return nil, nil, err
	}
	bias.sums = make([]float32, cols)
	db, err = g.apply("d(bias)", &biasOf{bias}, tensor.Shape{cols}, nil, nil, ds)
	return ds, db, err
}

// bodyOf is what a node does, if it is of the given kind, else nil.
func bodyOf[B body](n *gorgonia.Node) (b B) {
	if op, ok := n.Op().(*operation); ok {
		b, _ = op.body.(B)
	}
	return b
}

// biasGrad is where an operation sums its output over the rows, as the values
// pass, which is the gradient of a bias.
type biasGrad struct {
	sums []float32 // nil where nobody wants them
}

// biasOf is the output of such sums.
type biasOf struct{ grad *biasGrad }

func (b *biasOf) bind(out []float32) { b.grad.sums = out }

func (b *biasOf) Run(out []float32, _ [][]float32) {
	if sums := b.grad.sums; &out[0] != &sums[0] {
		copy(out, sums)
	}
}

// slopedProduct carries the gradient of a layer's outputs back to its inputs and
// on through the activation that these came from.
type slopedProduct struct {
	*product
	slope kernel.Slope
	biasGrad
}

func newSlopedProduct(p *product, act kernel.Activation) *slopedProduct {
	s := &slopedProduct{product: &product{engine: p.engine, gemm: p.gemm}, slope: kernel.Slope{Act: act}}
	s.gemm.Slope = &s.slope
	return s
}

func (s *slopedProduct) Run(out []float32, in [][]float32) {
	s.slope.Y, s.slope.Sums = in[2], s.sums
	s.product.Run(out, in[:2])
}

// bare is the product without the slope.
func (s *slopedProduct) bare() *product {
	p := *s.product
	p.gemm.Slope = nil
	return &p
}

// preActivationGrad carries a gradient back through an activation. Columns are
// split among the cores, so each sum has one order.
type preActivationGrad struct {
	engine     *kernel.Engine
	act        kernel.Activation
	rows, cols int
	biasGrad

	out, y, dy []float32
}

// gradColumns makes pieces of a matrix large enough to be worth handing to another core.
func gradColumns(rows int) int { return max(112, 8192/max(rows, 1)) }

func (p *preActivationGrad) Run(out []float32, in [][]float32) {
	p.out, p.y, p.dy = out, in[0], in[1]
	p.engine.Run(chunks(p.cols, gradColumns(p.rows)), p)
}

func (p *preActivationGrad) Chunk(i int) {
	lo, hi := chunk(i, p.cols, gradColumns(p.rows))
	sums := p.sums[lo:hi]
	clear(sums)
	for r := 0; r < p.rows; r++ {
		from, to := r*p.cols+lo, r*p.cols+hi
		p.engine.ActivateGrad(p.act, p.out[from:to], p.y[from:to], p.dy[from:to])
		p.engine.Accumulate(sums, p.out[from:to])
	}
}

// columnSums sums a matrix over its rows, columns split among the cores.
type columnSums struct {
	engine     *kernel.Engine
	rows, cols int

	out, x []float32
}

func (c *columnSums) Run(out []float32, in [][]float32) {
	c.out, c.x = out, in[0]
	c.engine.Run(chunks(c.cols, gradColumns(c.rows)), c)
}

func (c *columnSums) Chunk(i int) {
	lo, hi := chunk(i, c.cols, gradColumns(c.rows))
	sums := c.out[lo:hi]
	clear(sums)
	for r := range c.rows {
		c.engine.Accumulate(sums, c.x[r*c.cols+lo:r*c.cols+hi])
	}
}
