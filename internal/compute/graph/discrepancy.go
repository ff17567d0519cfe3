package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// discrepancyScales are those of the kernel of a [Graph.Discrepancy] (Tolstikhin
// et al. 2018, in their code), in units of twice the dimensions: the expected
// squared distance of two draws of mean 0 and variance 1.
func discrepancyScales() []float64 { return []float64{0.1, 0.2, 0.5, 1, 2, 5, 10} }

// Discrepancy adds the unbiased estimate of the squared maximum mean discrepancy
// (Gretton et al. 2012, equation 3) between the rows of x, shifted and scaled to
// (x-shift)/scale, and those of y, which are taken as they are:
//
//	sum_{i!=j} k(x_i, x_j) / m(m-1) + sum_{i!=j} k(y_i, y_j) / n(n-1) - 2 sum_ij k(x_i, y_j) / mn
//
// with the inverse multiquadratic kernel k = sum_s c_s / (c_s + |x-y|^2) of seven
// scales (Tolstikhin et al. 2018, section 4). x is [m, d], y is [n, d], shift and
// scale have d values, and scale must be positive. The output is a scalar and
// differentiable in x. Of fewer than two rows nothing can be said: it is then 0.
func (g *Graph) Discrepancy(x, y *gorgonia.Node, shift, scale []float64) (*gorgonia.Node, error) {
	m, d, err := matrix("draws", x)
	if err != nil {
		return nil, err
	}
	n, width, err := matrix("draws to compare with", y)
	if err != nil {
		return nil, err
	}
	if width != d || len(shift) != d || len(scale) != d {
		return nil, fmt.Errorf("graph: draws of shape %v do not fit %v, %d shifts and %d scales", x.Shape(), y.Shape(), len(shift), len(scale))
	}
	k := &discrepancy{
		engine: g.engine, m: m, n: n, d: d, shift: make([]float32, d), inverse: make([]float32, d),
		x: make([]float32, m*d), gradient: make([]float32, m*d), sums: make([]float64, max(m, n)), scratch: make([]float64, max(m, n)*d),
	}
	for i := range d {
		if !(scale[i] > 0) {
			return nil, fmt.Errorf("graph: scale %g of dimension %d is not positive", scale[i], i)
		}
		k.shift[i], k.inverse[i] = float32(shift[i]), float32(1/scale[i])
	}
	for _, s := range discrepancyScales() {
		k.scales = append(k.scales, 2*s*float64(d))
	}
	grad := func(_ gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(discrepancy)", &discrepancyGrad{k}, tensor.Shape{m, d}, nil, nil, out, grad)
		return gorgonia.Nodes{dx, nil}, err
	}
	return g.apply("discrepancy", k, tensor.Shape{}, grad, []bool{true, false}, x, y)
}

// discrepancy leaves its gradient behind: it is made of the same distances.
type discrepancy struct {
	engine         *kernel.Engine
	m, n, d        int
	shift, inverse []float32
	scales         []float64
	x              []float32 // standardised, [m, d]
	gradient       []float32
	sums           []float64 // of the kernels that belong to a row
	scratch        []float64 // a gradient a row

	y []float32
}

func (k *discrepancy) Run(out []float32, in [][]float32) {
	k.y = in[1]
	for i := range k.x {
		k.x[i] = (in[0][i] - k.shift[i%k.d]) * k.inverse[i%k.d]
	}
	out[0] = 0
	if k.m < 2 || k.n < 2 {
		clear(k.gradient)
		return
	}
	k.engine.Run(chunks(max(k.m, k.n), k.perChunk()), k)
	var total float64
	for _, v := range k.sums {
		total += v
	}
	out[0] = float32(total)
}

// perChunk counts rows, each of which is compared with all others.
func (k *discrepancy) perChunk() int { return max(1, 1024/(k.m+k.n)) }

