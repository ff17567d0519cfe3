package data

// Split is a part of a data set: images of one shape and, perhaps, their classes.
type Split struct {
	Shape
	// Count is the number of images.
	Count int
	// Bytes holds images one after another, Values() bytes each, 0 (background) to 255,
	// in the order that [Shape] describes. They are not to be changed: several splits
	// may share them, and those of a large set are mapped from a file.
	Bytes []byte
	// Index, where it is not nil, has the place in Bytes of each of the Count images,
	// counted in images. Without it the images are those of Bytes, in order.
	Index []int32
	// Labels holds Count classes, numbered from 0, or is nil when the images have none.
	Labels []int
}

// Image is the i-th image, Values() bytes that share memory with s.Bytes. It panics
// unless 0 <= i < Count.
func (s *Split) Image(i int) []byte {
	if s.Index != nil {
		i = int(s.Index[i])
	}
	v := s.Values()
	return s.Bytes[i*v : (i+1)*v : (i+1)*v]
}

// MeanPixel is the mean over all values of all images, 0 (background) to 1.
func (s *Split) MeanPixel() float64 {
	var sum uint64
	for i := range s.Count {
		for _, p := range s.Image(i) {
			sum += uint64(p)
		}
	}
	return float64(sum) / 255 / (float64(s.Count) * float64(s.Values()))
}

// ClassCounts is the number of images of each class, from 0 to the largest label
// there is, or nil when there are no labels.
func (s *Split) ClassCounts() []int {
	if len(s.Labels) == 0 {
		return nil
	}
	counts := make([]int, s.classes())
	for _, c := range s.Labels {
		counts[c]++
	}
	return counts
}
