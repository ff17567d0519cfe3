package gallery

import (
	"image"

	"vaectl/internal/draw/picture"
	"vaectl/vae"
)

// Reconstruction draws images, each above the image that the model decodes from
// its code. There is a row of z an image, and of a conditional model a label.
func Reconstruction(m *vae.Model, pixels []float32, z []float64, opt picture.Options, labels ...int) (*image.Gray, error) {
	decoded, err := m.Decode(z, labels...)
	if err != nil {
		return nil, err
	}
	height, width := m.Size()
	return picture.Pairs(pixels, decoded, width, height, opt)
}
