package data

// MeanPixels is the mean of each value over the split as the reader gives it,
// Values() numbers in [0, 1], one channel after another. Of dynamic draws it is the expectation, which is the
// mean of the grey pixels.
func (r *Reader) MeanPixels() []float64 {
	shape := r.split.Shape
	sums := make([]uint64, shape.Values())
	for i := range r.split.Count {
		for j, p := range r.split.Image(i) {
			if r.mode == Threshold {
				p = thresholded(p)
			}
			sums[j] += uint64(p)
		}
	}
	means := make([]float64, len(sums))
	for j, sum := range sums {
		pixel, channel := j/shape.Channels, j%shape.Channels
		means[channel*shape.Pixels()+pixel] = float64(sum) / 255 / float64(r.split.Count)
	}
	return means
}

// thresholded is a pixel as [Threshold] makes it, 0 or 255.
func thresholded(p byte) byte {
	if p >= 128 {
		return 255
	}
	return 0
}
