package vae

import (
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
)

// ErrLabels: a conditional model was given no labels, or others than it knows;
// or a model that reads none was given some.
var ErrLabels = errors.New("labels do not fit the model")

// Classes is the number of labels of a conditional model, which reads them
// beside the image and beside z; 0 where the model reads none.
func (m *Model) Classes() int {
	if !m.config.Model.Conditional {
		return 0
	}
	return m.config.Model.Classes
}

// Given is a conditional model for one label: the same weights, and every image
// and z that come without labels of their own have this one.
func (m *Model) Given(label int) (*Model, error) {
	if m.Classes() == 0 {
		return nil, fmt.Errorf("%w: label %d for a model that reads none", ErrLabels, label)
	}
	if err := m.checkLabels([]int{label}, 1); err != nil {
		return nil, err
	}
	given := *m
	given.label, given.isGiven = label, true
	return &given, nil
}

// checkLabels checks those that come with rows of pixels or z.
func (m *Model) checkLabels(labels []int, rows int) error {
	classes := m.Classes()
	switch {
	case classes == 0 && len(labels) > 0:
		return fmt.Errorf("%w: %d labels for a model that reads none", ErrLabels, len(labels))
	case classes > 0 && len(labels) == 0 && !m.isGiven:
		return fmt.Errorf("%w: the model is conditional and wants a label from 0 to %d with every image and code", ErrLabels, classes-1)
	case len(labels) > 0 && len(labels) != rows:
		return fmt.Errorf("%w: %d labels for %d rows", ErrLabels, len(labels), rows)
	}
	for _, label := range labels {
		if label < 0 || label >= classes {
			return fmt.Errorf("%w: label %d, the model knows 0 to %d", ErrLabels, label, classes-1)
		}
	}
	return nil
}

// checkSplit checks the labels of images that are read from a split. Those of
// the images win over the one a model is given.
func (m *Model) checkSplit(s *data.Split) error {
	if m.Classes() == 0 || s.Labels == nil && m.isGiven {
		return nil
	}
	if s.Labels == nil {
		return fmt.Errorf("%w: the model is conditional and the images have no labels", ErrLabels)
	}
	for i, label := range s.Labels {
		if int(label) >= m.Classes() {
			return fmt.Errorf("%w: image %d has the label %d, the model knows 0 to %d", ErrLabels, i, label, m.Classes()-1)
		}
	}
	return nil
}

// addLabels puts the labels of so many images on the graph, where the model
// reads them.
func (n *network) addLabels(images int) (err error) {
	if n.model.Classes() > 0 {
		n.labels, err = n.graph.Input("labels", images)
	}
	return err
}

// labelData is the memory of the graph's labels; nil where there are none.
func (n *network) labelData() []float32 {
	if n.labels == nil {
		return nil
	}
	return n.graph.Data(n.labels)
}

// setLabels fills the memory of a graph's labels with those of the rows from
// first on, checked before, or the given one.
func (m *Model) setLabels(dst []float32, labels []int, first int) {
	for i := range dst {
		dst[i] = float32(m.label)
		if first+i < len(labels) {
			dst[i] = float32(labels[first+i])
		}
	}
}

// readLabels fills the memory of a graph's labels with those of a reader's
// images, or the given one.
func (m *Model) readLabels(dst []float32, r *data.Reader, indices []int32) {
	switch {
	case len(dst) == 0:
	case r.Split().Labels == nil:
		m.setLabels(dst, nil, 0)
	default:
		r.Labels(dst, indices)
	}
}

// SampleClasses draws so many z from the prior and decodes them under every label
// of a conditional model: all of label 0 first, and the i-th of each label of
// the same z.
func (m *Model) SampleClasses(count int, seed uint64) (Samples, error) {
	var all Samples
	for label := range m.Classes() {
		given, err := m.Given(label)
		if err != nil {
			return Samples{}, err
		}
		s, err := given.Sample(count, seed)
		if err != nil {
			return Samples{}, err
		}
		all.Z, all.Means, all.outputs = append(all.Z, s.Z...), append(all.Means, s.Means...), append(all.outputs, s.outputs...)
	}
	if all.Z == nil {
		return Samples{}, fmt.Errorf("%w: samples of every label of a model that reads none", ErrLabels)
	}
	return all, nil
}

// linear adds a layer's map of x, with the label where the layer reads it.
func (n *network) linear(x *gorgonia.Node, l *layer, weights gorgonia.Nodes, act kernel.Activation) (*gorgonia.Node, error) {
	if l.classes > 0 {
		return n.graph.LabelledLinear(x, weights[l.weight], weights[l.bias], weights[l.table], n.labels, act)
	}
	return n.graph.Linear(x, weights[l.weight], weights[l.bias], act)
}
