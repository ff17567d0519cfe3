package gallery

import (
	"context"

	"vaectl/data"
	"vaectl/internal/show/posteriors"
	"vaectl/vae"
)

// Aggregate draws one z for every image, [images, latents]: a sample of the
// aggregate posterior.
func Aggregate(ctx context.Context, m *vae.Model, r *data.Reader, seed uint64) ([]float32, error) {
	z := make([]float32, 0, r.Split().Count*m.Latents())
	for part, err := range posteriors.Score(ctx, m, r, nil, seed) {
		if err != nil {
			return nil, err
		}
		for _, value := range part.Value.Z {
			z = append(z, float32(value))
		}
	}
	return z, nil
}
