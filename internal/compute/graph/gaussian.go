package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// GaussianKL adds KL(N(mu, sigma^2) || N(m, s^2)) in nats, one value an image
// and dimension: ln(s/sigma) + (sigma^2 + (mu-m)^2) / (2 s^2) - 1/2.
// posterior is [images, 2d] as from [Graph.Posterior]; mean and std have d
// values each and std must be positive.
func (g *Graph) GaussianKL(posterior *gorgonia.Node, mean, std []float64) (*gorgonia.Node, error) {
	rows, cols, err := matrix("posterior", posterior)
	if err != nil {
		return nil, err
	}
	d := cols / 2
	if cols != 2*d || len(mean) != d || len(std) != d {
		return nil, fmt.Errorf("graph: posterior of shape %v does not fit %d means and %d deviations", posterior.Shape(), len(mean), len(std))
	}
	k := &gaussianKL{
		engine: g.engine, rows: rows, latents: d,
		mean: make([]float32, d), precision: make([]float32, d), logVar: make([]float32, d),
		ratio: make([]float32, rows*d),
	}
	for i := range d {
		if !(std[i] > 0) {
			return nil, fmt.Errorf("graph: standard deviation %g of latent %d is not positive", std[i], i)
		}
		k.mean[i] = float32(mean[i])
		k.precision[i] = float32(1 / (std[i] * std[i]))
		k.logVar[i] = float32(2 * math.Log(std[i]))
	}
	grad := func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dp, err := g.apply("d(gaussian kl)", &gaussianKLGrad{k}, tensor.Shape{rows, cols}, nil, nil, in[0], out, grad)
		return gorgonia.Nodes{dp}, err
	}
	return g.apply("gaussian kl", k, tensor.Shape{rows, d}, grad, []bool{true}, posterior)
}

// gaussianKL leaves sigma^2 / s^2 in ratio for the gradient.
type gaussianKL struct {
	engine                  *kernel.Engine
	rows, latents           int
	mean, precision, logVar []float32
	ratio                   []float32
}

func (k *gaussianKL) extent() (rows, width int) { return k.rows, 4 * k.latents }

func (k *gaussianKL) Run(out []float32, in [][]float32) { runByRows(k.engine, k, out, in) }

func (k *gaussianKL) over(kl []float32, in [][]float32) rowRange {
	d := k.latents
	mean, precision, priorLogVar := k.mean[:d], k.precision[:d], k.logVar[:d]
	return func(from, to int) {
		for r := from; r < to; r++ {
			mu, logvar := halves(in[0], r, d)
			ratio, out := k.ratio[r*d:][:d], kl[r*d:][:d]
			for j := range d {
				ratio[j] = logvar[j] - priorLogVar[j]
			}
			k.engine.Exp(ratio, ratio)
			for j := range d {
				diff := mu[j] - mean[j]
				out[j] = 0.5 * (priorLogVar[j] - logvar[j] + ratio[j] + diff*diff*precision[j] - 1)
			}
		}
	}
}

// gaussianKLGrad: dKL/dmu = (mu-m)/s^2 and dKL/dlogvar = (sigma^2/s^2 - 1)/2.
type gaussianKLGrad struct{ *gaussianKL }

func (k *gaussianKLGrad) Run(out []float32, in [][]float32) { runByRows(k.engine, k, out, in) }

func (k *gaussianKLGrad) over(out []float32, in [][]float32) rowRange {
	d := k.latents
	mean, precision := k.mean[:d], k.precision[:d]
	return func(from, to int) {
		for r := from; r < to; r++ {
			mu, _ := halves(in[0], r, d)
			dMu, dLogVar := halves(out, r, d)
			ratio, up := k.ratio[r*d:][:d], in[2][r*d:][:d]
			for j := range d {
				dMu[j] = up[j] * (mu[j] - mean[j]) * precision[j]
				dLogVar[j] = up[j] * 0.5 * (ratio[j] - 1)
			}
		}
	}
}
