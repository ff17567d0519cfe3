package kernel

import "unsafe"

const (
	cacheLineBytes = 64
	hugePageBytes  = 2 << 20
)

// Floats makes a slice of n zeros that starts on a cache line. The system is asked to keep a large one in huge pages,
// where it has them: matrices are read down their columns, and every row of a wide one lies in another small page.
func Floats(n int) []float32 {
	const line = cacheLineBytes / 4
	s := make([]float32, n+line-1)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s))) / 4 % line)
	if 4*n >= hugePageBytes/2 {
		preferHugePages(s)
	}
	return s[skip:][:n]
}
