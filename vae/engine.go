package vae

import "vaectl/internal/compute/kernel"

// Engine is what models compute on: the kernels chosen for this CPU and a pool
// of threads. Several models may share one. Close stops its threads.
type Engine = kernel.Engine

// NewEngine starts an engine. The kernel is "avx512", "avx2", "neon" or
// "portable", or empty for the best this CPU has; 0 threads are all cores. The
// error names a kernel this CPU does not have and lists those it has.
func NewEngine(kernelName string, threads int) (*Engine, error) {
	return kernel.New(kernel.Options{Kernel: kernelName, Threads: threads})
}