func (k *discrepancy) Chunk(i int) {
	lo, hi := chunk(i, max(k.m, k.n), k.perChunk())
	within := 1 / (float64(k.m) * float64(k.m-1))
	target := 1 / (float64(k.n) * float64(k.n-1))
	across := -2 / (float64(k.m) * float64(k.n))
	for r := lo; r < hi; r++ {
		k.sums[r] = 0
		if r < k.m {
			row, slope := k.x[r*k.d:(r+1)*k.d], k.scratch[r*k.d:(r+1)*k.d]
			clear(slope)
			// A pair is counted twice, and moves with both of its ends.
			k.sums[r] += within * k.compare(row, k.x, r, slope, 2*within)
			k.sums[r] += across * k.compare(row, k.y, -1, slope, across)
			for j, v := range slope {
				k.gradient[r*k.d+j] = float32(v) * k.inverse[j]
			}
		}
		if r < k.n {
			k.sums[r] += target * k.compare(k.y[r*k.d:(r+1)*k.d], k.y, r, nil, 0)
		}
	}
}

// compare sums the kernel of a row with all rows of others but the one at self,
// and adds weight times its gradient with respect to the row to slope, unless nil.
func (k *discrepancy) compare(row, others []float32, self int, slope []float64, weight float64) float64 {
	var sum float64
	for j := 0; j*k.d < len(others); j++ {
		if j == self {
			continue
		}
		other := others[j*k.d : (j+1)*k.d]
		var distance float64
		for i, v := range row {
			diff := float64(v - other[i])
			distance += diff * diff
		}
		var value, derivative float64
		for _, c := range k.scales {
			part := c / (c + distance)
			value += part
			derivative -= part * part / c
		}
		sum += value
		if slope == nil {
			continue
		}
		factor := 2 * weight * derivative
		for i, v := range row {
			slope[i] += factor * float64(v-other[i])
		}
	}
	return sum
}

type discrepancyGrad struct{ forward *discrepancy }

func (k *discrepancyGrad) Run(out []float32, in [][]float32) {
	for i, v := range k.forward.gradient {
		out[i] = in[1][0] * v
	}
}

// PenalizedLoss adds the loss of a model that is not held by a KL but by a
// penalty, a scalar (Tolstikhin et al. 2018, algorithm 2), in nats per image:
//
//	-mean(loglik) + sum_d mean(kl[:, d]) + weight * penalty
//
// loglik has one value a sample of an image; kl is [rows, d], what is left of a
// KL beside the penalty, or nil.
func (g *Graph) PenalizedLoss(loglik, kl, penalty *gorgonia.Node, weight float64) (*gorgonia.Node, error) {
	if loglik.Shape().Dims() != 1 || nodeDims(penalty) != 0 {
		return nil, fmt.Errorf("graph: log-likelihood of shape %v and penalty of %v, want a vector and a scalar", loglik.Shape(), penalty.Shape())
	}
	forward := &penalizedLoss{weight: weight}
	inputs, diff := gorgonia.Nodes{loglik, penalty}, []bool{true, true}
	if kl != nil {
		var err error
		if forward.rows, forward.cols, err = matrix("KL", kl); err != nil {
			return nil, err
		}
		inputs, diff = append(inputs, kl), append(diff, true)
	}
	grad := func(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dl, err := g.apply("d(log-likelihood)", &meanGrad{scale: -1}, loglik.Shape(), nil, nil, grad)
		if err != nil {
			return nil, err
		}
		dp, err := g.apply("d(penalty)", &meanGrad{scale: float32(weight)}, tensor.Shape{}, nil, nil, grad)
		if err != nil || kl == nil {
			return gorgonia.Nodes{dl, dp}, err
		}
		dk, err := g.apply("d(kl)", &meanGrad{scale: float32(forward.cols)}, kl.Shape(), nil, nil, grad)
		return gorgonia.Nodes{dl, dp, dk}, err
	}
	return g.apply("penalized loss", forward, tensor.Shape{}, grad, diff, inputs...)
}

type penalizedLoss struct {
	weight     float64
	rows, cols int // of the KL
}

func (p *penalizedLoss) Run(out []float32, in [][]float32) {
	var loglik, kl float64
	for _, v := range in[0] {
		loglik += float64(v)
	}
	if len(in) == 3 {
		for _, v := range in[2] {
			kl += float64(v)
		}
		kl /= float64(p.rows)
	}
	out[0] = float32(-loglik/float64(len(in[0])) + kl + p.weight*float64(in[1][0]))
}
