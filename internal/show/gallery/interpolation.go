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
// included, and the second one. pixels holds the pairs one after the other.
func Interpolation(m *vae.Model, pixels []float32, steps int, labels Labels, opt picture.Options) (*image.Gray, error) {
	if steps < 2 {
		return nil, fmt.Errorf("an interpolation of %d steps", steps)
	}
	if len(pixels) == 0 || len(pixels)%(2*m.Pixels()) != 0 {
		return nil, fmt.Errorf("%d pixels are not pairs of images of %d", len(pixels), m.Pixels())
	}
	ends, err := m.Encode(pixels, labels.Images...)
	if err != nil {
		return nil, err
	}
	rows, d := len(pixels)/(2*m.Pixels()), m.Latents()
	var z []float64
	for r := range rows {
		a, b := ends.Z[2*r*d:(2*r+1)*d], ends.Z[(2*r+1)*d:(2*r+2)*d]
		for i := range steps {
			z = append(z, loss.Interpolate(m.Prior(), a, b, float64(i)/float64(steps-1))...)
		}
	}
	var decodedAs []int
	for _, label := range labels.Rows {
		for range steps {
			decodedAs = append(decodedAs, label)
		}
	}
	decoded, err := m.Decode(z, decodedAs...)
	if err != nil {
		return nil, err
	}
	var tiles []float32
	for r := range rows {
		pair := pixels[2*r*m.Pixels() : (2*r+2)*m.Pixels()]
		tiles = append(tiles, pair[:m.Pixels()]...)
		tiles = append(tiles, decoded[r*steps*m.Pixels():(r+1)*steps*m.Pixels()]...)
		tiles = append(tiles, pair[m.Pixels():]...)
	}
	opt.Columns = steps + 2
	opt.ColumnLabels = append(append([]string{"image"}, shares(steps)...), "image")
	height, width := m.Size()
	return picture.Grid(tiles, width, height, opt)
}

// Labels are what a conditional model reads for an interpolation; none for any
// other, nor where the model is given a label.
type Labels struct {
	Images []int // one an image, to encode it
	Rows   []int // one a row, to decode its codes
}

// shares are the labels of steps from nothing to all of the way.
func shares(steps int) []string {
	labels := make([]string, steps)
	for i := range labels {
		labels[i] = fmt.Sprintf("%.0f%%", 100*float64(i)/float64(steps-1))
	}
	return labels
}
