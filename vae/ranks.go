package vae

// Ranks are processes that compute together, as one of them sees it. The methods are
// called by one goroutine at a time, and by all ranks in the same order.
type Ranks interface {
	// Rank is the number of this process, from 0.
	Rank() int
	// Size is the number of processes.
	Size() int
	// Gather completes whole on every rank: each has its own part, from byte bounds[r]
	// to bounds[r+1], and receives the others.
	Gather(whole []byte, bounds []int) error
}
