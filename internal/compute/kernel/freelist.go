package kernel

import "sync"

// freeList keeps values for reuse. Unlike sync.Pool it is not emptied by the garbage collector,
// so that a steady state stays free of allocation.
type freeList[T any] struct {
	mu   sync.Mutex
	free []*T
}

// get returns a kept value, or a new zero one.
func (l *freeList[T]) get() *T {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.free); n > 0 {
		v := l.free[n-1]
		l.free = l.free[:n-1]
		return v
	}
	return new(T)
}

// put keeps v for a later get.
func (l *freeList[T]) put(v *T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = append(l.free, v)
}

// buffer is memory of whatever size was last needed.
type buffer struct{ floats []float32 }
