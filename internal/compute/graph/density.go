package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

const logTwoPi = 1.8378770664093453

// GaussianLogProb adds the log density of N(mean, exp(logvar)) at u in nats,
// one value a dimension: [rows, d]. u is [rows, d], params is [images, 2d] with
// means on the left and log variances on the right; row r of u belongs to image
// r/k. Both are differentiable.
func (g *Graph) GaussianLogProb(u, params *gorgonia.Node) (*gorgonia.Node, error) {
	rows, d, err := matrix("draws", u)
	if err != nil {
		return nil, err
	}
	images, cols, err := matrix("parameters of a Gaussian", params)
	if err != nil {
		return nil, err
	}
	if cols != 2*d || rows%images != 0 {
		return nil, fmt.Errorf("graph: parameters of shape %v do not fit draws of %v", params.Shape(), u.Shape())
	}
	f := &gaussianLogProb{
		engine: g.engine, images: images, samples: rows / images, latents: d,
		precision: make([]float32, images*d),
	}
	grad := func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		du, err := g.apply("d(draws of gaussian)", &gaussianDrawsGrad{f}, tensor.Shape{rows, d}, nil, nil, in[0], in[1], out, grad)
		if err != nil {
			return nil, err
		}
		dp, err := g.apply("d(gaussian)", &gaussianParamsGrad{f}, tensor.Shape{images, cols}, nil, nil, in[0], in[1], out, grad)
		return gorgonia.Nodes{du, dp}, err
	}
	return g.apply("gaussian log density", f, tensor.Shape{rows, d}, grad, []bool{true, true}, u, params)
}

// gaussianLogProb leaves 1/sigma^2 in precision for the gradients, which is why
// they have its output among their inputs.
type gaussianLogProb struct {
	engine                   *kernel.Engine
	images, samples, latents int
	precision                []float32
}

func (f *gaussianLogProb) extent() (rows, width int) { return f.images, 4 * f.latents * f.samples }

func (f *gaussianLogProb) Run(out []float32, in [][]float32) { runByRows(f.engine, f, out, in) }

func (f *gaussianLogProb) over(logProb []float32, in [][]float32) rowRange {
	draws, params, d := in[0], in[1], f.latents
	return func(from, to int) {
		for image := from; image < to; image++ {
			mean, logvar := halves(params, image, d)
			precision := f.precision[image*d : (image+1)*d]
			f.engine.Scale(precision, -1, logvar)
			f.engine.Exp(precision, precision)
			for s := range f.samples {
				at := (image*f.samples + s) * d
				u, out := draws[at:at+d], logProb[at:at+d]
				for j := range out {
					delta := u[j] - mean[j]
					out[j] = -0.5 * (delta*delta*precision[j] + logvar[j] + logTwoPi)
				}
			}
		}
	}
}

// halves are the means and log variances of an image.
func halves(params []float32, image, d int) (mean, logvar []float32) {
	row := params[image*2*d : (image+1)*2*d]
	return row[:d:d], row[d:][:d:d]
}

// gaussianDrawsGrad: dlogN/du = -(u - mean)/sigma^2.
type gaussianDrawsGrad struct{ *gaussianLogProb }

func (b *gaussianDrawsGrad) Run(out []float32, in [][]float32) { runByRows(b.engine, b, out, in) }

func (b *gaussianDrawsGrad) over(du []float32, in [][]float32) rowRange {
	draws, params, grads, d := in[0], in[1], in[3], b.latents
	return func(from, to int) {
		for image := from; image < to; image++ {
			mean, _ := halves(params, image, d)
			precision := b.precision[image*d : (image+1)*d]
			for s := range b.samples {
				at := (image*b.samples + s) * d
				u, grad, out := draws[at:at+d], grads[at:at+d], du[at:at+d]
				for j := range out {
					out[j] = grad[j] * (mean[j] - u[j]) * precision[j]
				}
			}
		}
	}
}

// gaussianParamsGrad: dlogN/dmean = (u - mean)/sigma^2 and
// dlogN/dlogvar = ((u - mean)^2/sigma^2 - 1)/2, summed over an image's draws.
type gaussianParamsGrad struct{ *gaussianLogProb }

func (b *gaussianParamsGrad) Run(out []float32, in [][]float32) { runByRows(b.engine, b, out, in) }

