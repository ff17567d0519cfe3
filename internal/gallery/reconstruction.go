package gallery

import (
	"image"

	"vaectl/internal/picture"
	"vaectl/vae"
)

// Reconstruction draws images, each above the image that the model decodes from
// its code. There is a row of z an image.
func Reconstruction(m *vae.Model, pixels []float32, z []float64, opt picture.Options) (*image.Gray, error) {
	decoded, err := m.Decode(z)
	if err != nil {
		return nil, err
	}
	height, width := m.Size()
	return picture.Pairs(pixels, decoded, width, height, opt)
}
