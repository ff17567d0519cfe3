package picture

import (
	"image"
	"image/draw"

	"vaectl/data"
)

// canvas is a picture under way, in greys or in colour.
type canvas struct {
	draw.Image
	pix    []byte
	stride int
	wide   int // bytes of a pixel: 1, or 4 for red, green, blue and opacity
}

// blank is an empty page for images of so many channels.
func (p *page) blank(channels int) canvas {
	bounds := image.Rect(0, 0, p.width, p.height)
	var c canvas
	if channels == 1 {
		img := image.NewGray(bounds)
		c = canvas{img, img.Pix, img.Stride, 1}
	} else {
		img := image.NewRGBA(bounds)
		c = canvas{img, img.Pix, img.Stride, 4}
	}
	draw.Draw(c, bounds, image.NewUniform(p.theme.page), image.Point{}, draw.Src)
	return c
}

// tile magnifies one image into the rectangle at.
func (c canvas) tile(at image.Rectangle, pixels []float32, image data.Shape, scale int) {
	for y := at.Min.Y; y < at.Max.Y; y += scale {
		start := y*c.stride + at.Min.X*c.wide
		row := c.pix[start : start+at.Dx()*c.wide]
		for channel := range image.Channels {
			source := pixels[(channel*image.Height+(y-at.Min.Y)/scale)*image.Width:][:image.Width]
			for x, v := range source {
				g := shade(v)
				for i := range scale {
					row[(x*scale+i)*c.wide+channel] = g
				}
			}
		}
		for i := 1; i < scale; i++ {
			copy(c.pix[start+i*c.stride:], row)
		}
	}
}

// shade is the grey of a pixel value: 0..1 to 0..255, rounded. The comparison
// is written so that NaN falls to black.
func shade(v float32) uint8 {
	switch {
	case v >= 1:
		return 255
	case v > 0:
		return uint8(v*255 + 0.5)
	default:
		return 0
	}
}
