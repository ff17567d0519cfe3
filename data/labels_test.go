package data

import (
	"slices"
	"testing"
)

func TestClasses(t *testing.T) {
	for name, c := range map[string]struct {
		train, validation, test []int
		want                    int
	}{
		"largest in training":   {[]int{0, 6}, nil, []int{1}, 7},
		"largest in validation": {[]int{0, 6}, []int{9}, []int{1}, 10},
		"largest in test":       {[]int{0}, nil, []int{255}, 256},
		"one class":             {[]int{0}, nil, []int{0}, 1},
		"training without":      {nil, nil, []int{3}, 0},
		"test without":          {[]int{3}, nil, nil, 0},
	} {
		s := Set{Train: Split{Labels: c.train}, Validation: Split{Labels: c.validation}, Test: Split{Labels: c.test}}
		if got := s.ClassCount(); got != c.want {
			t.Errorf("%s: %d classes, want %d", name, got, c.want)
		}
	}
}

func TestReaderLabels(t *testing.T) {
	r, err := NewReader(&Split{Count: 3, Shape: Shape{Height: 1, Width: 1, Channels: 1}, Bytes: make([]byte, 3), Labels: []int{7, 0, 200}}, Grey, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 4)
	r.Labels(got, []int32{2, 2, 0, 1})
	if want := []float32{200, 200, 7, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestClassNames(t *testing.T) {
	labelled := Split{Labels: []int{0, 1}}
	s := Set{Classes: []string{"cat", "", "dog"}, Train: labelled, Test: labelled}
	if s.ClassCount() != 3 {
		t.Errorf("%d classes, want those that have names", s.ClassCount())
	}
	for label, want := range []string{"cat", "1", "dog", "3"} {
		if got := s.ClassName(label); got != want {
			t.Errorf("class %d is %q, want %q", label, got, want)
		}
	}
}
