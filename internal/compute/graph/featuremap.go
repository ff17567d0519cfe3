package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// Map is the shape of a feature map. On the graph a map of an image is a row of
// Channels*Height*Width values in PyTorch's order: channel, row, column.
type Map struct{ Height, Width, Channels int }

// Pixels is the number of values of a channel.
func (m Map) Pixels() int { return m.Height * m.Width }

// Values is the number of values of an image.
func (m Map) Values() int { return m.Channels * m.Pixels() }

// String writes a map as 28x28x1.
func (m Map) String() string { return fmt.Sprintf("%dx%dx%d", m.Height, m.Width, m.Channels) }

// maps returns the number of images of a node whose rows are maps.
func (m Map) maps(what string, n *gorgonia.Node) (rows int, err error) {
	rows, cols, err := matrix(what, n)
	if err != nil {
		return 0, err
	}
	if m.Height < 1 || m.Width < 1 || m.Channels < 1 || cols != m.Values() {
		return 0, fmt.Errorf("graph: %s of shape %v is not maps of %v", what, n.Shape(), m)
	}
	return rows, nil
}

// perChannel refuses a parameter that has not one value a channel.
func (m Map) perChannel(what string, n *gorgonia.Node) error {
	if n.Shape().TotalSize() != m.Channels {
		return fmt.Errorf("graph: %s of shape %v for %d channels", what, n.Shape(), m.Channels)
	}
	return nil
}
