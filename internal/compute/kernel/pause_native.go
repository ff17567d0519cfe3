//go:build amd64 || arm64

package kernel

// pause tells the processor n > 0 times that this is a spin loop, which spares power and the core's other thread.
//
//go:noescape
func pause(n int)
