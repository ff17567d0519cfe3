package picture

import "vaectl/data"

// Heat is values of the pixels of an image as colours, as rows of red, green and blue
// planes that [Grid] takes with three channels: black at low and below, over violet and
// orange to pale yellow at high and above, ever brighter, so that it reads in grey as well.
func Heat(values []float64, low, high float64) []float32 {
	planes := make([]float32, 3*len(values))
	for i, v := range values {
		for c, shade := range heatAt((v - low) / (high - low)) {
			planes[c*len(values)+i] = shade
		}
	}
	return planes
}

// heatAt is red, green and blue at a place from 0 to 1, between the colours of evenly
// spaced stops. NaN is black.
func heatAt(at float64) [3]float32 {
	stops := [...][3]float32{{0, 0, 0.02}, {0.34, 0.06, 0.43}, {0.73, 0.21, 0.33}, {0.98, 0.56, 0.04}, {0.99, 1, 0.64}}
	if !(at > 0) {
		return stops[0]
	}
	last := len(stops) - 1
	place := min(at, 1) * float64(last)
	below := min(int(place), last-1)
	share := float32(place - float64(below))
	var colour [3]float32
	for c := range colour {
		colour[c] = stops[below][c] + share*(stops[below+1][c]-stops[below][c])
	}
	return colour
}

// Coloured is images with three channels, whose greys become colours; those in colour stay
// as they are.
func Coloured(pixels []float32, image data.Shape) (rgb []float32, shape data.Shape) {
	if image.Channels == 3 {
		return pixels, image
	}
	size := image.Pixels()
	for first := 0; first < len(pixels); first += size {
		for range 3 {
			rgb = append(rgb, pixels[first:first+size]...)
		}
	}
	image.Channels = 3
	return rgb, image
}
