package kernel

import "math"

// normalsPortable turns the words of one group into normal draws.
func normalsPortable(dst *[wordGroup]float32, words *[wordGroup]uint32) {
	for half := 0; half < wordGroup; half += 32 {
		for lane := range 16 {
			even, odd := half+lane, half+16+lane
			u := float64(float32((float64(words[even]) + 0.5) * 0x1p-32))
			r := math.Sqrt(-2 * math.Log(u))
			sin, cos := math.Sincos(2 * math.Pi * float64(uniformOf(words[odd])))
			dst[even], dst[odd] = float32(r*cos), float32(r*sin)
		}
	}
}
