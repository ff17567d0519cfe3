package posteriors

import (
	"context"
	"iter"

	"vaectl/data"
	"vaectl/vae"
)

// Part is what a model says of some images of a split that follow each other among those
// that were asked for.
type Part[T any] struct {
	First int // how many images come before these
	Value T
}

// atATime is the number of images computed at a time.
const atATime = 250

// Encode yields the posteriors of the images of a split with the given indices, or of all
// where indices is nil. Its last pair has the error, if there is one.
func Encode(ctx context.Context, m *vae.Model, r *data.Reader, indices []int32, seed uint64) iter.Seq2[Part[vae.Encoding], error] {
	return walk(ctx, m, r, indices, atATime, seed, func(rows int) (computation[vae.Encoding], error) {
		encoder, err := m.NewEncoder(rows)
		return func(b vae.Batch, _ int) (vae.Encoding, error) { return encoder.Encode(b) }, err
	})
}

// Score yields the parts of the loss of these images, with the draws that an evaluation
// with the seed makes for them. Its last pair has the error, if there is one.
func Score(ctx context.Context, m *vae.Model, r *data.Reader, indices []int32, seed uint64) iter.Seq2[Part[vae.Scores], error] {
	rows := atATime
	if indices != nil {
		rows = 1 // the noise of a batch is that of consecutive images
	}
	return walk(ctx, m, r, indices, rows, seed, func(rows int) (computation[vae.Scores], error) {
		scorer, err := m.NewScorer(rows)
		return func(b vae.Batch, image int) (vae.Scores, error) { return scorer.Score(b, image, seed) }, err
	})
}

// computation says something of a batch, given the index of its first image.
type computation[T any] func(b vae.Batch, image int) (T, error)

// walk compiles a computation for at most so many rows and yields what it says of the
// images.
func walk[T any](ctx context.Context, m *vae.Model, r *data.Reader, indices []int32, rows int, seed uint64, compile func(rows int) (computation[T], error)) iter.Seq2[Part[T], error] {
	return func(yield func(Part[T], error) bool) {
		images, err := m.Images(r)
		if err != nil {
			yield(Part[T]{}, err)
			return
		}
		rows = min(rows, images.Count())
		compute, err := compile(rows)
		if err != nil {
			yield(Part[T]{}, err)
			return
		}
		for first, batch := range images.Batches(indices, rows, data.EvaluationDraw(seed)) {
			if err := ctx.Err(); err != nil {
				yield(Part[T]{}, err)
				return
			}
			image := first
			if indices != nil {
				image = int(indices[first])
			}
			value, err := compute(batch, image)
			if !yield(Part[T]{first, value}, err) || err != nil {
				return
			}
		}
	}
}
