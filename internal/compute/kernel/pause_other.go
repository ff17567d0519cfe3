//go:build !amd64 && !arm64

package kernel

// pause waits for about n pauses of a processor.
func pause(n int) {
	for range 16 * n {
	}
}
