package kernel

// The kernel levels, as named in Options and in reports.
const (
	levelAVX512   = "avx512"
	levelAVX2     = "avx2"
	levelNEON     = "neon"
	levelPortable = "portable"
)

// levels lists every level of every architecture, best first.
func levels() []string { return []string{levelAVX512, levelAVX2, levelNEON, levelPortable} }

// Supported lists the kernel levels this CPU can run, best first. The last is always "portable".
func Supported() []string { return append(nativeLevels(), levelPortable) }
