package loss

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// MonteCarloKL adds an estimate of KL(q(z|x) || p(z)) in nats from the
// posterior's own draws u,
//
//	log q(u|x) - log p(u)
//
// averaged over the draws of an image. logP is log p(u) as [DensityPrior]
// has it; the output is [images, latents] for one value a dimension and
// [images, 1] for one value a draw. Single values may be negative; their mean
// is the KL, because KL does not change under the map from u to z.
func MonteCarloKL(q *Posterior, logP *gorgonia.Node) (*gorgonia.Node, error) {
	shape := logP.Shape()
	if shape.Dims() != 2 || shape[0] != q.u.Shape()[0] || (shape[1] != 1 && shape[1] != q.latents) {
		return nil, fmt.Errorf("log density of shape %v does not fit draws of %v", shape, q.u.Shape())
	}
	logQ, err := q.LogQ()
	if err != nil {
		return nil, err
	}
	ratio, err := q.graph.Rows(logRatio(shape[1]), logQ, logP)
	if err != nil {
		return nil, err
	}
	return q.graph.MeanOfDraws(ratio, q.params.Shape()[0])
}

// logRatio takes log p from log q: dimension by dimension, or all of log q at
// once where log p has one value.
func logRatio(columns int) graph.RowFunc {
	return graph.RowFunc{
		Name:           "log q - log p",
		Columns:        columns,
		Differentiable: []bool{true, true},
		Forward: func(out []float32, in [][]float32) {
			logQ, logP := in[0], in[1]
			if len(logQ) == len(out) {
				for d := range out {
					out[d] = logQ[d] - logP[d]
				}
				return
			}
			var sum float64
			for _, v := range logQ {
				sum += float64(v)
			}
			out[0] = float32(sum - float64(logP[0]))
		},
		Backward: func(i int, din []float32, _ [][]float32, _, dout []float32) {
			for d := range din {
				switch {
				case i == 1:
					din[d] -= dout[d]
				case len(din) == len(dout):
					din[d] += dout[d]
				default:
					din[d] += dout[0]
				}
			}
		},
	}
}
