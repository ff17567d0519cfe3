package idx

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
)

func FuzzHeader(f *testing.F) {
	f.Add(Header{Type: UnsignedByte, Dims: []int{3, 28, 28}}.Append(nil))
	f.Add(Header{Type: Float32, Dims: []int{1, 2, 3, 4}}.Append(nil))
	f.Add([]byte{0, 0, 8, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHeader(bytes.NewReader(b))
		switch {
		case err == nil && !bytes.HasPrefix(b, h.Append(nil)):
			t.Errorf("%+v is not what % x says", h, b)
		case err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, io.ErrUnexpectedEOF):
			t.Errorf("error %v", err)
		}
		if _, known := h.Number(); err == nil && !known {
			t.Errorf("nobody reads %s", TypeName(h.Type))
		}
	})
}

func TestDimensions(t *testing.T) {
	for n := 1; n <= 4; n++ {
		dims := []int{5, 4, 3, 2}[:n]
		h, err := ReadHeader(bytes.NewReader(Header{Type: Int32, Dims: dims}.Append(nil)))
		if err != nil || h.Type != Int32 || !slices.Equal(h.Dims, dims) {
			t.Errorf("%+v, %v", h, err)
		}
	}
	if _, err := ReadHeader(bytes.NewReader([]byte{0, 0, 8, 1, 255, 255, 255, 255})); !errors.Is(err, ErrFormat) {
		t.Errorf("four billion images: %v", err)
	}
}
