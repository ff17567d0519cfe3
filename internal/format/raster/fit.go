package raster

import (
	"image/color"
	"math"
)

// Fit is how a picture of other proportions comes to fill an image.
type Fit string

const (
	// Crop fills the image and cuts off what reaches beyond it, as much on one side as
	// on the other.
	Crop Fit = "crop"
	// Pad shows all of the picture and fills the rest with the background.
	Pad Fit = "pad"
	// Stretch gives up the proportions.
	Stretch Fit = "stretch"
)

// FitTo returns m as an image of the given size. Pixels are averaged over the area
// that becomes one of them where the picture shrinks, and interpolated by Catmull and
// Rom's cubic where it grows, in the values as they are stored. An image that has the
// size is returned as it is.
func (m Image) FitTo(height, width int, fit Fit, background color.NRGBA) Image {
	if m.Height == height && m.Width == width {
		return m
	}
	// How much the picture shrinks if it fills the image's height and width.
	down, across := float64(m.Height)/float64(height), float64(m.Width)/float64(width)
	switch fit {
	case Crop:
		scale := min(down, across)
		return m.resample(centred(m.Height, scale*float64(height)), height, centred(m.Width, scale*float64(width)), width)
	case Pad:
		scale := max(down, across)
		inner := m.resample(
			all(m.Height), min(height, max(1, int(math.Round(float64(m.Height)/scale)))),
			all(m.Width), min(width, max(1, int(math.Round(float64(m.Width)/scale)))))
		return inner.padded(height, width, background)
	}
	return m.resample(all(m.Height), height, all(m.Width), width)
}

// span is the part of a row or column that is shown, in pixels from its start.
type span struct{ from, to float64 }

func all(n int) span { return span{0, float64(n)} }

// centred is the middle of a line. It starts with a whole pixel, so that a picture
// that is only cut keeps its pixels.
func centred(n int, length float64) span {
	from := math.Floor((float64(n) - length) / 2)
	return span{max(0, from), min(float64(n), from+length)}
}

func (m Image) padded(height, width int, background color.NRGBA) Image {
	out := filled(height, width, m.Channels, background)
	top, left := (height-m.Height)/2, (width-m.Width)/2
	row := m.Width * m.Channels
	for y := range m.Height {
		copy(out.Pix[((top+y)*width+left)*m.Channels:], m.Pix[y*row:(y+1)*row])
	}
	return out
}

// taps are the pixels that one resampled pixel is a weighted sum of: weights[i] is
// that of pixel first+i. The weights add up to 1.
type taps struct {
	first   int
	weights []float32
}

// resample makes rows and columns of the shown part, first along the rows, then
// along the columns.
func (m Image) resample(rows span, height int, columns span, width int) Image {
	across, down := tapsOf(m.Width, columns, width), tapsOf(m.Height, rows, height)
	line := width * m.Channels
	narrow := make([]float32, m.Height*line)
	first, last := down[0].first, 0
	for _, t := range down {
		first, last = min(first, t.first), max(last, t.first+len(t.weights))
	}
	for y := first; y < last; y++ {
		m.sumRow(narrow[y*line:(y+1)*line], m.Pix[y*m.Width*m.Channels:], across)
	}
	out := New(height, width, m.Channels)
	sum := make([]float32, line)
	for y, t := range down {
		clear(sum)
		for i, w := range t.weights {
			for x, v := range narrow[(t.first+i)*line : (t.first+i+1)*line] {
				sum[x] += w * v
			}
		}
		for x, v := range sum {
			out.Pix[y*line+x] = byte(min(max(v, 0), 255) + 0.5)
		}
	}
	return out
}

// sumRow resamples one row.
func (m Image) sumRow(dst []float32, src []byte, across []taps) {
	c := m.Channels
	for x, t := range across {
		for k := range c {
			var sum float32
			for i, w := range t.weights {
				sum += w * float32(src[(t.first+i)*c+k])
			}
			dst[x*c+k] = sum
		}
	}
}

// tapsOf says how n pixels are made of the shown part of a line.
func tapsOf(length int, shown span, n int) []taps {
	scale := (shown.to - shown.from) / float64(n)
	line := make([]taps, n)
	for i := range line {
		if from := shown.from + float64(i)*scale; scale >= 1 {
			line[i] = area(length, from, from+scale)
		} else {
			line[i] = cubic(length, from+scale/2)
		}
	}
	return line
}

// area weighs pixels by how much of them lies between two places.
func area(length int, from, to float64) taps {
	first, last := int(from), min(length, int(math.Ceil(to)))
	first = min(first, last-1)
	t := taps{first: first, weights: make([]float32, last-first)}
	for i := range t.weights {
		p := float64(first + i)
		t.weights[i] = float32((min(to, p+1) - max(from, p)) / (to - from))
	}
	return t
}

// cubic weighs the four pixels around a place (Catmull and Rom 1974, with a = -1/2).
// At the edges the last pixel stands for those beyond.
func cubic(length int, at float64) taps {
	at -= 0.5 // a pixel's value is that of its middle
	before := int(math.Floor(at))
	f := at - float64(before)
	four := [4]float64{
		((-0.5*f+1)*f - 0.5) * f,
		(1.5*f-2.5)*f*f + 1,
		((-1.5*f+2)*f + 0.5) * f,
		(0.5*f - 0.5) * f * f,
	}
	first := min(max(before-1, 0), length-1)
	last := min(max(before+2, 0), length-1)
	t := taps{first: first, weights: make([]float32, last-first+1)}
	for i, w := range four {
		t.weights[min(max(before-1+i, first), last)-first] += float32(w)
	}
	return t
}
