package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// MeanOfDraws adds the mean over the draws of an image: x is [images*k, n] with
// the k draws of an image one after the other, the output [images, n]. With one
// draw an image it is x itself.
func (g *Graph) MeanOfDraws(x *gorgonia.Node, images int) (*gorgonia.Node, error) {
	rows, cols, err := matrix("draws", x)
	if err != nil {
		return nil, err
	}
	if images < 1 || rows%images != 0 {
		return nil, fmt.Errorf("graph: %d rows are not the draws of %d images", rows, images)
	}
	if rows == images {
		return x, nil
	}
	m := &meanOfDraws{images: images, draws: rows / images, cols: cols}
	grad := func(_ gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d(mean of draws)", &meanOfDrawsGrad{m}, tensor.Shape{rows, cols}, nil, nil, grad)
		return gorgonia.Nodes{dx}, err
	}
	return g.apply("mean of draws", m, tensor.Shape{images, cols}, grad, []bool{true}, x)
}

type meanOfDraws struct{ images, draws, cols int }

func (m *meanOfDraws) Run(out []float32, in [][]float32) {
	for image := range m.images {
		mean := out[image*m.cols : (image+1)*m.cols]
		for j := range mean {
			var sum float64
			for k := range m.draws {
				sum += float64(in[0][(image*m.draws+k)*m.cols+j])
			}
			mean[j] = float32(sum / float64(m.draws))
		}
	}
}

type meanOfDrawsGrad struct{ *meanOfDraws }

func (m *meanOfDrawsGrad) Run(out []float32, in [][]float32) {
	share := 1 / float32(m.draws)
	for row := range m.images * m.draws {
		grad := in[0][row/m.draws*m.cols:]
		for j := range m.cols {
			out[row*m.cols+j] = share * grad[j]
		}
	}
}
