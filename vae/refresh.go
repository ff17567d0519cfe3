package vae

import (
	"fmt"

	"vaectl/loss"
)

// refreshPrior brings a prior made with the encoder up to the present weights.
func (m *Model) refreshPrior() error {
	prior, ok := m.network.Prior.(loss.EncodedPrior)
	if !ok {
		return nil
	}
	posteriors, err := m.posteriors(prior.Inputs())
	if err != nil {
		return fmt.Errorf("prior %s: %w", prior.Name(), err)
	}
	prior.Refresh(posteriors)
	return nil
}

// posteriors are the parameters of q(u|x) for rows of pixels, [images,
// 2*latents], means on the left and log variances on the right.
func (m *Model) posteriors(pixels []float32) ([]float32, error) {
	count, err := rowsOf("pixels", pixels, m.Values())
	if err != nil {
		return nil, err
	}
	rows := m.atATime(evalRows, count)
	f, err := m.newEncoderGraph(rows, (*network).posterior)
	if err != nil {
		return nil, err
	}
	width := 2 * m.Latents()
	out := make([]float32, count*width)
	for first := 0; first < count; first += rows {
		f.set(Batch{Pixels: pixels}, first, m.Values())
		f.program.Run()
		copy(out[first*width:], f.out)
	}
	return out, nil
}
