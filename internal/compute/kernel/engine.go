package kernel

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Options say which kernels an Engine uses and on how many threads.
type Options struct {
	// Kernel is "avx512", "avx2", "neon" or "portable"; empty takes the best this CPU has.
	Kernel string
	// Threads is the number of threads that work at once, the caller's included; 0 means GOMAXPROCS.
	Threads int
}

// Engine holds the functions chosen for one kernel level and the workers that run them.
// Its methods may be called from several goroutines.
type Engine struct {
	level      string
	pool       *pool
	gemm       gemmTable
	vec        vecTable
	nested     nestedTable
	jobs       freeList[gemmJob]
	halves     freeList[gemmHalves]
	transposes freeList[packTile]
	buffers    freeList[buffer]
	scratch    []threadScratch // one a thread
}

// New returns an Engine whose workers have started. The error names an unknown or unsupported kernel
// and lists the supported ones, or names a negative number of threads.
func New(o Options) (*Engine, error) {
	supported := Supported()
	level := o.Kernel
	if level == "" {
		level = supported[0]
	}
	if !slices.Contains(supported, level) {
		reason := "unknown kernel"
		if slices.Contains(levels(), level) {
			reason = "this CPU does not support kernel"
		}
		return nil, fmt.Errorf("%s %q; supported here: %s", reason, level, strings.Join(supported, ", "))
	}
	if o.Threads < 0 {
		return nil, fmt.Errorf("number of threads %d is negative", o.Threads)
	}
	threads := o.Threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Engine{
		level:  level,
		pool:   newPool(threads),
		gemm:   newGemmTable(level),
		vec:    newVecTable(level),
		nested: newNestedTable(level),

		scratch: make([]threadScratch, threads),
	}, nil
}

// threadScratch is kept for the chunks that one thread begins with: what another wrote to last is slow to write to, and
// so is the list it lies in. A thread that takes over a chunk finds, or makes, a second one there.
type threadScratch struct {
	freeList[gemmScratch]
	_ cacheLine
}

// scratchFor is where the scratch for the i-th of some chunks is kept.
func (e *Engine) scratchFor(i, chunks int) *threadScratch {
	return &e.scratch[e.pool.beginner(i, chunks)]
}

// Close stops the workers. It may be called more than once; calls made after it run on the caller alone.
func (e *Engine) Close() { e.pool.close() }

// Kernel returns the name of the kernel level in use.
func (e *Engine) Kernel() string { return e.level }

// Threads returns the number of threads that work at once, the caller's included.
func (e *Engine) Threads() int { return e.pool.threads }
