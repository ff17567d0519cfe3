package data

import (
	"fmt"

	"vaectl/internal/compute/noise"
)

// HoldOut returns a set like s with n of its training images taken out to be
// the validation images; 0 takes none. Test images and digest are those of s. A set
// that has validation images of its own keeps those, and no others are held out.
//
// The images are drawn and not taken from the end, because sets of one's own
// are often sorted by class. The draw has no seed but a fixed one: all runs on
// a set are chosen between on the same images, and a larger n holds out the
// images of a smaller one among others. Both parts keep the order of s.
func (s *Set) HoldOut(n int) (*Set, error) {
	if n == 0 {
		return s, nil
	}
	if s.Validation.Count > 0 {
		return nil, fmt.Errorf("data set %s: %d training images cannot be held out, it has %d validation images of its own", s.Name, n, s.Validation.Count)
	}
	if n < 0 || n >= s.Train.Count {
		return nil, fmt.Errorf("data set %s: %d validation images of %d training images: at least one must be left to train on", s.Name, n, s.Train.Count)
	}
	held := make([]bool, s.Train.Count)
	order := make([]int32, s.Train.Count)
	noise.PermuteInto(order, noise.Key(0, noise.Split, 0))
	for _, i := range order[:n] {
		held[i] = true
	}
	part := *s
	part.Train = s.Train.where(held, false, s.Train.Count-n)
	part.Validation = s.Train.where(held, true, n)
	return &part, nil
}

// where has the count images whose mark is wanted. They stay where they are.
func (s *Split) where(marks []bool, wanted bool, count int) Split {
	part := Split{Shape: s.Shape, Count: count, Bytes: s.Bytes, Index: make([]int32, 0, count)}
	if s.Labels != nil {
		part.Labels = make([]int, 0, count)
	}
	for i, mark := range marks {
		if mark != wanted {
			continue
		}
		place := int32(i)
		if s.Index != nil {
			place = s.Index[i]
		}
		part.Index = append(part.Index, place)
		if s.Labels != nil {
			part.Labels = append(part.Labels, s.Labels[i])
		}
	}
	return part
}
