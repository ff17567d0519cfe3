package gallery

import (
	"fmt"
	"image"

	"vaectl/internal/draw/picture"
	"vaectl/loss"
	"vaectl/vae"
)

// Interpolation draws a row for each pair of images: the first one, the images
// decoded at the given number of codes from its code to that of the second, both
// included, and the second one. images holds the pairs one after the other; a
// conditional model decodes each row under the label that rowLabels has for it.
func Interpolation(m *vae.Model, images vae.Batch, rowLabels []int, steps int, opt picture.Options) (image.Image, error) {
	pixels := images.Pixels
	if steps < 2 {
		return nil, fmt.Errorf("an interpolation of %d steps", steps)
	}
	if len(pixels) == 0 || len(pixels)%(2*m.Values()) != 0 {
		return nil, fmt.Errorf("%d pixels are not pairs of images of %d", len(pixels), m.Values())
	}
	ends, err := m.Encode(images)
	if err != nil {
		return nil, err
	}
	rows, d := len(pixels)/(2*m.Values()), m.Latents()
	var z []float64
	for r := range rows {
		a, b := ends.Z[2*r*d:(2*r+1)*d], ends.Z[(2*r+1)*d:(2*r+2)*d]
		for i := range steps {
			z = append(z, loss.Interpolate(m.Prior(), a, b, float64(i)/float64(steps-1))...)
		}
	}
	var decodedAs []int
	for _, label := range rowLabels {
		for range steps {
			decodedAs = append(decodedAs, label)
		}
	}
	decoded, err := m.Decode(vae.Codes{Z: z, Labels: decodedAs})
	if err != nil {
		return nil, err
	}
	var tiles []float32
	for r := range rows {
		pair := pixels[2*r*m.Values() : (2*r+2)*m.Values()]
		tiles = append(tiles, pair[:m.Values()]...)
		tiles = append(tiles, decoded[r*steps*m.Values():(r+1)*steps*m.Values()]...)
		tiles = append(tiles, pair[m.Values():]...)
	}
	opt.Columns = steps + 2
	opt.ColumnLabels = append(append([]string{"image"}, shares(steps)...), "image")
	size := m.Shape()
	return picture.Grid(tiles, size, opt)
}

// shares are the labels of steps from nothing to all of the way.
func shares(steps int) []string {
	labels := make([]string, steps)
	for i := range labels {
		labels[i] = fmt.Sprintf("%.0f%%", 100*float64(i)/float64(steps-1))
	}
	return labels
}
