package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// LogVarianceLimit bounds the head's log variance b to [-20, 20], that is
// standard deviations from e^-10 to e^10 of the scale the head works on: wide
// enough for any model that trains and narrow enough that no exponential of it
// overflows a float32.
const LogVarianceLimit = 20

// Posterior adds the parameters of q(u|x) from the encoder's head. head is
// [images, 2d] and holds (a, b); the output, of the same shape, holds
// mean = shift + scale*a in its left half and
// log variance = 2 ln(scale) + b in its right half, b limited to
// ±[LogVarianceLimit]. Beyond the limit the gradient of b is kept where
// a descent step would lead back inside and is zero where it would lead on.
// shift and scale have d values each; scale must be positive.
func (g *Graph) Posterior(head *gorgonia.Node, shift, scale []float64) (*gorgonia.Node, error) {
	rows, cols, err := matrix("head", head)
	if err != nil {
		return nil, err
	}
	d := cols / 2
	if cols != 2*d || len(shift) != d || len(scale) != d {
		return nil, fmt.Errorf("graph: head of shape %v does not fit %d shifts and %d scales", head.Shape(), len(shift), len(scale))
	}
	p := &placedHead{engine: g.engine, rows: rows, latents: d, shift: make([]float32, d), scale: make([]float32, d), logScale2: make([]float32, d)}
	for i := range d {
		if !(scale[i] > 0) {
			return nil, fmt.Errorf("graph: scale %g of latent %d is not positive", scale[i], i)
		}
		p.shift[i], p.scale[i], p.logScale2[i] = float32(shift[i]), float32(scale[i]), float32(2*math.Log(scale[i]))
	}
	grad := func(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dh, err := g.apply("d(head)", &placedHeadGrad{placedHead: p}, tensor.Shape{rows, cols}, nil, nil, inputs[0], grad)
		return gorgonia.Nodes{dh}, err
	}
	return g.apply("posterior", p, tensor.Shape{rows, cols}, grad, []bool{true}, head)
}

type placedHead struct {
	engine                  *kernel.Engine
	rows, latents           int
	shift, scale, logScale2 []float32
}

func (p *placedHead) extent() (rows, width int) { return p.rows, 2 * p.latents }

func (p *placedHead) Run(out []float32, in [][]float32) { runByRows(p.engine, p, out, in) }

func (p *placedHead) over(out []float32, in [][]float32) rowRange {
	d := p.latents
	shift, scale, logScale2 := p.shift[:d], p.scale[:d], p.logScale2[:d]
	return func(from, to int) {
		for r := from; r < to; r++ {
			a, b := halves(in[0], r, d)
			mean, logvar := halves(out, r, d)
			for i := range d {
				mean[i] = shift[i] + scale[i]*a[i]
				logvar[i] = logScale2[i] + limit(b[i])
			}
		}
	}
}

// limit lets NaN through: a diverged run must be seen as one.
func limit(b float32) float32 {
	switch {
	case b > LogVarianceLimit:
		return LogVarianceLimit
	case b < -LogVarianceLimit:
		return -LogVarianceLimit
	}
	return b
}

type placedHeadGrad struct{ *placedHead }

func (p *placedHeadGrad) Run(out []float32, in [][]float32) { runByRows(p.engine, p, out, in) }

func (p *placedHeadGrad) over(out []float32, in [][]float32) rowRange {
	d := p.latents
	scale := p.scale[:d]
	return func(from, to int) {
		for r := from; r < to; r++ {
			_, b := halves(in[0], r, d)
			dMean, dLogVar := halves(in[1], r, d)
			dA, dB := halves(out, r, d)
			for i := range d {
				dA[i] = scale[i] * dMean[i]
				leadsOn := (b[i] > LogVarianceLimit && dLogVar[i] < 0) || (b[i] < -LogVarianceLimit && dLogVar[i] > 0)
				if leadsOn {
					dB[i] = 0
				} else {
					dB[i] = dLogVar[i]
				}
			}
		}
	}
}

