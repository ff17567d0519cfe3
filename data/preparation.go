package data

import (
	"fmt"
	"image/color"

	"vaectl/internal/format/raster"
)

// Fit says how a picture of other proportions comes to fill an image.
type Fit string

const (
	// Crop fills the image and cuts off what reaches beyond it, as much on one side as
	// on the other.
	Crop = Fit(raster.Crop)
	// Pad shows all of the picture and fills the rest with the background.
	Pad = Fit(raster.Pad)
	// Stretch gives up the proportions.
	Stretch = Fit(raster.Stretch)
)

// Colour says how many channels images have.
type Colour string

const (
	// AutoColour keeps colours where any picture has some.
	AutoColour Colour = "auto"
	// GreyColour makes one channel of all of them.
	GreyColour Colour = "grey"
	// RGBColour makes three, of greys as well.
	RGBColour Colour = "rgb"
)

// DefaultTestShare is the part of the images that become test images where the data
// has none of its own.
const DefaultTestShare = 0.1

// Preparation says how pictures of any size and kind become images of one shape. The
// zero value keeps the pictures' own size, which must then be that of all of them,
// and shows transparent ones on white.
type Preparation struct {
	// Height and Width are the images' size; 0: the pictures' own.
	Height, Width int
	// Fit is what happens to pictures of other proportions; empty: Crop.
	Fit Fit
	// Colour is which channels they have; empty: AutoColour.
	Colour Colour
	// Invert makes negatives: black becomes white.
	Invert bool
	// Background shows where a picture is transparent or padded; the zero value is white.
	Background color.NRGBA
	// TestShare is the part of the images that become test images, by the hash of their
	// content, where the data has no test images of its own; 0: DefaultTestShare. An
	// image that is a test image stays one when others are added.
	TestShare float64
	// SkipBroken leaves out pictures that cannot be read. They are counted and listed.
	SkipBroken bool
}

func (p Preparation) orDefault() Preparation {
	if p.Fit == "" {
		p.Fit = Crop
	}
	if p.Colour == "" {
		p.Colour = AutoColour
	}
	if p.Background == (color.NRGBA{}) {
		p.Background = color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	}
	if p.TestShare == 0 {
		p.TestShare = DefaultTestShare
	}
	return p
}

// changes reports whether images of a shape do not stay as they are.
func (p Preparation) changes(s Shape) bool {
	return p.Height != 0 && (p.Height != s.Height || p.Width != s.Width) || p.Invert ||
		p.Colour == GreyColour && s.Channels != 1 || p.Colour == RGBColour && s.Channels != 3
}

// key stands for everything that decides what comes out.
func (p Preparation) key() string {
	return fmt.Sprintf("%dx%d %s %s %v %v %g %v", p.Height, p.Width, p.Fit, p.Colour, p.Invert, p.Background, p.TestShare, p.SkipBroken)
}

// apply makes an image of a picture, with one channel if it is grey and grey ones are
// welcome.
func (p Preparation) apply(m raster.Image, height, width int) raster.Image {
	b := p.Background
	switch {
	case p.Colour == GreyColour:
		m = m.Grey()
	case p.Colour == RGBColour, p.Fit == Pad && (b.R != b.G || b.G != b.B):
		m = m.RGB()
	}
	m = m.FitTo(height, width, raster.Fit(p.Fit), b)
	if p.Invert {
		m = m.Inverted()
	}
	if p.Colour == AutoColour && m.Colourless() {
		return m.Grey()
	}
	return m
}

// Picture makes an image of a shape of a picture's file, with the bytes that [Split]
// has. A picture of another size is fitted, colours become greys where the shape has
// one channel.
func (p Preparation) Picture(file []byte, s Shape) ([]byte, error) {
	p = p.orDefault()
	m, err := raster.Decode(file, p.Background)
	if err != nil {
		return nil, err
	}
	p.Colour = RGBColour
	if s.Channels == 1 {
		p.Colour = GreyColour
	}
	return p.apply(m, s.Height, s.Width).Pix, nil
}
