package raster

import (
	"image/color"
)

// Image is an opaque picture of 8 bits a value: rows of pixels from the top, the
// channels of a pixel next to each other (HWC). One channel is grey, from black at 0
// to white at 255; three are red, green and blue, as in sRGB.
type Image struct {
	Height, Width, Channels int
	Pix                     []byte // Height*Width*Channels
}

// New returns a black image.
func New(height, width, channels int) Image {
	return Image{height, width, channels, make([]byte, height*width*channels)}
}

// Colourless reports whether all pixels are greys.
func (m Image) Colourless() bool {
	if m.Channels == 1 {
		return true
	}
	for i := 0; i+2 < len(m.Pix); i += 3 {
		if m.Pix[i] != m.Pix[i+1] || m.Pix[i] != m.Pix[i+2] {
			return false
		}
	}
	return true
}

// Grey returns m with one channel, the luma of ITU-R BT.601, which leaves greys
// alone. An image of one channel is returned as it is.
func (m Image) Grey() Image {
	if m.Channels == 1 {
		return m
	}
	g := New(m.Height, m.Width, 1)
	for i := range g.Pix {
		g.Pix[i] = luma(m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2])
	}
	return g
}

// luma is that of [color.GrayModel] in 8 bits.
func luma(r, g, b byte) byte {
	const wide = 0x101 // from 8 to 16 bits
	return byte((19595*wide*uint32(r) + 38470*wide*uint32(g) + 7471*wide*uint32(b) + 1<<15) >> 24)
}

// RGB returns m with three channels. An image of three is returned as it is.
func (m Image) RGB() Image {
	if m.Channels == 3 {
		return m
	}
	c := New(m.Height, m.Width, 3)
	for i, v := range m.Pix {
		c.Pix[3*i], c.Pix[3*i+1], c.Pix[3*i+2] = v, v, v
	}
	return c
}

// Inverted returns the negative of m.
func (m Image) Inverted() Image {
	n := New(m.Height, m.Width, m.Channels)
	for i, v := range m.Pix {
		n.Pix[i] = 255 - v
	}
	return n
}

// filled returns an image of one colour.
func filled(height, width, channels int, c color.NRGBA) Image {
	m := New(height, width, channels)
	pixel := []byte{c.R, c.G, c.B}
	if channels == 1 {
		pixel = []byte{luma(c.R, c.G, c.B)}
	}
	for i := range m.Pix {
		m.Pix[i] = pixel[i%channels]
	}
	return m
}

// OnBackground lays an image of four channels, the last of which is opacity (not
// premultiplied), on a background.
func OnBackground(rgba Image, background color.NRGBA) Image {
	m := New(rgba.Height, rgba.Width, 3)
	under := [3]uint32{uint32(background.R), uint32(background.G), uint32(background.B)}
	for i := range m.Pix {
		pixel, channel := i/3, i%3
		alpha := uint32(rgba.Pix[4*pixel+3])
		m.Pix[i] = byte((uint32(rgba.Pix[4*pixel+channel])*alpha + under[channel]*(255-alpha) + 127) / 255)
	}
	return m
}
