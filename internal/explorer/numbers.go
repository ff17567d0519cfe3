package explorer

import (
	"math"
	"strconv"
)

// number is a float in an answer: six digits, which is more than anybody sees,
// and null where it is not finite, for which JSON has no word.
type number float64

// MarshalJSON writes the number.
func (n number) MarshalJSON() ([]byte, error) { return n.append(nil), nil }

func (n number) append(text []byte) []byte {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(text, "null"...)
	}
	if v == 0 {
		return append(text, '0') // no "-0"
	}
	return strconv.AppendFloat(text, v, 'g', 6, 64)
}

// numbers are floats in an answer.
type numbers []float64

// MarshalJSON writes the numbers; nil is an empty list.
func (n numbers) MarshalJSON() ([]byte, error) {
	text := append(make([]byte, 0, 2+9*len(n)), '[')
	for i, v := range n {
		if i > 0 {
			text = append(text, ',')
		}
		text = number(v).append(text)
	}
	return append(text, ']'), nil
}

// rows cuts values into rows of the given width.
func rows(values []float64, width int) []numbers {
	out := make([]numbers, 0, len(values)/max(width, 1))
	for ; len(values) >= width && width > 0; values = values[width:] {
		out = append(out, values[:width])
	}
	return out
}
