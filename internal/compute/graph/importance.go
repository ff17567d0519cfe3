package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// LogWeights adds the log importance weight of every draw, in nats, [rows]:
//
//	log w = loglik + beta * (sum of priors - sum of posteriors)
//
// loglik is log p(x|z), [rows]; priors and posteriors are log densities of the
// latent variables, each [rows] or [rows, n] with a value a dimension; beta is a
// scalar, 1 for weights that bound log p(x).
func (g *Graph) LogWeights(loglik, beta *gorgonia.Node, priors, posteriors gorgonia.Nodes) (*gorgonia.Node, error) {
	if loglik.Shape().Dims() != 1 || nodeDims(beta) != 0 {
		return nil, fmt.Errorf("graph: log-likelihood of shape %v and beta of %v, want a vector and a scalar", loglik.Shape(), beta.Shape())
	}
	rows := loglik.Shape()[0]
	w := &logWeights{engine: g.engine, rows: rows}
	inputs := gorgonia.Nodes{loglik, beta}
	diff := []bool{true, false}
	for i, terms := range []gorgonia.Nodes{priors, posteriors} {
		sign := float64(1 - 2*i)
		for _, n := range terms {
			s := n.Shape()
			if s.Dims() < 1 || s.Dims() > 2 || s[0] != rows {
				return nil, fmt.Errorf("graph: log density of shape %v does not fit a log-likelihood of %v", s, loglik.Shape())
			}
			w.terms = append(w.terms, weightTerm{sign: sign, width: s.TotalSize() / rows})
			inputs = append(inputs, n)
			diff = append(diff, true)
		}
	}
	grad := func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		grads := gorgonia.Nodes{grad, nil}
		for i, t := range w.terms {
			back := &weightTermGrad{engine: g.engine, rows: rows, term: t}
			dt, err := g.apply("d(log density)", back, in[2+i].Shape(), nil, nil, in[1], grad)
			if err != nil {
				return nil, err
			}
			grads = append(grads, dt)
		}
		return grads, nil
	}
	return g.apply("log weights", w, tensor.Shape{rows}, grad, diff, inputs...)
}

// weightTerm is one log density in a weight: its sign and its columns.
type weightTerm struct {
	sign  float64
	width int
}

type logWeights struct {
	engine *kernel.Engine
	rows   int
	terms  []weightTerm
}

func (w *logWeights) extent() (rows, width int) {
	width = 1
	for _, t := range w.terms {
		width += t.width
	}
	return w.rows, 4 * width
}

func (w *logWeights) Run(out []float32, in [][]float32) { runByRows(w.engine, w, out, in) }

func (w *logWeights) over(out []float32, in [][]float32) rowRange {
	loglik, densities := in[0], in[2:]
	return func(from, to int) {
		beta := float64(in[1][0])
		for r := from; r < to; r++ {
			var ratio float64
			for t, term := range w.terms {
				ratio += term.sign * w.engine.Sum(densities[t][r*term.width:(r+1)*term.width])
			}
			out[r] = float32(float64(loglik[r]) + beta*ratio)
		}
	}
}

// weightTermGrad gives each column of a term the gradient of its row.
type weightTermGrad struct {
	engine *kernel.Engine
	rows   int
	term   weightTerm
}

func (w *weightTermGrad) extent() (rows, width int) { return w.rows, w.term.width }

func (w *weightTermGrad) Run(out []float32, in [][]float32) { runByRows(w.engine, w, out, in) }

func (w *weightTermGrad) over(out []float32, in [][]float32) rowRange {
	width, grads := w.term.width, in[1]
	return func(from, to int) {
		scale := float32(w.term.sign) * in[0][0]
		for r := from; r < to; r++ {
			row, value := out[r*width:(r+1)*width], scale*grads[r]
			for j := range row {
				row[j] = value
			}
		}
	}
}

// ImportanceBound is the importance-weighted bound of a batch and the
// normalised weights its gradient is made of.
type ImportanceBound struct {
	// Cost is the negative bound in nats per image, a scalar.
	Cost *gorgonia.Node
	// Weights are w / sum(w) over the draws of an image, [rows]. They are
	// constants to the gradient.
	Weights *gorgonia.Node
}

// NegativeImportanceBound adds
//
//	-mean_images(log(1/k sum_draws w))
//
// given log w, [images*k] (Burda et al. 2016, equation 8). The gradient with
// respect to log w is the normalised weight of a draw (equations 13 and 14).
func (g *Graph) NegativeImportanceBound(logw *gorgonia.Node, samples int) (ImportanceBound, error) {
	s := logw.Shape()
	if s.Dims() != 1 || samples < 1 || s[0]%samples != 0 {
		return ImportanceBound{}, fmt.Errorf("graph: log weights of shape %v are not %d draws an image", s, samples)
	}
	rows := s[0]
	forward := &importanceBound{samples: samples, scratch: make([]float32, samples)}
	var bound ImportanceBound
	grad := func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &importanceGrad{images: rows / samples}
		dw, err := g.apply("d(log weights)", back, s, nil, nil, bound.Weights, grad)
		return gorgonia.Nodes{dw}, err
	}
	var err error
	if bound.Cost, err = g.apply("negative importance-weighted bound", forward, tensor.Shape{}, grad, []bool{true}, logw); err != nil {
		return ImportanceBound{}, err
	}
	bound.Weights, err = g.apply("normalised weights", &importanceWeights{samples}, s, nil, nil, logw)
	return bound, err
}

