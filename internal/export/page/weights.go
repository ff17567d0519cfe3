package page

import (
	"math"
)

// quantisedArray is an array as integers: value i of row r is steps[r] times the integer.
type quantisedArray struct {
	bits   int
	steps  []float32
	values []int16
}

// quantise rounds rows of numbers to integers of so many bits, sign included. The
// largest of a row becomes the largest integer, or a number smaller by the row's
// factor: coarser has one for each row, none of which is below 1, or is nil.
func quantise(values []float32, rows, bits int, coarser []float64) quantisedArray {
	q := quantisedArray{bits: storage(bits), steps: make([]float32, rows), values: make([]int16, len(values))}
	most := float64(int(1)<<(bits-1) - 1)
	width := len(values) / rows
	for r := range rows {
		row := values[r*width : (r+1)*width]
		largest := 0.0
		for _, v := range row {
			largest = max(largest, math.Abs(float64(v)))
		}
		if largest == 0 {
			continue
		}
		q.steps[r] = float32(largest / most)
		if coarser != nil {
			q.steps[r] *= float32(coarser[r])
		}
		for i, v := range row {
			q.values[r*width+i] = int16(min(max(math.Round(float64(v)/float64(q.steps[r])), -most), most))
		}
	}
	return q
}

// storage is the width of the integers that hold so many bits.
func storage(bits int) int {
	if bits > 8 {
		return 16
	}
	return 8
}

// restore writes the numbers that are left.
func (q quantisedArray) restore(dst []float32) {
	width := len(dst) / max(len(q.steps), 1)
	for i, v := range q.values {
		dst[i] = q.steps[i/width] * float32(v)
	}
}
