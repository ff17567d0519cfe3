//go:build !linux

package kernel

// yieldThread does nothing where the system offers no cheap way to let another thread have the processor.
func yieldThread() {}
