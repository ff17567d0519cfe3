package data

// Split is one half of a data set: greyscale images of one size and, perhaps,
// their classes.
type Split struct {
	// Count, Height and Width are the number of images and their size in pixels.
	Count, Height, Width int
	// Pixels holds Count*Height*Width bytes, row-major, 0 (background) to 255.
	Pixels []byte
	// Labels holds Count classes, or is nil when the images have none.
	Labels []byte
}

// Dim is the number of pixels of one image, Height*Width.
func (s *Split) Dim() int { return s.Height * s.Width }

// Image is the i-th image, Dim() pixels that share memory with s.Pixels. It panics
// unless 0 <= i < Count.
func (s *Split) Image(i int) []byte {
	d := s.Dim()
	return s.Pixels[i*d : (i+1)*d : (i+1)*d]
}

// MeanPixel is the mean over all pixels of all images, 0 (background) to 1.
func (s *Split) MeanPixel() float64 {
	var sum uint64
	for _, p := range s.Pixels {
		sum += uint64(p)
	}
	return float64(sum) / 255 / float64(len(s.Pixels))
}

// ClassCounts is the number of images of each class, from 0 to the largest label
// there is, or nil when there are no labels.
func (s *Split) ClassCounts() []int {
	var byLabel [256]int
	largest := -1
	for _, c := range s.Labels {
		byLabel[c]++
		largest = max(largest, int(c))
	}
	if largest < 0 {
		return nil
	}
	return append([]int(nil), byLabel[:largest+1]...)
}
