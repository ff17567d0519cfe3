package main

import (
	"fmt"

	"vaectl/vae"
)

// labelFlag is the flag of commands that can ask a conditional model for one label.
const labelFlag = "label"

// addLabel adds --label; otherwise says what holds without it.
func (o *viewOptions) addLabel(otherwise string) {
	o.flags.IntVar(&o.label, labelFlag, 0, "the `class` that a conditional model is asked for (default: "+otherwise+")")
}

// given is the model for the label that was asked for.
func given(m *vae.Model, run string, label int) (*vae.Model, error) {
	classes := m.Classes()
	if classes == 0 {
		return nil, &usageError{err: fmt.Errorf("--label %d: run %s is not conditional", label, run), hint: "train one that is with --conditional"}
	}
	if label < 0 || label >= classes {
		return nil, usagef("--label %d: run %s knows the labels 0 to %d", label, run, classes-1)
	}
	return m.Given(label)
}

// asksLabel tells whether one label is asked for. Not every command has the
// flag, nor has any flags of its own.
func (o *viewOptions) asksLabel() bool { return o.flags != nil && o.flags.Changed(labelFlag) }

// pick makes the view one of the label that was asked for, or else of the
// fallback; a model that is not conditional has none.
func (o *viewOptions) pick(v view, fallback int) (view, error) {
	if !o.asksLabel() {
		if v.Classes() == 0 {
			return v, nil
		}
		return v.of(fallback)
	}
	return v.of(o.label)
}

// of is the view for one label.
func (v view) of(label int) (view, error) {
	m, err := given(v.Model, v.name(), label)
	if err != nil {
		return v, err
	}
	v.Model, v.label = m, &label
	return v, nil
}

// labelText follows what is said of pictures of one label.
func labelText(label *int) string {
	if label == nil {
		return ""
	}
	return fmt.Sprintf(", label %d", *label)
}

// labels are those of the images with the given indices, for a model that reads
// them; nil for one that does not or where the images have none.
func (s seen) labels(m *vae.Model, indices []int) []int {
	if m.Classes() == 0 || s.images.Labels == nil {
		return nil
	}
	labels := make([]int, len(indices))
	for i, index := range indices {
		labels[i] = s.images.Labels[index]
	}
	return labels
}
