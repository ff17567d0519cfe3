package data

import (
	"slices"
	"testing"
)

func TestClasses(t *testing.T) {
	for name, c := range map[string]struct {
		train, validation, test []byte
		want                    int
	}{
		"largest in training":   {[]byte{0, 6}, nil, []byte{1}, 7},
		"largest in validation": {[]byte{0, 6}, []byte{9}, []byte{1}, 10},
		"largest in test":       {[]byte{0}, nil, []byte{255}, 256},
		"one class":             {[]byte{0}, nil, []byte{0}, 1},
		"training without":      {nil, nil, []byte{3}, 0},
		"test without":          {[]byte{3}, nil, nil, 0},
	} {
		s := Set{Train: Split{Labels: c.train}, Validation: Split{Labels: c.validation}, Test: Split{Labels: c.test}}
		if got := s.Classes(); got != c.want {
			t.Errorf("%s: %d classes, want %d", name, got, c.want)
		}
	}
}

func TestReaderLabels(t *testing.T) {
	r, err := NewReader(&Split{Count: 3, Height: 1, Width: 1, Pixels: make([]byte, 3), Labels: []byte{7, 0, 200}}, Grey, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 4)
	r.Labels(got, []int32{2, 2, 0, 1})
	if want := []float32{200, 200, 7, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
