package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// CapacityLoss adds the loss that holds the KL at a capacity, in nats per image
// (Burgess et al. 2018, equation 8, with the mean over the batch within the bars):
//
//	-mean(loglik) + weight * |sum_d mean(kl[:, d]) - capacity|
//
// loglik has one value a sample of an image, kl is [rows, d], and capacity is a
// scalar in nats. Where the KL is at the capacity exactly its gradient is zero.
func (g *Graph) CapacityLoss(loglik, kl, capacity *gorgonia.Node, weight float64) (*gorgonia.Node, error) {
	samples, rows, cols, err := likelihoodAndKL(loglik, kl)
	if err != nil {
		return nil, err
	}
	if nodeDims(capacity) != 0 {
		return nil, fmt.Errorf("graph: capacity has shape %v, wants a scalar", capacity.Shape())
	}
	forward := &capacityLoss{rows: rows, weight: weight}
	grad := func(_ gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dl, err := g.apply("d(log-likelihood)", &meanGrad{scale: -1}, tensor.Shape{samples}, nil, nil, grad)
		if err != nil {
			return nil, err
		}
		dk, err := g.apply("d(kl)", &capacityGrad{forward}, tensor.Shape{rows, cols}, nil, nil, out, grad)
		return gorgonia.Nodes{dl, dk, nil}, err
	}
	return g.apply("capacity loss", forward, tensor.Shape{}, grad, []bool{true, true, false}, loglik, kl, capacity)
}

// capacityLoss leaves how far the KL is above the capacity for the gradient.
type capacityLoss struct {
	rows   int
	weight float64
	excess float64
}

func (c *capacityLoss) Run(out []float32, in [][]float32) {
	var loglik, kl float64
	for _, v := range in[0] {
		loglik += float64(v)
	}
	for _, v := range in[1] {
		kl += float64(v)
	}
	c.excess = kl/float64(c.rows) - float64(in[2][0])
	out[0] = float32(-loglik/float64(len(in[0])) + c.weight*math.Abs(c.excess))
}

type capacityGrad struct{ forward *capacityLoss }

func (c *capacityGrad) Run(out []float32, in [][]float32) {
	f := c.forward
	share := float32(0)
	switch {
	case f.excess > 0:
		share = float32(f.weight / float64(f.rows))
	case f.excess < 0:
		share = float32(-f.weight / float64(f.rows))
	}
	share *= in[1][0]
	for i := range out {
		out[i] = share
	}
}
