package raster

import (
	"bytes"
	"image/color"
	"math"
	"testing"

	"pgregory.net/rapid"
)

func ramp(height, width, channels int) Image {
	m := New(height, width, channels)
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	return m
}

func TestFitKeepsItsSize(t *testing.T) {
	m := ramp(5, 7, 3)
	for _, fit := range []Fit{Crop, Pad, Stretch} {
		if !m.FitTo(5, 7, fit, white).Same(m) {
			t.Errorf("%s changes an image of the right size", fit)
		}
	}
}

// Where a picture shrinks by a whole number, a pixel is the mean of those it is made
// of.
func TestFitAverages(t *testing.T) {
	m := ramp(6, 9, 3)
	got := m.FitTo(2, 3, Stretch, white)
	for y := range 2 {
		for x := range 3 {
			for c := range 3 {
				sum := 0
				for i := range 9 {
					sum += int(m.Pix[((3*y+i/3)*9+3*x+i%3)*3+c])
				}
				if v := int(got.Pix[(3*y+x)*3+c]); math.Abs(float64(v)-float64(sum)/9) > 0.51 {
					t.Errorf("row %d, column %d: %d, want %g", y, x, v, float64(sum)/9)
				}
			}
		}
	}
}

// A picture that only loses its edges keeps the pixels of its middle.
func TestCropCuts(t *testing.T) {
	m := ramp(4, 9, 1)
	got := m.FitTo(4, 4, Crop, white)
	for y := range 4 {
		for x := range 4 {
			if v, want := got.Pix[4*y+x], m.Pix[9*y+x+2]; v != want {
				t.Errorf("row %d, column %d: %d, want %d", y, x, v, want)
			}
		}
	}
}

func TestPadFillsUp(t *testing.T) {
	m := filled(2, 8, 3, color.NRGBA{R: 10, G: 20, B: 30})
	got := m.FitTo(8, 8, Pad, color.NRGBA{R: 200, G: 100, B: 50, A: 255})
	for y := range 8 {
		want := byte(200)
		if y >= 3 && y < 5 {
			want = 10
		}
		if v := got.Pix[y*8*3]; v != want {
			t.Errorf("row %d: %d, want %d", y, v, want)
		}
	}
}

// Catmull and Rom's cubic goes through what it interpolates, and keeps a line a line.
func TestEnlargingKeepsALine(t *testing.T) {
	m := New(1, 20, 1)
	for i := range m.Pix {
		m.Pix[i] = byte(10 * i)
	}
	got := m.FitTo(1, 100, Stretch, white)
	for x := 10; x < 90; x++ {
		want := 10 * ((float64(x)+0.5)/5 - 0.5)
		if d := float64(got.Pix[x]) - want; math.Abs(d) > 0.51 {
			t.Errorf("column %d: %d, want %.1f", x, got.Pix[x], want)
		}
	}
}

// Whatever the sizes: no panic, the right size, and one colour stays that colour.
func TestFitAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := func(name string) int { return rapid.IntRange(1, 70).Draw(t, name) }
		c := color.NRGBA{R: rapid.Byte().Draw(t, "red"), G: 99, B: 255, A: 255}
		m := filled(side("height"), side("width"), 3, c)
		height, width := side("new height"), side("new width")
		fit := rapid.SampledFrom([]Fit{Crop, Pad, Stretch}).Draw(t, "fit")
		if got := m.FitTo(height, width, fit, c); !got.Same(filled(height, width, 3, c)) {
			t.Fatalf("%s from %dx%d to %dx%d: %v", fit, m.Height, m.Width, height, width, got)
		}
	})
}

func TestColours(t *testing.T) {
	m := ramp(3, 3, 1)
	if !m.RGB().Grey().Same(m) || !m.RGB().Colourless() || !m.Inverted().Inverted().Same(m) {
		t.Error("greys are not kept")
	}
	if c := ramp(3, 3, 3); c.Colourless() || c.Grey().Channels != 1 {
		t.Error("colours are not seen")
	}
	rapid.Check(t, func(t *rapid.T) {
		c := color.RGBA{R: rapid.Byte().Draw(t, "red"), G: rapid.Byte().Draw(t, "green"), B: rapid.Byte().Draw(t, "blue"), A: 255}
		if g := color.GrayModel.Convert(c).(color.Gray).Y; luma(c.R, c.G, c.B) != g {
			t.Fatalf("luma of %v is %d, want %d", c, luma(c.R, c.G, c.B), g)
		}
	})
}

// Same reports whether two images are equal.
func (m Image) Same(o Image) bool {
	return m.Height == o.Height && m.Width == o.Width && m.Channels == o.Channels && bytes.Equal(m.Pix, o.Pix)
}
