package data

import (
	"slices"
	"testing"
	"vaectl/internal/dev/testkit"
)

func testEngine(t testing.TB) *Engine { return (*Engine)(testkit.Engine(t, "", 2)) }

// A row holds one channel of an image after another; in memory the channels of a
// pixel stand together.
func TestReaderGivesPlanes(t *testing.T) {
	const count = 20 // more than two chunks
	shape := Shape{Height: 3, Width: 5, Channels: 3}
	s := &Split{Count: count, Shape: shape, Bytes: make([]byte, count*shape.Values())}
	value := func(image, row, column, channel int) byte {
		return byte(image*97 + row*31 + column*7 + channel*85)
	}
	for i := range s.Bytes {
		image, rest := i/shape.Values(), i%shape.Values()
		s.Bytes[i] = value(image, rest/15, rest/3%5, rest%3)
	}
	indices := make([]int32, count)
	for i := range indices {
		indices[i] = int32(count - 1 - i)
	}
	for _, mode := range []Binarization{Grey, Threshold} {
		r, err := NewReader(s, mode, testEngine(t))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, count*shape.Values())
		r.Read(got, indices, Draw{})
		for i, v := range got {
			image, rest := int(indices[i/shape.Values()]), i%shape.Values()
			b := value(image, rest%15/5, rest%5, rest/15)
			if mode == Threshold {
				b = thresholded(b)
			}
			if want := float32(b) / 255; v != want {
				t.Fatalf("%s: image %d, value %d: %g, want %g", mode, image, rest, v, want)
			}
		}
	}
}

// What is drawn for an image depends neither on its neighbours in the batch nor, for
// a part of a set, on where its pixels lie.
func TestDynamicDrawsFollowTheImage(t *testing.T) {
	shape := Shape{Height: 2, Width: 4, Channels: 3}
	s := &Split{Count: 6, Shape: shape, Bytes: make([]byte, 6*shape.Values())}
	for i := range s.Bytes {
		s.Bytes[i] = 128
	}
	turned := &Split{Count: 6, Shape: shape, Bytes: s.Bytes, Index: []int32{5, 4, 3, 2, 1, 0}}
	read := func(s *Split, indices ...int32) []float32 {
		r, err := NewReader(s, Dynamic, testEngine(t))
		if err != nil {
			t.Fatal(err)
		}
		rows := make([]float32, len(indices)*shape.Values())
		r.Read(rows, indices, TrainingDraw(3, 4))
		return rows
	}
	alone, among := read(s, 2), read(s, 5, 2, 0)
	if n := shape.Values(); !slices.Equal(alone, among[n:2*n]) || !slices.Equal(alone, read(turned, 2)) {
		t.Error("an image is drawn otherwise in company")
	} else if slices.Equal(alone, among[:n]) {
		t.Error("two images are drawn alike")
	}
}
