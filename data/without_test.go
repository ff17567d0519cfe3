package data

import (
	"errors"
	"slices"
	"testing"
)

// Training and validation images of the classes go, in order and uncopied; test images
// and the numbers of the classes stay.
func TestWithout(t *testing.T) {
	s := numbered(95, true)
	s.Test = s.Train
	s.Validation = Split{Shape: s.Train.Shape, Count: 20, Bytes: s.Train.Bytes[:40], Labels: s.Train.Labels[:20]}
	part, err := s.Without([]string{"7-9", " 4", "8"})
	if err != nil {
		t.Fatal(err)
	}
	var want []int
	for i := range 95 {
		if c := i % 10; c != 4 && c < 7 {
			want = append(want, i)
		}
	}
	if got := indices(part.Train); !slices.Equal(got, want) || part.Train.Count != len(want) || &part.Train.Bytes[0] != &s.Train.Bytes[0] {
		t.Errorf("images %v are left, want %v", got, want)
	}
	if got := indices(part.Validation); !slices.Equal(got, want[:12]) {
		t.Errorf("validation images %v are left", got)
	}
	for i, index := range want {
		if part.Train.Labels[i] != index%10 {
			t.Errorf("image %d has label %d", index, part.Train.Labels[i])
		}
	}
	if part.Test.Count != 95 || part.Digest != s.Digest || part.ClassCount() != 10 || s.Train.Count != 95 {
		t.Error("more than training and validation images went")
	}
	held, err := part.HoldOut(0)
	if err != nil || held.Train.Count != len(want) {
		t.Fatal(err)
	}
	s.Validation = Split{}
	if part, err = s.Without([]string{"0-8"}); err != nil {
		t.Fatal(err)
	}
	if held, err = part.HoldOut(4); err != nil || held.Train.Count != 5 || held.Validation.Count != 4 {
		t.Fatalf("%v, %v", held, err)
	}
	for _, index := range append(indices(held.Train), indices(held.Validation)...) {
		if index%10 != 9 {
			t.Errorf("image %d is of a class that was left out", index)
		}
	}
	if same, err := s.Without(nil); err != nil || same != s {
		t.Errorf("without nothing: %v, %v", same, err)
	}
}

func TestWithoutWhatIsNotThere(t *testing.T) {
	s := numbered(30, true)
	for _, texts := range [][]string{{"10"}, {"-1"}, {"cat"}, {""}, {"8-12"}, {"5-3"}, {"1-2-3"}, {"--"}} {
		if _, err := s.Without(texts); !errors.Is(err, ErrClass) {
			t.Errorf("%q: %v", texts, err)
		}
	}
	if _, err := s.Without([]string{"0-9"}); err == nil {
		t.Error("no image is left to train on")
	}
	if _, err := numbered(30, false).Without([]string{"1"}); err == nil {
		t.Error("images without labels have classes")
	}
}

func TestFindClass(t *testing.T) {
	c := Classes{Names: []string{"Food & Drink", "3", "Flags", "0-1"}, Count: 6}
	for text, want := range map[string]int{"food & drink": 0, "3": 1, "Flags": 2, "0-1": 3, "0": 0, "5": 5} {
		if got, err := c.Find(text); err != nil || got != want {
			t.Errorf("%q is %d, %v; want %d", text, got, err, want)
		}
	}
	var hint interface{ Hint() string }
	if _, err := c.Find("Flag"); !errors.As(err, &hint) || hint.Hint() != `did you mean "Flags"?` {
		t.Errorf("%v", err)
	}
	if got, err := c.FindAll([]string{"flags", "0-1", "1-2"}); err != nil || !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := (Classes{}).Find("0"); !errors.Is(err, ErrClass) {
		t.Errorf("a class of none: %v", err)
	}
}
