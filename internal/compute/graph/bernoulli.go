package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Bernoulli adds log p(x | logits) in nats, summed over pixels, one value a
// row: sum_j x_j l_j - softplus(l_j), which is exact for x in {0, 1} and the
// usual cross-entropy for x between. logits is [images*k, pixels], x is
// [images, pixels]; row r of logits is judged against image r/k.
func (g *Graph) Bernoulli(logits, x *gorgonia.Node) (*gorgonia.Node, error) {
	rows, images, pixels, err := judged("logits", logits, x)
	if err != nil {
		return nil, err
	}
	forward := &bernoulli{engine: g.engine, rows: rows, pixels: pixels, samples: rows / images}
	grad := func(_ gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		forward.residual = make([]float32, rows*pixels)
		back := &scaledRows{engine: g.engine, rows: rows, cols: pixels, data: forward.residual}
		dl, err := g.apply("d(logits)", back, tensor.Shape{rows, pixels}, nil, nil, output, grad)
		return gorgonia.Nodes{dl, nil}, err
	}
	return g.apply("bernoulli", forward, tensor.Shape{rows}, grad, []bool{true, false}, logits, x)
}

// bernoulli also leaves x - sigmoid(logits), the gradient of its output, in
// residual when somebody will want it.
type bernoulli struct {
	engine                *kernel.Engine
	rows, pixels, samples int
	residual              []float32

	out, logits, x []float32
}

func (b *bernoulli) Run(out []float32, in [][]float32) {
	b.out, b.logits, b.x = out, in[0], in[1]
	b.engine.Run(chunks(b.rows, rowsPerChunk(b.pixels)), b)
}

func (b *bernoulli) Chunk(i int) {
	lo, hi := chunk(i, b.rows, rowsPerChunk(b.pixels))
	for r := lo; r < hi; r++ {
		logits := b.logits[r*b.pixels : (r+1)*b.pixels]
		image := r / b.samples
		x := b.x[image*b.pixels : (image+1)*b.pixels]
		var residual []float32
		if b.residual != nil {
			residual = b.residual[r*b.pixels : (r+1)*b.pixels]
		}
		b.out[r] = float32(b.engine.Bernoulli(residual, logits, x))
	}
}

// scaledRows multiplies each row of data, in place, by one gradient and, where
// asked, sums them. The data belongs to the operation whose output is the first
// input, which computes it anew each run.
type scaledRows struct {
	engine     *kernel.Engine
	rows, cols int
	data       []float32
	biasGrad
	blocks kernel.RowBlocks

	out, grad []float32
}

func (s *scaledRows) storage() []float32 { return s.data }

func (s *scaledRows) Run(out []float32, in [][]float32) {
	s.out, s.grad = out, in[1]
	if s.sums == nil {
		s.engine.Run(chunks(s.rows, rowsPerChunk(s.cols)), s)
		return
	}
	s.engine.Run(s.blocks.Start(s.rows, s.cols), s)
	s.blocks.Total(s.engine, s.sums)
}

func (s *scaledRows) Chunk(i int) {
	if s.sums == nil {
		lo, hi := chunk(i, s.rows, rowsPerChunk(s.cols))
		for r := lo; r < hi; r++ {
			s.row(r)
		}
		return
	}
	lo, hi, sums := s.blocks.Block(i)
	for r := lo; r < hi; r++ {
		s.engine.Accumulate(sums, s.row(r))
	}
}

// row writes one row and returns it.
func (s *scaledRows) row(r int) []float32 {
	from, to := r*s.cols, (r+1)*s.cols
	s.engine.Scale(s.out[from:to], s.grad[r], s.data[from:to])
	return s.out[from:to]
}
