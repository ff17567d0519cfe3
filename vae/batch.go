package vae

import (
	"errors"
	"fmt"
	"iter"

	"vaectl/data"
)

// ErrLabels: a conditional model was given no labels, or others than it knows;
// or a model that reads none was given some.
var ErrLabels = errors.New("labels do not fit the model")

// Batch is some images and, for a conditional model, their labels.
type Batch struct {
	// Pixels has a row an image, its channels one after another: [images, values],
	// in [0, 1].
	Pixels []float32
	// Labels has one label an image; nil for a model that reads none.
	Labels []int
}

// Codes is some latent codes and, for a conditional model, the labels to decode
// them under.
type Codes struct {
	// Z has a row a code, in the prior's own units: [codes, latents].
	Z []float64
	// Labels has one label a code; nil for a model that reads none.
	Labels []int
}

// Images reads the images of a split for a model, batch by batch. It is not safe for
// concurrent use.
type Images struct {
	model  *Model
	reader *data.Reader
}

// Images checks that a reader's images are the model's: their shape and, for a
// conditional model, their labels ([ErrLabels]).
func (m *Model) Images(r *data.Reader) (*Images, error) {
	s := r.Split()
	if s.Shape != m.Shape() {
		return nil, fmt.Errorf("images of %v for a model of %v", s.Shape, m.Shape())
	}
	if m.Classes() > 0 && s.Labels == nil {
		return nil, fmt.Errorf("%w: the model is conditional and the images have no labels", ErrLabels)
	}
	if m.Classes() > 0 {
		for i, label := range s.Labels {
			if label >= m.Classes() {
				return nil, fmt.Errorf("%w: image %d has the label %d, the model knows 0 to %d", ErrLabels, i, label, m.Classes()-1)
			}
		}
	}
	return &Images{m, r}, nil
}

// Count is the number of images of the split.
func (i *Images) Count() int { return i.reader.Split().Count }

// Batches yields the images with the given indices, in their order, size at a time;
// nil indices are all images of the split. The last batch may be smaller. Beside a
// batch stands the number of images before it. Its memory is used again for the next
// one.
func (i *Images) Batches(indices []int32, size int, draw data.Draw) iter.Seq2[int, Batch] {
	return func(yield func(int, Batch) bool) {
		values := i.model.Values()
		b := Batch{Pixels: make([]float32, size*values)}
		in := Inputs{Pixels: b.Pixels}
		if i.model.Classes() > 0 {
			b.Labels = make([]int, size)
		}
		for first, part := range i.fill(&in, indices, size, draw) {
			n := len(part)
			batch := Batch{Pixels: b.Pixels[:n*values]}
			if b.Labels != nil {
				batch.Labels = b.Labels[:n]
				for k, index := range part {
					batch.Labels[k] = i.reader.Split().Labels[index]
				}
			}
			if !yield(first, batch) {
				return
			}
		}
	}
}

// Batch reads the images with the given indices into memory of its own.
func (i *Images) Batch(indices []int32, draw data.Draw) Batch {
	var all Batch
	for _, b := range i.Batches(indices, max(1, len(indices)), draw) {
		all = b
	}
	return all
}

// fill yields the indices of one batch after another, having read the batch into a
// graph's inputs.
func (i *Images) fill(in *Inputs, indices []int32, size int, draw data.Draw) iter.Seq2[int, []int32] {
	count := len(indices)
	if indices == nil {
		count = i.Count()
	}
	return func(yield func(int, []int32) bool) {
		part := make([]int32, 0, size)
		for first := 0; first < count; first += size {
			part = part[:0]
			for k := first; k < min(first+size, count); k++ {
				if indices == nil {
					part = append(part, int32(k))
				} else {
					part = append(part, indices[k])
				}
			}
			in.Read(i.reader, part, draw)
			if !yield(first, part) {
				return
			}
		}
	}
}

// checkBatch counts the images of a batch.
func (m *Model) checkBatch(b Batch) (images int, err error) {
	if images, err = rowsOf("pixels", b.Pixels, m.Values()); err != nil {
		return 0, err
	}
	return images, m.checkLabels(b.Labels, images)
}

// checkCodes counts codes.
func (m *Model) checkCodes(c Codes) (codes int, err error) {
	if codes, err = rowsOf("z", c.Z, m.Latents()); err != nil {
		return 0, err
	}
	return codes, m.checkLabels(c.Labels, codes)
}

// checkLabels checks those that come with rows of pixels or z.
func (m *Model) checkLabels(labels []int, rows int) error {
	classes := m.Classes()
	switch {
	case classes == 0 && len(labels) > 0:
		return fmt.Errorf("%w: %d labels for a model that reads none", ErrLabels, len(labels))
	case classes > 0 && len(labels) == 0 && rows > 0:
		return fmt.Errorf("%w: the model is conditional and wants a label from 0 to %d with every image and code", ErrLabels, classes-1)
	case classes > 0 && len(labels) != rows:
		return fmt.Errorf("%w: %d labels for %d rows", ErrLabels, len(labels), rows)
	}
	for _, label := range labels {
		if label < 0 || label >= classes {
			return fmt.Errorf("%w: label %d, the model knows 0 to %d", ErrLabels, label, classes-1)
		}
	}
	return nil
}
