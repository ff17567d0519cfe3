package page

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Rounding moves a number by half a step at most, and the page's reader gets the
// numbers that the loss was measured with.
func TestRounding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, width := rapid.IntRange(1, 5).Draw(t, "rows"), rapid.IntRange(1, 9).Draw(t, "width")
		bits := rapid.IntRange(fewestBits, mostBits).Draw(t, "bits")
		values := rapid.SliceOfN(rapid.Float32Range(-1e6, 1e6), rows*width, rows*width).Draw(t, "values")
		var coarser []float64
		if rapid.Bool().Draw(t, "coarser") {
			coarser = rapid.SliceOfN(rapid.Float64Range(1, 300), rows, rows).Draw(t, "factors")
		}
		q := quantise(values, rows, bits, coarser)
		restored := make([]float32, len(values))
		q.restore(restored)
		most := int16(int(1)<<(bits-1) - 1)
		for i, v := range values {
			step := float64(q.steps[i/width])
			if off := math.Abs(float64(restored[i]) - float64(v)); off > 0.5*step*(1+1e-3)+1e-30 {
				t.Fatalf("%g became %g with a step of %g", v, restored[i], step)
			}
			if q.values[i] > most || q.values[i] < -most {
				t.Fatalf("%d in %d bits", q.values[i], bits)
			}
		}
	})
}

func TestRowsOfZeros(t *testing.T) {
	q := quantise([]float32{0, 0, 1, -2}, 2, 8, nil)
	restored := make([]float32, 4)
	q.restore(restored)
	if restored[0] != 0 || restored[1] != 0 || math.Abs(float64(restored[3])+2) > 1e-6 {
		t.Errorf("restored %v", restored)
	}
}
