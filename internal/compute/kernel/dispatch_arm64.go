package kernel

// nativeLevels lists the assembly levels this CPU can run: every arm64 has NEON.
func nativeLevels() []string { return []string{levelNEON} }
