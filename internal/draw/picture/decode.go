package picture

import (
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // image.Decode reads what is registered
	_ "image/png"
	"io"
)

// DecodeGrey reads a PNG or JPEG image of the given size as greys, 0 to 255
// row by row. Colours and transparency are errors: there is no one way to make
// greys of them. The size is checked before the pixels are read.
func DecodeGrey(r io.ReadSeeker, height, width int) ([]byte, error) {
	config, _, err := image.DecodeConfig(r)
	if err != nil {
		return nil, err
	}
	if config.Width != width || config.Height != height {
		return nil, fmt.Errorf("%dx%d pixels, the model reads %dx%d", config.Height, config.Width, height, width)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	img, _, err := image.Decode(r)
	if err != nil {
		return nil, err
	}
	bounds := img.Bounds()
	var pixels []byte
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := color.NRGBA64Model.Convert(img.At(x, y)).(color.NRGBA64)
			if c.A != 0xffff {
				return nil, fmt.Errorf("transparent at column %d of row %d, want an opaque image", x, y)
			}
			if c.R != c.G || c.G != c.B {
				return nil, fmt.Errorf("coloured at column %d of row %d, want greys", x, y)
			}
			pixels = append(pixels, byte(c.R>>8))
		}
	}
	return pixels, nil
}
