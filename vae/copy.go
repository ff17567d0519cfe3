package vae

import (
	"fmt"
	"slices"
)

// CopyWeights replaces the model's weights by those of another model of the
// same network. The error names the first tensor that differs in name or shape,
// with both shapes, or the setting that would give the same tensors another
// meaning; the weights then stay as they were. What is not the network may
// differ: a prior without weights, the objective, how it is trained.
func (m *Model) CopyWeights(from *Model) error {
	if err := m.sameNetwork(from); err != nil {
		return err
	}
	copy(m.weights, from.weights)
	copy(m.buffers, from.buffers)
	return m.refreshPrior()
}

func (m *Model) sameNetwork(from *Model) error {
	if m.Shape() != from.Shape() {
		return fmt.Errorf("its images are of %v pixels, this model's of %v", from.Shape(), m.Shape())
	}
	for i := range max(len(m.parameters), len(from.parameters)) {
		if i >= len(from.parameters) {
			p := m.parameters[i]
			return fmt.Errorf("it has no tensor %s, which in this model has shape %v", p.Name, p.Shape)
		}
		theirs := from.parameters[i]
		if i >= len(m.parameters) {
			return fmt.Errorf("its tensor %s of shape %v is none of this model's", theirs.Name, theirs.Shape)
		}
		ours := m.parameters[i]
		if ours.Name != theirs.Name {
			return fmt.Errorf("it has the tensor %s of shape %v where this model has %s of shape %v", theirs.Name, theirs.Shape, ours.Name, ours.Shape)
		}
		if !slices.Equal(ours.Shape, theirs.Shape) {
			return fmt.Errorf("its tensor %s has shape %v, this model's has %v", ours.Name, theirs.Shape, ours.Shape)
		}
	}
	ours, theirs := m.config.Model, from.config.Model
	if !ours.Gated && ours.Activation != theirs.Activation {
		return fmt.Errorf("its model.activation (--activation) is %s, this model's is %s", theirs.Activation, ours.Activation)
	}
	if ours.Network == "conv" && ours.Conv.String() != theirs.Conv.String() {
		return fmt.Errorf("its model.conv (--conv) is %v, this model's is %v", theirs.Conv, ours.Conv)
	}
	if ours.Likelihood != theirs.Likelihood {
		return fmt.Errorf("its model.likelihood (--likelihood) is %s, this model's is %s", theirs.Likelihood, ours.Likelihood)
	}
	return nil
}
