package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// LabelChannels adds to every pixel of a map what a table says of the image's
// label: y[c, pixel] = x[c, pixel] + table[label, c]. table is [classes, channels],
// as PyTorch's nn.Embedding; labels are class numbers, [images], and row r of x has
// the label of image r*images/rows. x and table are differentiable.
func (g *Graph) LabelChannels(x, table, labels *gorgonia.Node, of Map) (*gorgonia.Node, error) {
	rows, err := of.maps("maps that read labels", x)
	if err != nil {
		return nil, err
	}
	classes, channels, err := matrix("table of labels", table)
	if err != nil {
		return nil, err
	}
	if labels.Shape().Dims() != 1 || rows%labels.Shape()[0] != 0 || channels != of.Channels {
		return nil, fmt.Errorf("graph: labels of shape %v and a table of %v do not fit %d maps of %v", labels.Shape(), table.Shape(), rows, of)
	}
	l := &labelChannels{engine: g.engine, labelRows: labelRows{classes: classes, perLabel: rows / labels.Shape()[0]}, rows: rows, shape: of}
	grad := func(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		dt, err := g.apply("d(labels)", &labelChannelsGrad{labelChannels: *l, gradientOf: gradientOf{l, 1}}, tensor.Shape{classes, channels}, nil, nil, dy, in[2])
		return gorgonia.Nodes{dy, dt, nil}, err
	}
	return g.apply("labels", l, tensor.Shape{rows, of.Values()}, grad, []bool{true, true, false}, x, table, labels)
}

type labelChannels struct {
	labelRows
	engine *kernel.Engine
	rows   int
	shape  Map

	out, x, table, labels []float32
}

func (l *labelChannels) Run(out []float32, in [][]float32) {
	l.out, l.x, l.table, l.labels = out, in[0], in[1], in[2]
	l.engine.Run(l.rows, l)
}

// Chunk computes one image.
func (l *labelChannels) Chunk(row int) {
	added := l.table[l.of(l.labels, row)*l.shape.Channels:]
	for c := range l.shape.Channels {
		at := row*l.shape.Values() + c*l.shape.Pixels()
		out, x := l.out[at:][:l.shape.Pixels()], l.x[at:][:l.shape.Pixels()]
		for p := range out {
			out[p] = x[p] + added[c]
		}
	}
}

// labelChannelsGrad sums over the images of each label and their pixels.
type labelChannelsGrad struct {
	labelChannels
	gradientOf
}

func (l *labelChannelsGrad) Run(out []float32, in [][]float32) {
	l.out, l.x, l.labels = out, in[0], in[1]
	l.engine.Run(l.shape.Channels, l)
}

// Chunk computes one channel.
func (l *labelChannelsGrad) Chunk(c int) {
	for label := range l.classes {
		l.out[label*l.shape.Channels+c] = 0
	}
	for row := range l.rows {
		at := row*l.shape.Values() + c*l.shape.Pixels()
		l.out[l.of(l.labels, row)*l.shape.Channels+c] += float32(l.engine.Sum(l.x[at:][:l.shape.Pixels()]))
	}
}