// Reparameterize adds u = mean + exp(logvar/2) * eps (Kingma & Welling 2014,
// section 2.4). posterior is [images, 2d] as from [Graph.Posterior], eps is
// [images*k, d] of standard normal draws; row r belongs to image r/k.
func (g *Graph) Reparameterize(posterior, eps *gorgonia.Node) (*gorgonia.Node, error) {
	images, cols, err := matrix("posterior", posterior)
	if err != nil {
		return nil, err
	}
	rows, d, err := matrix("noise", eps)
	if err != nil {
		return nil, err
	}
	if cols != 2*d || rows%images != 0 {
		return nil, fmt.Errorf("graph: posterior of shape %v does not fit noise of %v", posterior.Shape(), eps.Shape())
	}
	r := &reparameterized{engine: g.engine, images: images, latents: d, samples: rows / images}
	grad := func(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &reparameterizedGrad{r}
		dp, err := g.apply("d(posterior)", back, tensor.Shape{images, 2 * d}, nil, nil, inputs[0], output, grad)
		return gorgonia.Nodes{dp, nil}, err
	}
	return g.apply("reparameterize", r, tensor.Shape{rows, d}, grad, []bool{true, false}, posterior, eps)
}

type reparameterized struct {
	engine                   *kernel.Engine
	images, latents, samples int
}

func (z *reparameterized) extent() (rows, width int) { return z.images, 4 * z.latents * z.samples }

func (z *reparameterized) Run(out []float32, in [][]float32) { runByRows(z.engine, z, out, in) }

func (z *reparameterized) over(out []float32, in [][]float32) rowRange {
	posterior, eps, d := in[0], in[1], z.latents
	return func(from, to int) {
		for image := from; image < to; image++ {
			q := posterior[image*2*d : (image+1)*2*d]
			first := out[image*z.samples*d : (image*z.samples+1)*d]
			z.engine.Scale(first, 0.5, q[d:])
			z.engine.Exp(first, first)
			// The first row holds sigma until every other row has used it.
			for s := z.samples - 1; s >= 0; s-- {
				at := (image*z.samples + s) * d
				row := out[at : at+d]
				z.engine.Mul(row, first, eps[at:at+d])
				z.engine.Accumulate(row, q[:d])
			}
		}
	}
}

// reparameterizedGrad: du/dmean = 1 and du/dlogvar = sigma*eps/2 = (u - mean)/2.
type reparameterizedGrad struct{ *reparameterized }

func (z *reparameterizedGrad) Run(out []float32, in [][]float32) { runByRows(z.engine, z, out, in) }

func (z *reparameterizedGrad) over(out []float32, in [][]float32) rowRange {
	posterior, draws, grads, d := in[0], in[1], in[2], z.latents
	return func(from, to int) {
		for image := from; image < to; image++ {
			mean, _ := halves(posterior, image, d)
			dMean, dLogVar := halves(out, image, d)
			clear(dMean)
			clear(dLogVar)
			for s := range z.samples {
				at := (image*z.samples + s) * d
				u, grad := draws[at:at+d], grads[at:at+d]
				for i := range d {
					dMean[i] += grad[i]
					dLogVar[i] += 0.5 * grad[i] * (u[i] - mean[i])
				}
			}
		}
	}
}

// Columns adds columns lo to hi of a matrix as a matrix of their own.
func (g *Graph) Columns(x *gorgonia.Node, lo, hi int) (*gorgonia.Node, error) {
	rows, cols, err := matrix("matrix to cut", x)
	if err != nil {
		return nil, err
	}
	if lo < 0 || hi > cols || lo >= hi {
		return nil, fmt.Errorf("graph: no columns %d to %d in shape %v", lo, hi, x.Shape())
	}
	grad := func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(columns)", &columnsGrad{rows: rows, cols: cols, lo: lo, hi: hi}, tensor.Shape{rows, cols}, nil, nil, grad)
		return gorgonia.Nodes{dx}, err
	}
	return g.apply("columns", &columns{rows: rows, cols: cols, lo: lo, hi: hi}, tensor.Shape{rows, hi - lo}, grad, []bool{true}, x)
}

type columns struct{ rows, cols, lo, hi int }

func (c *columns) Run(out []float32, in [][]float32) {
	width := c.hi - c.lo
	for r := range c.rows {
		copy(out[r*width:(r+1)*width], in[0][r*c.cols+c.lo:r*c.cols+c.hi])
	}
}

type columnsGrad struct{ rows, cols, lo, hi int }

func (c *columnsGrad) Run(out []float32, in [][]float32) {
	clear(out)
	width := c.hi - c.lo
	for r := range c.rows {
		copy(out[r*c.cols+c.lo:r*c.cols+c.hi], in[0][r*width:(r+1)*width])
	}
}
