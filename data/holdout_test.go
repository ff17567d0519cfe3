package data

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

// numbered is a set whose training images and labels tell their index.
func numbered(count int, labels bool) *Set {
	s := &Set{Name: "numbered", Digest: "abc", Train: Split{Count: count, Shape: Shape{Height: 1, Width: 2, Channels: 1}}, Test: Split{Count: 1, Shape: Shape{Height: 1, Width: 2, Channels: 1}, Bytes: []byte{7, 7}}}
	for i := range count {
		s.Train.Bytes = binary.BigEndian.AppendUint16(s.Train.Bytes, uint16(i))
		if labels {
			s.Train.Labels = append(s.Train.Labels, i%10)
		}
	}
	return s
}

func indices(s Split) []int {
	var all []int
	for i := range s.Count {
		all = append(all, int(binary.BigEndian.Uint16(s.Image(i))))
	}
	return all
}

// The two parts are the training images, each once, in order, with their own
// labels; the images of the set itself stay as they were.
func TestHoldOutDividesTheTrainingImages(t *testing.T) {
	for _, labels := range []bool{true, false} {
		s := numbered(1000, labels)
		part, err := s.HoldOut(200)
		if err != nil {
			t.Fatal(err)
		}
		kept, held := indices(part.Train), indices(part.Validation)
		if len(kept) != 800 || len(held) != 200 || !slices.IsSorted(kept) || !slices.IsSorted(held) {
			t.Fatalf("%d images kept and %d held out, in order: %v and %v", len(kept), len(held), slices.IsSorted(kept), slices.IsSorted(held))
		}
		all := append(slices.Clone(kept), held...)
		slices.Sort(all)
		if !slices.Equal(all, indices(s.Train)) {
			t.Error("the parts are not the whole")
		}
		for _, split := range []Split{part.Train, part.Validation} {
			if (split.Labels != nil) != labels || &split.Bytes[0] != &s.Train.Bytes[0] {
				t.Fatalf("labels %v, pixels copied: %v", split.Labels, &split.Bytes[0] != &s.Train.Bytes[0])
			}
			for i, index := range indices(split) {
				if labels && split.Labels[i] != index%10 {
					t.Errorf("image %d has label %d", index, split.Labels[i])
				}
			}
		}
		if part.Digest != s.Digest || part.Test.Count != 1 || s.Validation.Count != 0 {
			t.Error("more than the training images was divided")
		}
	}
}

// Images sorted by class lose a like part of every class: the draw is uniform.
func TestHoldOutIsSpread(t *testing.T) {
	s := numbered(60_000, false)
	part, err := s.HoldOut(10_000)
	if err != nil {
		t.Fatal(err)
	}
	var tenths [10]float64
	for _, i := range indices(part.Validation) {
		tenths[i/6000]++
	}
	for i, n := range tenths {
		// Hypergeometric: 1000 expected, standard deviation 27.4.
		if math.Abs(n-1000) > 5*27.4 {
			t.Errorf("tenth %d of the images lost %g of 6000", i, n)
		}
	}
	fewer, err := s.HoldOut(5000)
	if err != nil {
		t.Fatal(err)
	}
	held := indices(part.Validation)
	for _, i := range indices(fewer.Validation) {
		if _, found := slices.BinarySearch(held, i); !found {
			t.Fatalf("image %d is among 5000 held out and not among 10000", i)
		}
	}
}

// A part of a part is a part of the whole.
func TestHoldOutOfAnIndexedSplit(t *testing.T) {
	s := numbered(100, true)
	s.Train.Index, s.Train.Count = []int32{9, 3, 57, 4}, 4
	s.Train.Labels = []int{9, 3, 7, 4}
	part, err := s.HoldOut(2)
	if err != nil {
		t.Fatal(err)
	}
	got := append(indices(part.Train), indices(part.Validation)...)
	slices.Sort(got)
	if !slices.Equal(got, []int{3, 4, 9, 57}) {
		t.Errorf("images %v", got)
	}
	for _, split := range []Split{part.Train, part.Validation} {
		for i, index := range indices(split) {
			if split.Labels[i] != index%10 {
				t.Errorf("image %d has label %d", index, split.Labels[i])
			}
		}
	}
}

func TestHoldOutKeepsTheSetsOwnValidationImages(t *testing.T) {
	s := numbered(10, true)
	s.Validation = s.Test
	if whole, err := s.HoldOut(0); err != nil || whole.Validation.Count != 1 {
		t.Errorf("%v, %v", whole, err)
	}
	if _, err := s.HoldOut(3); err == nil {
		t.Error("validation images are replaced")
	}
}

func TestHoldOutLeavesSomething(t *testing.T) {
	s := numbered(10, true)
	if whole, err := s.HoldOut(0); err != nil || whole != s {
		t.Errorf("none held out: %v, %v", whole, err)
	}
	for _, n := range []int{-1, 10, 11} {
		if _, err := s.HoldOut(n); err == nil {
			t.Errorf("%d of 10 images can be held out", n)
		}
	}
}
