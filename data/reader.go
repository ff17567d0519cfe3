package data

import (
	"fmt"

	"vaectl/internal/compute/kernel"
)

// Binarization says how grey pixels become the numbers that a model reads.
type Binarization string

const (
	// Grey keeps a pixel as its value in [0, 1].
	Grey Binarization = "none"
	// Threshold makes a pixel 1 from one half up, else 0.
	Threshold Binarization = "threshold"
	// Dynamic draws each pixel as 1 with the probability of its value, independently
	// for each [Draw] that the image is read with.
	Dynamic Binarization = "dynamic"
)

// Reader turns images of a split into rows of float32 pixels. It is not safe
// for concurrent use.
type Reader struct {
	split  *Split
	mode   Binarization
	engine *kernel.Engine

	dst     []float32
	indices []int32
	draw    Draw
	planes  []byte // of the batch under way, where images have several channels
}

// imagesPerChunk is the work a core takes at a time.
const imagesPerChunk = 8

// NewReader refuses a binarization it does not know.
func NewReader(s *Split, mode Binarization, e *Engine) (*Reader, error) {
	switch mode {
	case Grey, Threshold, Dynamic:
		return &Reader{split: s, mode: mode, engine: (*kernel.Engine)(e)}, nil
	}
	return nil, fmt.Errorf("%w: binarization %q", ErrUnknown, mode)
}

// Split returns the images that are read.
func (r *Reader) Split() *Split { return r.split }

// Read writes the images with the given indices to the rows of dst, which is
// [len(indices), Values()], one channel of an image after another. Dynamic draws
// depend on draw and on the image's index, never on where in a batch it stands.
func (r *Reader) Read(dst []float32, indices []int32, draw Draw) {
	if len(dst) != len(indices)*r.split.Values() {
		panic(fmt.Sprintf("data: %d values for %d images of %v", len(dst), len(indices), r.split.Shape))
	}
	r.dst, r.indices, r.draw = dst, indices, draw
	if r.split.Channels > 1 && len(r.planes) < len(dst) {
		r.planes = make([]byte, len(dst))
	}
	r.engine.Run((len(indices)+imagesPerChunk-1)/imagesPerChunk, (*gathering)(r))
}

// gathering is a Read under way, as a task of the engine.
type gathering Reader

// Chunk reads some of the images.
func (r *gathering) Chunk(i int) {
	values, shape := r.split.Values(), r.split.Shape
	for row := i * imagesPerChunk; row < min((i+1)*imagesPerChunk, len(r.indices)); row++ {
		index := int(r.indices[row])
		dst, src := r.dst[row*values:(row+1)*values], r.split.Image(index)
		if shape.Channels > 1 {
			src = shape.planar(r.planes[row*values:(row+1)*values], src)
		}
		switch r.mode {
		case Grey:
			r.engine.ScaleBytes(dst, src)
		case Threshold:
			r.engine.ThresholdBytes(dst, src)
		case Dynamic:
			r.engine.BernoulliBytes(dst, src, r.draw.key, uint64(index)*uint64(values))
		}
	}
}
