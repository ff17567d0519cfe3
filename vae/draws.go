package vae

import "vaectl/internal/noise"

// DrawPosterior draws one z an image, [images, latents], in the prior's own
// units, of an encoding whose first image is the first of its split. With one
// stochastic layer these are the draws an evaluation of the ELBO makes with the
// same seed, up to rounding; with two, those of the upper layer at the mean of
// the lower.
func (m *Model) DrawPosterior(e Encoding, seed uint64) []float32 {
	stream := uint64(evalStream)
	if m.second != nil {
		stream++
	}
	z := make([]float32, len(e.Mean))
	m.engine.Normal(z, noise.Key(seed, noise.EvalEpsilon, stream), 0)
	for i, eps := range z {
		z[i] = float32(m.prior.FromBase(i%m.Latents(), e.Mean[i]+e.Std[i]*float64(eps)))
	}
	return z
}
