package data

import (
	"fmt"

	"vaectl/internal/compute/noise"
)

// HoldOut returns a set like s with n of its training images taken out to be
// the validation images; 0 takes none. Test images and digest are those of s.
//
// The images are drawn and not taken from the end, because sets of one's own
// are often sorted by class. The draw has no seed but a fixed one: all runs on
// a set are chosen between on the same images, and a larger n holds out the
// images of a smaller one among others. Both parts keep the order of s.
func (s *Set) HoldOut(n int) (*Set, error) {
	if n == 0 {
		return s, nil
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

// where copies the count images whose mark is wanted.
func (s *Split) where(marks []bool, wanted bool, count int) Split {
	part := Split{Count: count, Height: s.Height, Width: s.Width, Pixels: make([]byte, 0, count*s.Dim())}
	if s.Labels != nil {
		part.Labels = make([]byte, 0, count)
	}
	for i, mark := range marks {
		if mark != wanted {
			continue
		}
		part.Pixels = append(part.Pixels, s.Image(i)...)
		if s.Labels != nil {
			part.Labels = append(part.Labels, s.Labels[i])
		}
	}
	return part
}
