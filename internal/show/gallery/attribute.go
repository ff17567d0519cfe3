package gallery

import (
	"fmt"
	"image"

	"vaectl/internal/draw/picture"
	"vaectl/loss"
	"vaectl/vae"
)

// Attribute draws a row for each image: the image itself, and what the model decodes when
// each of the strengths times a step is added to the mean of its posterior, in the space of
// u, [latents]. A conditional model decodes under the image's own label.
func Attribute(m *vae.Model, images vae.Batch, step, strengths []float64, opt picture.Options) (image.Image, error) {
	latents := m.Latents()
	if len(step) != latents || len(strengths) == 0 {
		return nil, fmt.Errorf("a step of %d values for %d latents at %d strengths", len(step), latents, len(strengths))
	}
	q, err := m.Encode(images)
	if err != nil {
		return nil, err
	}
	var codes vae.Codes
	rows := len(q.Mean) / latents
	for r := range rows {
		for _, strength := range strengths {
			for d, u := range imageOf(q.Mean, r, latents) {
				codes.Z = append(codes.Z, loss.FromBase(m.Prior(), d, u+strength*step[d]))
			}
			if images.Labels != nil {
				codes.Labels = append(codes.Labels, images.Labels[r])
			}
		}
	}
	decoded, err := m.Decode(codes)
	if err != nil {
		return nil, err
	}
	var tiles []float32
	for r := range rows {
		tiles = append(tiles, imageOf(images.Pixels, r, m.Values())...)
		tiles = append(tiles, imageOf(decoded, r, len(strengths)*m.Values())...)
	}
	opt.Columns = len(strengths) + 1
	opt.ColumnLabels = append([]string{"image"}, signed(strengths)...)
	return picture.Grid(tiles, m.Shape(), opt)
}

// signed writes numbers with their sign.
func signed(numbers []float64) []string {
	var texts []string
	for _, x := range numbers {
		text := fmt.Sprintf("%+.3g", x)
		if x == 0 {
			text = "0"
		}
		texts = append(texts, text)
	}
	return texts
}
