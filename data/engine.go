package data

import "vaectl/internal/compute/kernel"

// Engine is what batches are read and models computed on: the kernels chosen for this
// CPU and a pool of threads. Readers and models may share one, and it may be used by
// several goroutines. It must stay open as long as anything made with it is in use.
type Engine kernel.Engine

// NewEngine starts an engine. The kernel is "avx512", "avx2", "neon" or "portable", or
// empty for the best that this CPU has; 0 threads are all cores. The error names a
// kernel that this CPU does not have and lists those that it has.
func NewEngine(kernelName string, threads int) (*Engine, error) {
	e, err := kernel.New(kernel.Options{Kernel: kernelName, Threads: threads})
	return (*Engine)(e), err
}

// Kernel is the name of the kernel in use. Results have the same bits for any number of
// threads, but not for different kernels.
func (e *Engine) Kernel() string { return (*kernel.Engine)(e).Kernel() }

// Threads is the number of threads that work at once, the caller's included.
func (e *Engine) Threads() int { return (*kernel.Engine)(e).Threads() }

// Close stops the threads. It may be called more than once.
func (e *Engine) Close() { (*kernel.Engine)(e).Close() }
