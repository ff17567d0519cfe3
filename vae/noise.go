package vae

import (
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
)

// Streams of noise.EvalEpsilon, told apart by the step of their key.
const (
	evalStream     = 0
	nllStream      = 2
	activityStream = 4
)

// levelStream is the stream of a stochastic level: the two lowest have neighbouring
// ones, those above lie apart from every other.
func levelStream(stream uint64, level int) uint64 {
	return stream + uint64(level%2) + uint64(level/2)<<32
}

// noiseInput is the standard normal draws that a graph reads.
type noiseInput struct {
	all    []float32
	levels [][]float32 // of each stochastic level, [rows, size], parts of all
	sizes  []int
}

func newNoiseInput(rows int, sizes []int) noiseInput {
	total := 0
	for _, size := range sizes {
		total += rows * size
	}
	n := noiseInput{all: make([]float32, total), sizes: sizes}
	offset := 0
	for _, size := range sizes {
		n.levels = append(n.levels, n.all[offset:offset+rows*size])
		offset += rows * size
	}
	return n
}

// draw fills the first rows of each level's noise for draws numbered from first
// on: dimension d of draw i stands at position i*size + d of the level's stream.
func (n noiseInput) draw(e *kernel.Engine, seed, stream uint64, first, rows int) {
	for l, size := range n.sizes {
		e.Normal(n.levels[l][:rows*size], noise.Key(seed, noise.EvalEpsilon, levelStream(stream, l)), uint64(first)*uint64(size))
	}
}
