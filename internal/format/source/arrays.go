package source

import (
	"context"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"vaectl/internal/finite"
	"vaectl/internal/format/raster"
	"vaectl/internal/printable"
)

// row is one image of an array before it has become pixels: its numbers in the order
// of the file, as bytes where they are bytes there, and its label.
type row struct {
	bytes  []byte
	values []float64
	label  string
}

// part is the images of one array, or of one file that holds images and labels.
type part struct {
	name   string
	split  Split
	count  int // -1 where only reading tells
	layout layout
	// wide is true of numbers that are 16-bit integers by type.
	wide bool
	each func(ctx context.Context, yield func(row) error) error
}

// layout is how the numbers of a row are an image.
type layout struct {
	height, width, channels int
	planar                  bool // one channel after another
}

func (l layout) values() int { return l.height * l.width * l.channels }

func (l layout) String() string {
	if l.channels == 1 {
		return fmt.Sprintf("%dx%d", l.height, l.width)
	}
	return fmt.Sprintf("%dx%dx%d", l.height, l.width, l.channels)
}

// maxValues bounds the numbers of one image of an array.
const maxValues = 3 * raster.MaxPixels

// layoutOf says how an array [n, ...] holds images.
func layoutOf(shape []int, o Options) (layout, error) {
	product := 1
	for _, d := range shape[1:] {
		if d <= 0 || d > maxValues/product {
			return layout{}, fmt.Errorf("images of %s values", joined(shape[1:]))
		}
		product *= d
	}
	switch len(shape) {
	case 4:
		return layout4(shape)
	case 3:
		if shape[2] <= 4 && shape[1] > 4 {
			return layout{}, fmt.Errorf("shape [%s] is that of one picture, want [n, height, width] or [n, height, width, channels]", joined(shape))
		}
		return layout{height: shape[1], width: shape[2], channels: 1}, nil
	case 2:
		return flat(shape[1], o)
	}
	return layout{}, fmt.Errorf("shape [%s], want [n, height, width], [n, height, width, channels] or [n, channels, height, width]", joined(shape))
}

func layout4(shape []int) (layout, error) {
	isChannels := func(d int) bool { return d == 1 || d == 3 || d == 4 }
	switch {
	case isChannels(shape[3]):
		return layout{height: shape[1], width: shape[2], channels: shape[3]}, nil
	case isChannels(shape[1]):
		return layout{height: shape[2], width: shape[3], channels: shape[1], planar: true}, nil
	}
	return layout{}, fmt.Errorf("shape [%s] has neither 1, 3 nor 4 channels, as its last dimension or its second", joined(shape))
}

// flat is the shape of images that lie in rows of n numbers: the one that was asked
// for, or a square, grey or of three planes.
func flat(n int, o Options) (layout, error) {
	if o.Height > 0 && o.Width > 0 {
		for _, channels := range []int{1, 3} {
			if o.Height*o.Width*channels == n {
				return layout{o.Height, o.Width, channels, channels > 1}, nil
			}
		}
	}
	for _, channels := range []int{1, 3} {
		side := int(math.Round(math.Sqrt(float64(n) / float64(channels))))
		if side > 1 && side*side*channels == n {
			return layout{side, side, channels, channels > 1}, nil
		}
	}
	return layout{}, fmt.Errorf("rows of %d numbers are no square images; --size HEIGHTxWIDTH says what they are", n)
}

func joined(dims []int) string {
	var words []string
	for _, d := range dims {
		words = append(words, strconv.Itoa(d))
	}
	return strings.Join(words, ", ")
}

// scale is what a number stands for.
type scale struct {
	white float64
	note  string
}

func scales() (unit, bytes, words scale) {
	return scale{1, "values are from 0 to 1, where 1 is white"},
		scale{255, "values are from 0 to 255"},
		scale{65535, "values are from 0 to 65535"}
}

// limits are the smallest and the largest of the numbers, and where the latter is.
type limits struct {
	low, high float64
	lowAt     string
	highAt    string
}

func (l *limits) add(r row, at func() string) error {
	if r.bytes != nil {
		if high := float64(slices.Max(r.bytes)); high > l.high {
			l.high, l.highAt = high, at()
		}
		return nil
	}
	for _, v := range r.values {
		switch {
		case !finite.Is(v):
			return malformed("", "%s: %g is no pixel", at(), v)
		case v < l.low:
			l.low, l.lowAt = v, at()
		case v > l.high:
			l.high, l.highAt = v, at()
		}
	}
	return nil
}

// scaleOf decides what the numbers of all parts stand for.
func scaleOf(ctx context.Context, parts []part) (scale, error) {
	var l limits
	wide := true
	for _, p := range parts {
		wide = wide && p.wide
		i := 0
		err := p.each(ctx, func(r row) error {
			i++
			return l.add(r, func() string { return rowName(p.name, i-1) })
		})
		if err != nil {
			return scale{}, err
		}
	}
	unit, bytes, words := scales()
	switch {
	case l.low < 0:
		return scale{}, malformed("pixels must be from 0 to 1, or from 0 to 255", "%s: a pixel of %g", l.lowAt, l.low)
	case l.high <= 1:
		return unit, nil
	case l.high <= 255:
		return bytes, nil
	case wide && l.high <= 65535:
		return words, nil
	}
	return scale{}, malformed("pixels must be from 0 to 1, or from 0 to 255", "%s: a pixel of %g", l.highAt, l.high)
}

func rowName(file string, i int) string { return fmt.Sprintf("%s, row %d", printable.Text(file), i) }

// pixels makes an image of a row.
func (l layout) pixels(r row, s scale, background color.NRGBA) raster.Image {
	m := raster.New(l.height, l.width, l.channels)
	pixels := l.height * l.width
	for i := range m.Pix {
		from := i
		if l.planar {
			from = i%l.channels*pixels + i/l.channels
		}
		switch {
		case r.bytes == nil:
			m.Pix[i] = byte(r.values[from]*(255/s.white) + 0.5)
		case s.white == 1:
			m.Pix[i] = 255 * r.bytes[from]
		default:
			m.Pix[i] = r.bytes[from]
		}
	}
	if l.channels == 4 {
		return raster.OnBackground(m, background)
	}
	return m
}

// arraySource is the source of the images of all parts.
func arraySource(ctx context.Context, kind string, parts []part, classes []string, o Options) (*Source, error) {
	s := &Source{Kind: kind, Numbered: true, Classes: classes, Height: parts[0].layout.height, Width: parts[0].layout.width}
	decided := slices.ContainsFunc(parts, func(p part) bool { return p.split == Test || p.split == Validation })
	for i := range parts {
		if decided && parts[i].split == Undecided {
			parts[i].split = Train
		}
		if l := parts[i].layout; l.height != s.Height || l.width != s.Width {
			return nil, malformed("", "%s has images of %v, but %s of %v", printable.Text(parts[i].name), l, printable.Text(parts[0].name), parts[0].layout)
		}
		if parts[i].count < 0 || s.Count < 0 {
			s.Count = -1
		} else {
			s.Count += parts[i].count
		}
	}
	sc, err := scaleOf(ctx, parts)
	if err != nil {
		return nil, err
	}
	s.Notes = append(s.Notes, sc.note)
	s.each = func(ctx context.Context, yield func(Image) error) error {
		for _, p := range parts {
			i := 0
			err := p.each(ctx, func(r row) error {
				i++
				return yield(Image{Name: rowName(p.name, i-1), Split: p.split, Class: r.label, Pixels: p.layout.pixels(r, sc, o.Background)})
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return s, nil
}
