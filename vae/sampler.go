package vae

import (
	"fmt"
	"slices"

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
	seed    uint64 // of the draws under way
}

// NewSampler compiles a sampler that decodes the given number of draws at a
// time. Fewer cost as much.
func (m *Model) NewSampler(rows int) (*Sampler, error) {
	s := &Sampler{model: m}
	decoder, err := m.newDecoder(rows, func(first int, dst []float32) {
		m.engine.Normal(dst, noise.Key(s.seed, noise.SampleLower, 0), uint64(first)*uint64(m.config.Model.Latent))
	})
	if err != nil {
		return nil, err
	}
	s.decoder = decoder
	return s, nil
}

// Sample draws from the prior and decodes. Sample i is a pure function of the
// weights, the seed, i and its label. Labels are as those of [Model.Sample].
func (s *Sampler) Sample(count int, seed uint64, labels ...int) (Samples, error) {
	if count < 1 {
		return Samples{}, fmt.Errorf("%d samples", count)
	}
	s.seed = seed
	z := s.model.DrawLatents(count, seed)
	outputs := make([]float32, count*s.model.Pixels())
	if err := s.decoder.outputs(outputs, z, labels); err != nil {
		return Samples{}, err
	}
	return Samples{Z: z, Means: s.model.means(slices.Clone(outputs)), outputs: outputs}, nil
}
