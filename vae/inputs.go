package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/graph"
)

// Inputs are all that a graph of the model reads, apart from the weights. The slices
// are the graph's own memory: fill them, never replace them.
type Inputs struct {
	// Pixels are those of the images, [images, values], in [0, 1].
	Pixels []float32
	// Labels has one label per image; nil for a model that reads none.
	Labels []float32
	// Noise holds standard normal draws, [images*draws, n] for each stochastic level
	// of n dimensions, one level after the other.
	Noise []float32
	// Targets are draws of the prior that the mmd objective matches z to, [images,
	// latents], in the frame in which the prior has mean 0 and variance 1; nil for
	// another objective.
	Targets []float32
	// Beta is the weight of the KL term.
	Beta float64
	// Capacity is the KL, in nats per image, that the capacity objective holds.
	Capacity float64
}

// Read fills pixels and labels with images of a reader. Rows beyond the images
// stay as they are.
func (in *Inputs) Read(r *data.Reader, indices []int32, draw data.Draw) {
	r.Read(in.Pixels[:len(indices)*r.Split().Values()], indices, draw)
	if in.Labels != nil {
		r.Labels(in.Labels[:len(indices)], indices)
	}
}

// set fills pixels and labels, as far as the graph has rows for them, with those of
// a batch from an image on, and returns how many images there were.
func (in *Inputs) set(b Batch, first, values int) (images int) {
	images = copy(in.Pixels, b.Pixels[first*values:]) / values
	in.label(b.Labels, first)
	return images
}

// label fills the labels with those from a row on.
func (in *Inputs) label(labels []int, first int) {
	for i := range min(len(in.Labels), len(labels)-first) {
		in.Labels[i] = float32(labels[first+i])
	}
}

// leaves are the nodes of a graph's inputs and their memory.
type leaves struct {
	Inputs
	x, labels, beta  *gorgonia.Node
	capacity, target *gorgonia.Node // nil where the objective has none
	noise            noiseInput
	eps              gorgonia.Nodes // the noise of each level

	betaValue, capacityValue []float32 // the memory of the two scalars
}

// addImages adds the leaves of pixels and labels.
func (l *leaves) addImages(g *graph.Graph, m *Model, images int) (err error) {
	if l.x, err = g.Input("x", images, m.Values()); err != nil {
		return err
	}
	l.Pixels = g.Data(l.x)
	return l.addLabels(g, m, images)
}

// addLabels adds the leaf of labels where the model reads them.
func (l *leaves) addLabels(g *graph.Graph, m *Model, images int) (err error) {
	if m.Classes() == 0 {
		return nil
	}
	if l.labels, err = g.Input("labels", images); err != nil {
		return err
	}
	l.Labels = g.Data(l.labels)
	return nil
}

// addNoise adds the noise of every level of the given sizes, [rows, size] each.
func (l *leaves) addNoise(g *graph.Graph, name string, rows int, sizes []int) error {
	l.noise = newNoiseInput(rows, sizes)
	l.Noise = l.noise.all
	for i, size := range sizes {
		n, err := g.Leaf(fmt.Sprintf("%s %d", name, i), l.noise.levels[i], rows, size)
		if err != nil {
			return err
		}
		l.eps = append(l.eps, n)
	}
	return nil
}

// fill writes the numbers that the caller set into the graph.
func (l *leaves) fill(in *Inputs) {
	l.betaValue[0] = float32(in.Beta)
	if l.capacity != nil {
		l.capacityValue[0] = float32(in.Capacity)
	}
}
