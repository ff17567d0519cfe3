package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// PixelFunc is the log-likelihood of a row of pixels given the decoder's outputs
// for it, pixel by pixel, and possibly one scale all pixels share.
type PixelFunc struct {
	// Name is what errors and profiles call the operation.
	Name string
	// Row returns the sum over pixels of ln p(x | out) in nats and its
	// derivative with respect to the scale. When residual is not nil it receives
	// the derivatives with respect to out. It must allocate nothing. The scale
	// is 0 where there is none.
	Row func(e *kernel.Engine, residual, out, x []float32, scale float32, scratch [][]float32) (logProb, dScale float64)
	// Scratch is the number of slices, as long as x, that Row works in.
	Scratch int
	// Outputs is the number of values in a row of out; 0 is as many as x has.
	Outputs int
}

// PixelLogProb adds a log-likelihood in nats, summed over pixels, one value a
// row: [images*k]. out is [images*k, outputs], x is [images, pixels] and row r of
// out is judged against image r/k. scale has one value, or is nil; out and scale
// are differentiable.
func (g *Graph) PixelLogProb(f PixelFunc, out, x, scale *gorgonia.Node) (*gorgonia.Node, error) {
	rows, images, pixels, err := judged("outputs", out, x, f.Outputs)
	if err != nil {
		return nil, err
	}
	inputs, diff := gorgonia.Nodes{out, x}, []bool{true, false}
	if scale != nil {
		if scale.Shape().TotalSize() != 1 {
			return nil, fmt.Errorf("graph: scale of shape %v is not one number", scale.Shape())
		}
		inputs, diff = append(inputs, scale), append(diff, true)
	}
	outputs := out.Shape()[1]
	forward := &pixelwise{engine: g.engine, f: f, rows: rows, pixels: pixels, width: outputs, samples: rows / images, slopes: make([]float64, rows)}
	grad := func(in gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		residual, err := g.apply("residual", &pixelResidual{forward: forward}, tensor.Shape{rows, outputs}, nil, nil, in...)
		if err != nil {
			return nil, err
		}
		back := &scaledRows{engine: g.engine, rows: rows, cols: outputs}
		grads := make(gorgonia.Nodes, len(inputs))
		if grads[0], err = g.apply("d(outputs)", back, tensor.Shape{rows, outputs}, nil, nil, residual, grad); err != nil || scale == nil {
			return grads, err
		}
		grads[2], err = g.apply("d(scale)", &scaleGrad{forward}, scale.Shape(), nil, nil, output, grad)
		return grads, err
	}
	return g.apply(f.Name, forward, tensor.Shape{rows}, grad, diff, inputs...)
}

// Bernoulli adds log p(x | logits) in nats, summed over pixels, one value a
// row: sum_j x_j l_j - softplus(l_j), which is exact for x in {0, 1} and the
// usual cross-entropy for x between. Shapes are those of [Graph.PixelLogProb].
func (g *Graph) Bernoulli(logits, x *gorgonia.Node) (*gorgonia.Node, error) {
	return g.PixelLogProb(PixelFunc{
		Name: "bernoulli",
		Row: func(e *kernel.Engine, residual, logits, x []float32, _ float32, _ [][]float32) (logProb, dScale float64) {
			return e.Bernoulli(residual, logits, x), 0
		},
	}, logits, x, nil)
}

// pixelwise leaves the derivatives with respect to the scale in slopes. Its second
// output is the derivatives with respect to the decoder's outputs.
type pixelwise struct {
	engine                *kernel.Engine
	f                     PixelFunc
	rows, pixels, samples int
	width                 int           // of a row of outputs
	scratch               [][][]float32 // of each chunk
	slopes                []float64

	out, residual, outputs, x []float32
	scale                     []float32 // one value, or none
}

// perChunk counts rows; what wants scratch is dear.
func (p *pixelwise) perChunk() int { return rowsPerChunk(p.width + p.f.Scratch*p.pixels) }

func (p *pixelwise) Run(out []float32, in [][]float32) {
	p.take(out, nil, in)
	p.engine.Do(p)
}

func (p *pixelwise) bind(out []float32, also, in [][]float32) kernel.Work {
	bound := *p
	bound.scratch = nil
	bound.take(out, only(also), in)
	return &bound
}

// take notes where the values are.
func (p *pixelwise) take(out, residual []float32, in [][]float32) {
	p.out, p.residual, p.outputs, p.x, p.scale = out, residual, in[0], in[1], nil
	if len(in) == 3 {
		p.scale = in[2]
	}
	if p.scratch == nil {
		p.makeScratch()
	}
}

