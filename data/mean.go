package data

// MeanPixels is the mean of each pixel over the split as the reader gives it,
// Dim() values in [0, 1]. Of dynamic draws it is the expectation, which is the
// mean of the grey pixels.
func (r *Reader) MeanPixels() []float64 {
	sums := make([]uint64, r.split.Dim())
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
		means[j] = float64(sum) / 255 / float64(r.split.Count)
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