type importanceBound struct {
	samples int
	scratch []float32
}

func (b *importanceBound) Run(out []float32, in [][]float32) {
	logw := in[0]
	var total float64
	for first := 0; first < len(logw); first += b.samples {
		total += normalise(b.scratch, logw[first:first+b.samples])
	}
	out[0] = float32(-total / float64(len(logw)/b.samples))
}

// normalise writes the normalised weights of one image and returns the log of
// the mean weight.
func normalise(weights, logw []float32) float64 {
	largest := math.Inf(-1)
	for _, v := range logw {
		// Of NaN and a number the maximum is NaN: a diverged run must be seen as one.
		largest = max(largest, float64(v))
	}
	var sum float64
	for i, v := range logw {
		w := math.Exp(float64(v) - largest)
		weights[i] = float32(w)
		sum += w
	}
	for i := range weights {
		weights[i] = float32(float64(weights[i]) / sum)
	}
	return largest + math.Log(sum/float64(len(logw)))
}

type importanceWeights struct{ samples int }

func (w *importanceWeights) Run(out []float32, in [][]float32) {
	for first := 0; first < len(out); first += w.samples {
		normalise(out[first:first+w.samples], in[0][first:first+w.samples])
	}
}

type importanceGrad struct{ images int }

func (b *importanceGrad) Run(out []float32, in [][]float32) {
	weights, share := in[0], -in[1][0]/float32(b.images)
	for i := range out {
		out[i] = share * weights[i]
	}
}

// Rescaler is where the gradients of an importance-weighted bound pass from the
// draws to the encoder and become doubly reparameterised ones (Tucker et al.
// 2019, equation 8). The bound gives draw i the gradient w_i d(log w_i), with w
// the normalised weights; on its way through a Rescaler it is multiplied by w_i
// once more. With a weight beta on the KL part of log w the factor is
// 1 - beta + beta w_i, by the same derivation. The densities of the posterior
// must then not be differentiated with respect to its parameters directly, only
// through the draws.
type Rescaler struct {
	graph   *Graph
	beta    *gorgonia.Node
	weights *gorgonia.Node
}

// NewRescaler takes the weight of the KL part, a scalar.
func (g *Graph) NewRescaler(beta *gorgonia.Node) *Rescaler { return &Rescaler{graph: g, beta: beta} }

// NegativeBound is [Graph.NegativeImportanceBound] of log weights made of draws
// that have passed: the bound whose gradients are rescaled.
func (r *Rescaler) NegativeBound(logw *gorgonia.Node, samples int) (ImportanceBound, error) {
	b, err := r.graph.NegativeImportanceBound(logw, samples)
	r.weights = b.Weights
	return b, err
}

// Pass adds u, [rows, d], with the gradient rescaled on its way back.
func (r *Rescaler) Pass(u *gorgonia.Node) (*gorgonia.Node, error) {
	rows, cols, err := matrix("draws", u)
	if err != nil {
		return nil, err
	}
	grad := func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		if r.weights == nil {
			return nil, fmt.Errorf("graph: gradients of draws that passed a Rescaler, of another cost than its bound")
		}
		back := &rescaledGrad{engine: r.graph.engine, rows: rows, cols: cols}
		du, err := r.graph.apply("d(draws) rescaled", back, tensor.Shape{rows, cols}, nil, nil, r.weights, r.beta, grad)
		return gorgonia.Nodes{du}, err
	}
	return r.graph.apply("draws", identity{}, tensor.Shape{rows, cols}, grad, []bool{true}, u)
}

type rescaledGrad struct {
	engine     *kernel.Engine
	rows, cols int
}

func (s *rescaledGrad) extent() (rows, width int) { return s.rows, s.cols }

func (s *rescaledGrad) Run(out []float32, in [][]float32) { runByRows(s.engine, s, out, in) }

func (s *rescaledGrad) over(out []float32, in [][]float32) rowRange {
	weights, grads := in[0], in[2]
	return func(from, to int) {
		beta := in[1][0]
		for r := from; r < to; r++ {
			at, end := r*s.cols, (r+1)*s.cols
			s.engine.Scale(out[at:end], 1-beta+beta*weights[r], grads[at:end])
		}
	}
}
