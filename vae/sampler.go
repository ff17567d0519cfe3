package vae

import (
	"fmt"

	"vaectl/internal/compute/noise"
)

// Sampler draws from the model like [Model.Sample], with a graph compiled once
// and buffers of its own, for callers that draw again and again. It follows the
// model's weights; a prior made with the encoder is that of [Model.Prior]. A
// Sampler is not safe for concurrent use; several Samplers of one model may run
// at once.
type Sampler struct {
	model   *Model
	decoder *Decoder
}

// NewSampler compiles a sampler that decodes the given number of draws at a
// time. Fewer cost as much.
func (m *Model) NewSampler(rows int) (*Sampler, error) {
	decoder, err := m.newDecoder(rows, len(m.network.Levels) > 1)
	if err != nil {
		return nil, err
	}
	return &Sampler{m, decoder}, nil
}

// Sample draws from the prior and decodes. Sample i is a pure function of the
// weights, the seed, i and its label. Labels are as those of [Model.Sample].
func (s *Sampler) Sample(count int, seed uint64, labels []int) (Samples, error) {
	if count < 1 {
		return Samples{}, fmt.Errorf("%d samples", count)
	}
	m := s.model
	drawn := Samples{
		Codes:   Codes{Z: m.DrawLatents(count, seed), Labels: labels},
		Means:   make([]float32, count*m.Values()),
		outputs: make([]float32, count*m.outputs()),
	}
	below := s.decoder.below
	draw := func(first, rows int) {
		for l, size := range below.sizes {
			m.engine.Normal(below.levels[l][:rows*size], noise.Key(seed, noise.SampleLower, uint64(l)), uint64(first)*uint64(size))
		}
	}
	err := s.decoder.decode(len(drawn.Means), drawn.Codes, draw, func(first int, outputs []float32) {
		copy(drawn.outputs[first*m.outputs():], outputs)
	})
	if err != nil {
		return Samples{}, err
	}
	m.means(drawn.Means, drawn.outputs)
	return drawn, nil
}
