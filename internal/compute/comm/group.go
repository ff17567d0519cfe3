package comm

import (
	"errors"
	"unsafe"
)

// Group is the ranks that compute together, as one of them sees it. Its methods but Progress are called by one goroutine at a time, and
// by all ranks in the same order.
type Group interface {
	// Rank is the number of this process, from 0.
	Rank() int
	// Size is the number of ranks.
	Size() int
	// Name says what connects them, for messages.
	Name() string
	// Start begins to hand part d of send, from byte bounds[d] to bounds[d+1], to rank d. Once wait has returned, recv has this rank's part from
	// every rank, one after the other in the order of their numbers. All ranks give the same bounds. Until then nobody may change what Start was
	// given. Other calls may come between the two.
	Start(recv, send []byte, bounds []int) (wait func() error, err error)
	// Progress lets what was started get on, and reports whether some of it is under way. It may be called by another goroutine, at any time.
	Progress() bool
	// Gather completes whole on every rank: each has its own part, from byte bounds[r] to bounds[r+1], and receives the others.
	Gather(whole []byte, bounds []int) error
	// Collect completes whole on rank 0: each rank has its own part, as for Gather, and the others receive nothing.
	Collect(whole []byte, bounds []int) error
	// Broadcast gives all ranks the bytes of rank 0.
	Broadcast(p []byte) error
	// Abort ends all ranks at once, with an exit status: the way out of an error that only this rank knows of.
	Abort(status int)
	// Close leaves the group, which every rank must do.
	Close() error
}

// ErrAborted: another rank ended the work.
var ErrAborted = errors.New("another rank aborted")

// Bytes views numbers as the bytes they are in memory.
func Bytes[T float32 | float64 | uint64](x []T) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), len(x)*int(unsafe.Sizeof(x[0])))
}

// Gatherer is the part of a [Group] that gathering takes.
type Gatherer interface {
	Rank() int
	Size() int
	Gather(whole []byte, bounds []int) error
}

// Each collects as many numbers from every rank: those of rank r begin at r*len(own).
func Each[T float32 | float64 | uint64](g Gatherer, own []T) ([]T, error) {
	all := make([]T, g.Size()*len(own))
	bounds := make([]int, g.Size()+1)
	copy(all[g.Rank()*len(own):], own)
	for r := range bounds {
		bounds[r] = r * len(Bytes(own))
	}
	return all, g.Gather(Bytes(all), bounds)
}

// Sharing counts the ranks that have the same key as this one, itself included.
func Sharing(g Gatherer, key uint64) (int, error) {
	keys, err := Each(g, []uint64{key})
	n := 0
	for _, k := range keys {
		if k == key {
			n++
		}
	}
	return n, err
}
