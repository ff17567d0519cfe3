package gallery

import (
	"context"
	"fmt"
	"image"

	"vaectl/internal/draw/picture"
	"vaectl/vae"
)

// CompletionSteps are those that a picture of a completion shows: the powers of two up to
// the last one, and the last one.
func CompletionSteps(steps int) []int {
	var shown []int
	for step := 1; step < steps; step *= 2 {
		shown = append(shown, step)
	}
	return append(shown, steps)
}

// Completion draws a row for each image of a batch: the image, the image without the
// missing pixels, and how they are filled in after each of some rising numbers of steps, at
// their means. missing says of each pixel whether it is; all rows have the same.
func Completion(ctx context.Context, m *vae.Model, images vae.Batch, missing []bool, shown []int, seed uint64, opt picture.Options) (image.Image, error) {
	chain, err := m.NewCompletion(images, missing, seed)
	if err != nil {
		return nil, err
	}
	columns := [][]float32{images.Pixels, hidden(images.Pixels, missing)}
	opt.ColumnLabels = []string{"image", "masked"}
	done := 0
	for _, step := range shown {
		if err := chain.Run(ctx, step-done); err != nil {
			return nil, err
		}
		done = step
		columns = append(columns, append([]float32(nil), chain.Means...))
		opt.ColumnLabels = append(opt.ColumnLabels, fmt.Sprint(step))
	}
	opt.ColumnLabels[len(opt.ColumnLabels)-1] = "result"
	var tiles []float32
	for r := range len(images.Pixels) / m.Values() {
		for _, column := range columns {
			tiles = append(tiles, imageOf(column, r, m.Values())...)
		}
	}
	opt.Columns = len(columns)
	return picture.Grid(tiles, m.Shape(), opt)
}

// hidden is images with grey in place of the missing pixels.
func hidden(images []float32, missing []bool) []float32 {
	out := append([]float32(nil), images...)
	for i := range out {
		if missing[i%len(missing)] {
			out[i] = 0.5
		}
	}
	return out
}