func (b *gaussianParamsGrad) over(out []float32, in [][]float32) rowRange {
	draws, params, grads, d := in[0], in[1], in[3], b.latents
	return func(from, to int) {
		for image := from; image < to; image++ {
			mean, _ := halves(params, image, d)
			dMean, dLogVar := halves(out, image, d)
			precision := b.precision[image*d : (image+1)*d]
			clear(dMean)
			clear(dLogVar)
			for s := range b.samples {
				at := (image*b.samples + s) * d
				u, grad := draws[at:at+d], grads[at:at+d]
				for j := range dMean {
					delta := u[j] - mean[j]
					scaled := delta * precision[j]
					dMean[j] += grad[j] * scaled
					dLogVar[j] += 0.5 * grad[j] * (delta*scaled - 1)
				}
			}
		}
	}
}

// ReparameterizedLogProb adds the log density of N(mean, exp(logvar)) at
// u = mean + exp(logvar/2) * eps in nats, one value a dimension: [rows, d].
// Written in eps it is -(eps^2 + logvar + ln 2 pi)/2, whose gradient with respect
// to the parameters is the total one, with u following them. params is
// [images, 2d], eps is [rows, d]; row r belongs to image r/k.
func (g *Graph) ReparameterizedLogProb(params, eps *gorgonia.Node) (*gorgonia.Node, error) {
	_, cols, err := matrix("parameters of a Gaussian", params)
	if err != nil {
		return nil, err
	}
	_, d, err := matrix("noise", eps)
	if err != nil {
		return nil, err
	}
	if cols != 2*d {
		return nil, fmt.Errorf("graph: parameters of shape %v do not fit noise of %v", params.Shape(), eps.Shape())
	}
	return g.Rows(RowFunc{
		Name:           "gaussian log density of noise",
		Columns:        d,
		Differentiable: []bool{true, false},
		Forward: func(out []float32, in [][]float32) {
			logvar, eps := in[0][d:], in[1]
			for j := range out {
				out[j] = -0.5 * (eps[j]*eps[j] + logvar[j] + logTwoPi)
			}
		},
		Backward: func(_ int, din []float32, _ [][]float32, _, dout []float32) {
			dLogVar := din[d:]
			for j := range dout {
				dLogVar[j] -= 0.5 * dout[j]
			}
		},
	}, params, eps)
}

// FixedGaussianLogProb adds the log density of N(mean, std^2) at u in nats, one
// value a dimension: [rows, d]. mean and std have d values each; std must be
// positive.
func (g *Graph) FixedGaussianLogProb(u *gorgonia.Node, mean, std []float64) (*gorgonia.Node, error) {
	_, d, err := matrix("draws", u)
	if err != nil {
		return nil, err
	}
	if len(mean) != d || len(std) != d {
		return nil, fmt.Errorf("graph: draws of shape %v do not fit %d means and %d deviations", u.Shape(), len(mean), len(std))
	}
	m, precision, constant := make([]float32, d), make([]float32, d), make([]float32, d)
	for j := range d {
		if !(std[j] > 0) {
			return nil, fmt.Errorf("graph: standard deviation %g of latent %d is not positive", std[j], j)
		}
		m[j] = float32(mean[j])
		precision[j] = float32(1 / (std[j] * std[j]))
		constant[j] = float32(-math.Log(std[j]) - 0.5*logTwoPi)
	}
	return g.Rows(RowFunc{
		Name:           "fixed gaussian log density",
		Columns:        d,
		Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			u := in[0]
			for j := range out {
				delta := u[j] - m[j]
				out[j] = constant[j] - 0.5*delta*delta*precision[j]
			}
		},
		Backward: func(_ int, din []float32, in [][]float32, _, dout []float32) {
			u := in[0]
			for j := range din {
				din[j] -= dout[j] * (u[j] - m[j]) * precision[j]
			}
		},
	}, u)
}

// Stopped adds x as a node that no gradient passes through.
func (g *Graph) Stopped(x *gorgonia.Node) (*gorgonia.Node, error) {
	return g.apply("stopped", identity{}, x.Shape(), nil, nil, x)
}

type identity struct{}

func (identity) Run(out []float32, in [][]float32) { copy(out, in[0]) }