// only is the one second output, nil where nobody wants it.
func only(also [][]float32) []float32 {
	if len(also) == 0 {
		return nil
	}
	return also[0]
}

func (p *pixelwise) Start() int { return len(p.scratch) }

func (p *pixelwise) Finish() {}

func (p *pixelwise) makeScratch() {
	p.scratch = make([][][]float32, chunks(p.rows, p.perChunk()))
	for i := range p.scratch {
		p.scratch[i] = p.rowScratch()
	}
}

// rowScratch is what one row at a time needs.
func (p *pixelwise) rowScratch() [][]float32 {
	var scratch [][]float32
	for range p.f.Scratch {
		scratch = append(scratch, make([]float32, p.pixels))
	}
	return scratch
}

func (p *pixelwise) Chunk(i int) {
	lo, hi := chunk(i, p.rows, p.perChunk())
	var scale float32
	if p.scale != nil {
		scale = p.scale[0]
	}
	for r := lo; r < hi; r++ {
		outputs := p.outputs[r*p.width : (r+1)*p.width]
		image := r / p.samples
		x := p.x[image*p.pixels : (image+1)*p.pixels]
		var residual []float32
		if p.residual != nil {
			residual = p.residual[r*p.width : (r+1)*p.width]
		}
		logProb, slope := p.f.Row(p.engine, residual, outputs, x, scale, p.scratch[i])
		p.out[r], p.slopes[r] = float32(logProb), slope
	}
}

// pixelResidual is the second output of a likelihood by itself.
type pixelResidual struct {
	forward *pixelwise
	alone   *pixelwise // the same, with scratch of its own
	logProb []float32
}

func (p *pixelResidual) producer() divisible { return p.forward }

func (p *pixelResidual) Run(out []float32, in [][]float32) {
	if p.alone == nil {
		f := p.forward
		p.alone = &pixelwise{engine: f.engine, f: f.f, rows: f.rows, pixels: f.pixels, width: f.width, samples: f.samples, slopes: make([]float64, f.rows)}
		p.logProb = make([]float32, f.rows)
	}
	p.alone.take(p.logProb, out, in)
	p.alone.engine.Do(p.alone)
}

// scaledRows multiplies each row of the first input by a value of the second. Its
// second output is the sums of the columns, in blocks of rows.
type scaledRows struct {
	engine     *kernel.Engine
	rows, cols int
	blocks     kernel.RowBlocks

	out, sums, x, scale []float32
}

func (s *scaledRows) Run(out []float32, in [][]float32) { s.engine.Do(s.bind(out, nil, in)) }

func (s *scaledRows) bind(out []float32, also, in [][]float32) kernel.Work {
	bound := *s
	bound.out, bound.sums, bound.x, bound.scale = out, only(also), in[0], in[1]
	return &bound
}

func (s *scaledRows) Start() int {
	if s.sums == nil {
		return chunks(s.rows, rowsPerChunk(s.cols))
	}
	return s.blocks.Start(s.rows, s.cols)
}

func (s *scaledRows) Finish() {
	if s.sums != nil {
		s.blocks.Total(s.engine, s.sums)
	}
}

func (s *scaledRows) sumsColumns() {}

// overwrites says that a row is read before it is written.
func (s *scaledRows) overwrites() int { return 0 }

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
	s.engine.Scale(s.out[from:to], s.scale[r], s.x[from:to])
	return s.out[from:to]
}

// scaleGrad sums the scale's derivatives over rows, weighted by the gradient.
type scaleGrad struct{ forward *pixelwise }

func (s *scaleGrad) Run(out []float32, in [][]float32) {
	var sum float64
	for r, slope := range s.forward.slopes {
		sum += slope * float64(in[1][r])
	}
	out[0] = float32(sum)
}

// judged returns the dimensions of what a likelihood judges, named what, of
// [rows, pixels], against x, of [images, pixels], where rows are a multiple of images.
func judged(what string, out, x *gorgonia.Node, outputs int) (rows, images, pixels int, err error) {
	rows, width, err := matrix(what, out)
	if err != nil {
		return 0, 0, 0, err
	}
	if images, pixels, err = matrix("pixels", x); err != nil {
		return 0, 0, 0, err
	}
	if outputs == 0 {
		outputs = pixels
	}
	if width != outputs || rows%images != 0 {
		return 0, 0, 0, fmt.Errorf("graph: %s of shape %v do not fit pixels of %v", what, out.Shape(), x.Shape())
	}
	return rows, images, pixels, nil
}
