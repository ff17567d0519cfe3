package main

import (
	"fmt"

	"vaectl/data"
	"vaectl/vae"
)

// labelFlag is the flag of commands that can ask a conditional model for one label.
const labelFlag = "label"

// addLabel adds --label; otherwise says what holds without it.
func (o *viewOptions) addLabel(otherwise string) {
	o.flags.IntVar(&o.label, labelFlag, 0, "the `class` that a conditional model is asked for (default: "+otherwise+")")
}

// checkLabel refuses a label that a model does not know.
func checkLabel(m *vae.Model, run string, label int) error {
	classes := m.Classes()
	if classes == 0 {
		return &usageError{err: fmt.Errorf("--label %d: run %s is not conditional", label, run), hint: "train one that is with --conditional"}
	}
	if label < 0 || label >= classes {
		return usagef("--label %d: run %s knows the labels 0 to %d", label, run, classes-1)
	}
	return nil
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
	if err := checkLabel(v.Model, v.name(), label); err != nil {
		return v, err
	}
	v.label = &label
	return v, nil
}

// labels is the label that everything is of for each of so many rows; none for a model
// that reads no labels.
func (v view) labels(rows int) []int {
	if v.label == nil {
		return nil
	}
	return v.SameLabel(*v.label, rows)
}

// oneLabel is the label that everything is of; 0, which nobody reads, where there is
// none.
func (v view) oneLabel() int {
	if v.label == nil {
		return 0
	}
	return *v.label
}

// labelText follows what is said of pictures of one label.
func labelText(label *int) string {
	if label == nil {
		return ""
	}
	return fmt.Sprintf(", label %d", *label)
}

// batch is the given images as an evaluation reads them: with the label that
// everything is of or, for a conditional model, their own labels.
func (v view) batch(s seen, indices []int) vae.Batch {
	b := vae.Batch{Pixels: s.pixels(indices, v.seed), Labels: v.labels(len(indices))}
	if b.Labels != nil || v.Classes() == 0 || s.images.Labels == nil {
		return b
	}
	for _, index := range indices {
		b.Labels = append(b.Labels, s.images.Labels[index])
	}
	return b
}

// labelled is images with the label that everything is of where they have none of
// their own.
func (v view) labelled(s seen) (seen, error) {
	if v.label == nil || v.Classes() == 0 || s.images.Labels != nil {
		return s, nil
	}
	images := *s.images
	images.Labels = v.labels(images.Count)
	s.images = &images
	var err error
	s.reader, err = data.NewReader(s.images, data.Binarization(s.binarize), v.engine)
	return s, err
}
