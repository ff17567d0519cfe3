package data

import (
	"math"
	"testing"

	"vaectl/internal/compute/kernel"
)

// The mean is that of what Read gives, image by image.
func TestMeanPixelsAreThoseRead(t *testing.T) {
	e, err := kernel.New(kernel.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := &Split{Count: 5, Height: 2, Width: 3, Pixels: make([]byte, 30)}
	for i := range s.Pixels {
		s.Pixels[i] = byte(i * 53)
	}
	s.Pixels[0], s.Pixels[6] = 127, 128
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
			r.Read(rows, []int32{0, 1, 2, 3, 4}, kernel.Key{Step: uint64(k)})
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
