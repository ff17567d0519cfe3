package conv

import "vaectl/internal/compute/kernel"

// featureMap is a batch of maps in memory: images of rows of pixels, channels innermost, each image with a border of
// zeros. Only what is inside the border is ever written.
type featureMap struct {
	images, height, width, channels, border int
	data                                    []float32
}

func (m *featureMap) row() int   { return (m.width + 2*m.border) * m.channels }
func (m *featureMap) image() int { return (m.height + 2*m.border) * m.row() }

// at is where a pixel begins; it may lie in the border.
func (m *featureMap) at(image, y, x int) int {
	return image*m.image() + (y+m.border)*m.row() + (x+m.border)*m.channels
}

// line is the inside of one row of pixels.
func (m *featureMap) line(image, y int) []float32 {
	return m.data[m.at(image, y, 0):][:m.width*m.channels]
}

// view is some images of a map.
func (m *featureMap) view(from, images int) featureMap {
	v := *m
	v.images = images
	v.data = m.data[from*m.image() : (from+images)*m.image()]
	return v
}

// size is the number of elements of n images.
func (m *featureMap) size(n int) int { return n * m.image() }

// allocate gives a map memory for some images.
func (m *featureMap) allocate(images int) {
	m.images = images
	m.data = kernel.Floats(m.size(images))
}

// interleave writes n pixels of some channels, given in planes, one pixel after the other.
func interleave(dst, planes []float32, channels, n, plane int) {
	if channels == 1 {
		copy(dst[:n], planes)
		return
	}
	for c := range channels {
		src := planes[c*plane:][:n]
		at := c
		for _, v := range src {
			dst[at] = v
			at += channels
		}
	}
}

// deinterleave is the inverse.
func deinterleave(planes, src []float32, channels, n, plane int) {
	if channels == 1 {
		copy(planes[:n], src)
		return
	}
	for c := range channels {
		dst := planes[c*plane:][:n]
		at := c
		for i := range dst {
			dst[i] = src[at]
			at += channels
		}
	}
}
