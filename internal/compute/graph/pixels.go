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
	// the derivatives with respect to out. It must allocate nothing; scratch is
	// three slices as long as x. The scale is 0 where there is none.
	Row func(e *kernel.Engine, residual, out, x []float32, scale float32, scratch [3][]float32) (logProb, dScale float64)
}

// PixelLogProb adds a log-likelihood in nats, summed over pixels, one value a
// row: [images*k]. out is [images*k, pixels], x is [images, pixels] and row r of
// out is judged against image r/k. scale has one value, or is nil; out and scale
// are differentiable.
func (g *Graph) PixelLogProb(f PixelFunc, out, x, scale *gorgonia.Node) (*gorgonia.Node, error) {
	rows, images, pixels, err := judged("outputs", out, x)
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
	forward := &pixelwise{engine: g.engine, f: f, rows: rows, pixels: pixels, samples: rows / images, slopes: make([]float64, rows)}
	forward.scratch = make([][3][]float32, chunks(rows, forward.perChunk()))
	for i := range forward.scratch {
		for j := range forward.scratch[i] {
			forward.scratch[i][j] = make([]float32, pixels)
		}
	}
	grad := func(_ gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		forward.residual = make([]float32, rows*pixels)
		back := &scaledRows{engine: g.engine, rows: rows, cols: pixels, data: forward.residual}
		grads := make(gorgonia.Nodes, len(inputs))
		var err error
		if grads[0], err = g.apply("d(outputs)", back, tensor.Shape{rows, pixels}, nil, nil, output, grad); err != nil || scale == nil {
			return grads, err
		}
		grads[2], err = g.apply("d(scale)", &scaleGrad{forward}, scale.Shape(), nil, nil, output, grad)
		return grads, err
	}
	return g.apply(f.Name, forward, tensor.Shape{rows}, grad, diff, inputs...)
}

// pixelwise also leaves the derivatives with respect to the outputs in residual,
// when somebody will want them, and those with respect to the scale in slopes.
type pixelwise struct {
	engine                *kernel.Engine
	f                     PixelFunc
	rows, pixels, samples int
	scratch               [][3][]float32
	residual              []float32
	slopes                []float64

	out, outputs, x []float32
	scale           float32
}

func (p *pixelwise) perChunk() int { return rowsPerChunk(4 * p.pixels) }

func (p *pixelwise) Run(out []float32, in [][]float32) {
	p.out, p.outputs, p.x, p.scale = out, in[0], in[1], 0
	if len(in) == 3 {
		p.scale = in[2][0]
	}
	p.engine.Run(len(p.scratch), p)
}

func (p *pixelwise) Chunk(i int) {
	lo, hi := chunk(i, p.rows, p.perChunk())
	for r := lo; r < hi; r++ {
		outputs := p.outputs[r*p.pixels : (r+1)*p.pixels]
		image := r / p.samples
		x := p.x[image*p.pixels : (image+1)*p.pixels]
		var residual []float32
		if p.residual != nil {
			residual = p.residual[r*p.pixels : (r+1)*p.pixels]
		}
		logProb, slope := p.f.Row(p.engine, residual, outputs, x, p.scale, p.scratch[i])
		p.out[r], p.slopes[r] = float32(logProb), slope
	}
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
func judged(what string, out, x *gorgonia.Node) (rows, images, pixels int, err error) {
	if rows, pixels, err = matrix(what, out); err != nil {
		return 0, 0, 0, err
	}
	images, xPixels, err := matrix("pixels", x)
	if err != nil {
		return 0, 0, 0, err
	}
	if xPixels != pixels || rows%images != 0 {
		return 0, 0, 0, fmt.Errorf("graph: %s of shape %v do not fit pixels of %v", what, out.Shape(), x.Shape())
	}
	return rows, images, pixels, nil
}
