package data

import "fmt"

// Classes is the number of classes of the set, one more than its largest label;
// 0 when the training or the test images have no labels.
func (s *Set) Classes() int {
	if s.Train.Labels == nil || s.Test.Labels == nil {
		return 0
	}
	return max(s.Train.classes(), s.Validation.classes(), s.Test.classes())
}

// classes is one more than the largest label; 0 without labels.
func (s *Split) classes() int {
	n := 0
	for _, label := range s.Labels {
		n = max(n, int(label)+1)
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
