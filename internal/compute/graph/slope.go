package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// preActivation adds the gradient before the activation and, summed over the
// rows, the gradient of the bias.
func (g *Graph) preActivation(y, dy *gorgonia.Node, act kernel.Activation) (ds, db *gorgonia.Node, err error) {
	rows, cols := y.Shape()[0], y.Shape()[1]
	ds = dy
	if act != kernel.Identity {
		s := &slope{engine: g.engine, act: act, rows: rows, cols: cols}
		if ds, err = g.apply("d(pre-activation)", s, tensor.Shape{rows, cols}, nil, nil, dy, y); err != nil {
			return nil, nil, err
		}
	}
	sums := &columnSums{engine: g.engine, rows: rows, cols: cols}
	db, err = g.apply("d(bias)", sums, tensor.Shape{cols}, nil, nil, ds)
	return ds, db, err
}

// slope carries a gradient back through an activation, whose outputs are the
// second input. Columns are split among the cores, so that each of their sums,
// the second output, has one order.
type slope struct {
	gradientOf
	engine     *kernel.Engine
	act        kernel.Activation
	rows, cols int

	out, sums, dy, y []float32
}

// gradColumns makes pieces of a matrix large enough to be worth handing to another core.
func gradColumns(rows int) int { return max(112, 8192/max(rows, 1)) }

func (s *slope) Run(out []float32, in [][]float32) { s.engine.Do(s.bind(out, nil, in)) }

func (s *slope) bind(out []float32, also, in [][]float32) kernel.Work {
	bound := *s
	bound.out, bound.sums, bound.dy, bound.y = out, only(also), in[0], in[1]
	return &bound
}

func (s *slope) Start() int { return chunks(s.cols, gradColumns(s.rows)) }

func (s *slope) Finish() {}

func (s *slope) sumsColumns() {}

func (s *slope) Chunk(i int) {
	lo, hi := chunk(i, s.cols, gradColumns(s.rows))
	if s.sums != nil {
		clear(s.sums[lo:hi])
	}
	for r := range s.rows {
		from, to := r*s.cols+lo, r*s.cols+hi
		s.engine.ActivateGrad(s.act, s.out[from:to], s.y[from:to], s.dy[from:to])
		if s.sums != nil {
			s.engine.Accumulate(s.sums[lo:hi], s.out[from:to])
		}
	}
}

// columnSums sums a matrix over its rows, columns split among the cores.
type columnSums struct {
	engine     *kernel.Engine
	rows, cols int

	out, x []float32
}

func (c *columnSums) Run(out []float32, in [][]float32) { c.engine.Do(c.bind(out, nil, in)) }

func (c *columnSums) bind(out []float32, _, in [][]float32) kernel.Work {
	bound := *c
	bound.out, bound.x = out, in[0]
	return &bound
}

func (c *columnSums) Start() int { return chunks(c.cols, gradColumns(c.rows)) }

func (c *columnSums) Finish() {}

func (c *columnSums) Chunk(i int) {
	lo, hi := chunk(i, c.cols, gradColumns(c.rows))
	sums := c.out[lo:hi]
	clear(sums)
	for r := range c.rows {
		c.engine.Accumulate(sums, c.x[r*c.cols+lo:r*c.cols+hi])
	}
}

// slopedProduct carries the gradient of a layer's outputs back to its inputs and
// on through the activation that these came from, whose outputs are the third
// input. The second output is the sums of the columns, in blocks of rows.
type slopedProduct struct {
	product *product
	act     kernel.Activation
}

func (s *slopedProduct) Run(out []float32, in [][]float32) {
	s.product.engine.Do(s.bind(out, nil, in))
}

func (s *slopedProduct) bind(out []float32, also, in [][]float32) kernel.Work {
	g := s.product.at(out, in[:2])
	g.Slope = &kernel.Slope{Act: s.act, Y: in[2], Sums: only(also)}
	return s.product.engine.Prepare(&g)
}

func (s *slopedProduct) sumsColumns() {}

func (s *slopedProduct) multiplication() (bare body, inputs int) { return s.product, 2 }

func (s *slopedProduct) flops() float64 { return s.product.flops() }
