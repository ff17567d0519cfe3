package data

import (
	"fmt"
	"strconv"
)

// ClassCount is the number of classes of the set: those that have names, or else one
// more than the largest label; 0 when the training or the test images have no labels.
func (s *Set) ClassCount() int {
	if s.Train.Labels == nil || s.Test.Labels == nil {
		return 0
	}
	return s.ClassList().Count
}

// ClassName is the name of a class, its number where it has no name.
func (s *Set) ClassName(label int) string {
	if label < len(s.Classes) && s.Classes[label] != "" {
		return s.Classes[label]
	}
	return strconv.Itoa(label)
}

// classes is one more than the largest label; 0 without labels.
func (s *Split) classes() int {
	n := 0
	for _, label := range s.Labels {
		n = max(n, label+1)
	}
	return n
}

// Labels writes the labels of the images with the given indices to dst, one an
// image. It panics when the images have none.
func (r *Reader) Labels(dst []float32, indices []int32) {
	if len(dst) != len(indices) {
		panic(fmt.Sprintf("data: %d values for the labels of %d images", len(dst), len(indices)))
	}
	for i, index := range indices {
		dst[i] = float32(r.split.Labels[index])
	}
}

// toInts widens the labels of a file; nil stays nil.
func toInts(labels []byte) []int {
	if labels == nil {
		return nil
	}
	wide := make([]int, len(labels))
	for i, label := range labels {
		wide[i] = int(label)
	}
	return wide
}
