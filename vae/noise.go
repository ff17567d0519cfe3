package vae

import (
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
)

// Streams of noise.EvalEpsilon, told apart by the step of their key. Each has
// room for a stochastic layer above the first.
const (
	evalStream     = 0
	nllStream      = 2
	activityStream = 4
)

// noiseInput is the standard normal draws that a graph reads.
type noiseInput struct {
	all    []float32
	layers [][]float32 // of each stochastic layer, [rows, width], parts of all
	widths []int
}

func newNoiseInput(rows int, widths []int) noiseInput {
	total := 0
	for _, w := range widths {
		total += rows * w
	}
	n := noiseInput{all: make([]float32, total), widths: widths}
	offset := 0
	for _, w := range widths {
		n.layers = append(n.layers, n.all[offset:offset+rows*w])
		offset += rows * w
	}
	return n
}

// draw fills the first rows of each layer's noise for draws numbered from first
// on: dimension d of draw i stands at position i*width + d of the layer's stream.
func (n noiseInput) draw(e *kernel.Engine, seed, stream uint64, first, rows int) {
	for l, w := range n.widths {
		e.Normal(n.layers[l][:rows*w], noise.Key(seed, noise.EvalEpsilon, stream+uint64(l)), uint64(first)*uint64(w))
	}
}
