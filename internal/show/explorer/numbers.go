package explorer

import (
	"strconv"

	"vaectl/internal/finite"
)

// number is a float in an answer: six digits, which is more than anybody sees,
// and null where it is not finite, for which JSON has no word.
type number float64

// MarshalJSON writes the number.
func (n number) MarshalJSON() ([]byte, error) { return appendFloat(nil, float64(n), 6), nil }

// numbers are floats in an answer, each written as a number is.
type numbers []float64

// MarshalJSON writes the numbers; nil is an empty list.
func (n numbers) MarshalJSON() ([]byte, error) { return appendFloats(n, 6), nil }

// coordinate is a float that clients send back. It is written in full: rounded,
// it might lie beyond the end of a prior.
type coordinate float64

// MarshalJSON writes the coordinate.
func (c coordinate) MarshalJSON() ([]byte, error) { return appendFloat(nil, float64(c), -1), nil }

// coordinates are floats in an answer, each written as a coordinate is.
type coordinates []float64

// MarshalJSON writes the coordinates; nil is an empty list.
func (c coordinates) MarshalJSON() ([]byte, error) { return appendFloats(c, -1), nil }

func appendFloats(values []float64, digits int) []byte {
	text := append(make([]byte, 0, 2+9*len(values)), '[')
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendFloat(text, v, digits)
	}
	return append(text, ']')
}

func appendFloat(text []byte, v float64, digits int) []byte {
	if !finite.Is(v) {
		return append(text, "null"...)
	}
	if v == 0 {
		return append(text, '0') // no "-0"
	}
	return strconv.AppendFloat(text, v, 'g', digits, 64)
}

// rows cuts values into rows of the given width.
func rows(values []float64, width int) []coordinates {
	out := make([]coordinates, 0, len(values)/max(width, 1))
	for ; len(values) >= width && width > 0; values = values[width:] {
		out = append(out, values[:width])
	}
	return out
}
