package gallery

import (
	"context"

	"vaectl/data"
	"vaectl/vae"
)

// aggregateRows is the number of images encoded at a time.
const aggregateRows = 250

// Aggregate draws one z for every image, [images, latents]: a sample of the
// aggregate posterior.
func Aggregate(ctx context.Context, m *vae.Model, r *data.Reader, seed uint64) ([]float32, error) {
	scorer, err := m.NewScorer(aggregateRows)
	if err != nil {
		return nil, err
	}
	images, err := m.Images(r)
	if err != nil {
		return nil, err
	}
	z := make([]float32, 0, images.Count()*m.Latents())
	for first, batch := range images.Batches(nil, aggregateRows, data.EvaluationDraw(seed)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scores, err := scorer.Score(batch, first, seed)
		if err != nil {
			return nil, err
		}
		for _, value := range scores.Z {
			z = append(z, float32(value))
		}
	}
	return z, nil
}
