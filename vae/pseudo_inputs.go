package vae

import (
	"math/rand/v2"

	"vaectl/data"
	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

// pseudoInputNoise is the standard deviation of the noise that tells
// pseudo-inputs from the images they start at (Tomczak & Welling 2018, in their
// code).
const pseudoInputNoise = 0.01

// InitPseudoInputs starts the pseudo-inputs of the vamp prior at images of a
// reader, spread evenly over it, with a little noise, where prior.pseudo_inputs
// asks for it. Elsewhere it does nothing. The reader must be that of the
// training images.
func (m *Model) InitPseudoInputs(r *data.Reader) error {
	if _, ok := m.network.Prior.(loss.EncodedPrior); !ok || m.config.Prior.PseudoInputs != "data" {
		return nil
	}
	if _, err := m.Images(r); err != nil {
		return err
	}
	inputs := m.memory(m.network.PriorParameters())[0]
	count := len(inputs) / m.Values()
	indices := make([]int32, count)
	for k := range indices {
		indices[k] = int32(k * r.Split().Count / count)
	}
	r.Read(inputs, indices, data.TrainingDraw(m.config.Train.Seed, 0))
	rng := rand.New(noise.NewSource(noise.Key(m.config.Train.Seed, noise.Init, pseudoInputStream)))
	for i := range inputs {
		inputs[i] += float32(pseudoInputNoise * rng.NormFloat64())
	}
	return nil
}

// pseudoInputStream is beyond the streams of initLearned.
const pseudoInputStream = 1 << 32
