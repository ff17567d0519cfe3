package kernel

import "math"

// normalGroup is the number of elements a pass from words to normal draws takes together.
const normalGroup = 32

// Normal writes draws from N(0,1), by Box and Muller's transform of words w = 0, 1 and w = 2, 3 of each block:
// u = (even word + 1/2) * 2^-32 rounded to float32, r = sqrt(-2 ln u), theta = 2 pi * (odd word >> 8) * 2^-24;
// the position of the even word receives r cos theta, that of the odd word r sin theta. No draw is beyond 6.77.
// Kernels may differ by a few ulp.
func (e *Engine) Normal(dst []float32, k Key, pos uint64) {
	s := wordStream{key: k}
	if within := int(pos % wordGroup); within != 0 {
		n := e.vec.partialNormals(dst[:min(len(dst), wordGroup-within)], &s, pos)
		dst, pos = dst[n:], pos+uint64(n)
	}
	for len(dst) >= wordGroup {
		n := min(len(dst)-len(dst)%wordGroup, passElements)
		e.vec.groups(asWords(dst[:n]), &s, pos/wordGroup)
		e.vec.normals(dst[:n])
		dst, pos = dst[n:], pos+uint64(n)
	}
	if len(dst) > 0 {
		e.vec.partialNormals(dst, &s, pos)
	}
}

// partialNormals fills dst with draws of one group and returns their number.
func (t *vecTable) partialNormals(dst []float32, s *wordStream, pos uint64) int {
	var group [wordGroup]float32
	t.groups(asWords(group[:]), s, pos/wordGroup)
	t.normals(group[:])
	return copy(dst, group[pos%wordGroup:])
}

// normalsPortable turns words into normal draws, the first 16 of every 32 with the second.
func normalsPortable(dst []float32) {
	const half = normalGroup / 2
	for ; len(dst) >= normalGroup; dst = dst[normalGroup:] {
		for lane := range half {
			even, odd := math.Float32bits(dst[lane]), math.Float32bits(dst[half+lane])
			u := float32((float64(even) + 0.5) * 0x1p-32)
			r := math.Sqrt(-2 * log64(float64(u)))
			cosine, sine := turnOf(odd)
			dst[lane], dst[half+lane] = float32(r*cosine), float32(r*sine)
		}
	}
}
