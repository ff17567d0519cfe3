package gallery

import (
	"fmt"
	"image"

	"vaectl/internal/draw/picture"
	"vaectl/vae"
)

// Ranked is images at one end of a ranking.
type Ranked struct {
	// Label says which end.
	Label  string
	Images vae.Batch
	// Lines stand under each image.
	Lines [][]string
	// Heat is a number for each pixel, [images, pixels]; nil for no heat map.
	Heat []float64
}

// Ranking draws a contact sheet: each image beside its reconstruction from the
// posterior's mean and, where there is one, its heat map, whose colours go from low to
// high.
func Ranking(m *vae.Model, ends []Ranked, low, high float64, opt picture.Options) (image.Image, error) {
	shape := m.Shape()
	var sections []picture.Section
	for _, end := range ends {
		q, err := m.Encode(end.Images)
		if err != nil {
			return nil, err
		}
		decoded, err := m.Decode(vae.Codes{Z: q.Z, Labels: end.Images.Labels})
		if err != nil {
			return nil, err
		}
		if end.Heat != nil && len(end.Heat)*m.Shape().Channels != len(decoded) {
			return nil, fmt.Errorf("a heat map of %d pixels for images of %d values", len(end.Heat), len(decoded))
		}
		section := picture.Section{Label: end.Label}
		for i, lines := range end.Lines {
			card := picture.Card{Lines: lines}
			card.Images = append(card.Images, imageOf(end.Images.Pixels, i, m.Values())...)
			card.Images = append(card.Images, imageOf(decoded, i, m.Values())...)
			if end.Heat != nil {
				card.Images, shape = picture.Coloured(card.Images, m.Shape())
				card.Images = append(card.Images, picture.Heat(imageOf(end.Heat, i, shape.Pixels()), low, high)...)
			}
			section.Cards = append(section.Cards, card)
		}
		sections = append(sections, section)
	}
	return picture.Sheet(sections, shape, opt)
}

// imageOf is the i-th of several images of so many values.
func imageOf[T any](all []T, i, values int) []T { return all[i*values : (i+1)*values] }
