//go:build !amd64 && !arm64

package kernel

// nativeLevels is empty: no assembly exists for this architecture.
func nativeLevels() []string { return nil }
