package data

import (
	"math"
	"testing"
)

// The mean is that of what Read gives, image by image.
func TestMeanPixelsAreThoseRead(t *testing.T) {
	e, err := NewEngine("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, shape := range []Shape{{2, 3, 1}, {1, 2, 3}} {
		t.Run(shape.String(), func(t *testing.T) { testMeanPixels(t, e, shape) })
	}
}

func testMeanPixels(t *testing.T, e *Engine, shape Shape) {
	s := &Split{Count: 5, Shape: shape, Bytes: make([]byte, 30)}
	for i := range s.Bytes {
		s.Bytes[i] = byte(i * 53)
	}
	s.Bytes[0], s.Bytes[6] = 127, 128
	for _, c := range []struct {
		mode      Binarization
		keys      int
		tolerance float64
	}{{Grey, 1, 1e-6}, {Threshold, 1, 1e-6}, {Dynamic, 4000, 0.02}} {
		r, err := NewReader(s, c.mode, e)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, 6)
		rows := make([]float32, 30)
		for k := range c.keys {
			r.Read(rows, []int32{0, 1, 2, 3, 4}, TrainingDraw(1, uint64(k)))
			for i, v := range rows {
				want[i%6] += float64(v) / float64(5*c.keys)
			}
		}
		for j, got := range r.MeanPixels() {
			if math.Abs(got-want[j]) > c.tolerance {
				t.Errorf("%s: mean of pixel %d is %g, want %g", c.mode, j, got, want[j])
			}
		}
	}
}
