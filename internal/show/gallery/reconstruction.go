package gallery

import (
	"image"

	"vaectl/internal/draw/picture"
	"vaectl/vae"
)

// Reconstruction draws images, each above the image that the model decodes from
// its code, under its label where the model reads one. z has a row an image.
func Reconstruction(m *vae.Model, images vae.Batch, z []float64, opt picture.Options) (image.Image, error) {
	decoded, err := m.Decode(vae.Codes{Z: z, Labels: images.Labels})
	if err != nil {
		return nil, err
	}
	size := m.Shape()
	return picture.Pairs(images.Pixels, decoded, size, opt)
}
