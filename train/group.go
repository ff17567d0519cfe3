package train

// Group is the processes that train a model together, as one of them sees it. Its
// methods but Progress are called by one goroutine at a time, and by all ranks in the
// same order.
type Group interface {
	// Rank is the number of this process, from 0.
	Rank() int
	// Size is the number of ranks.
	Size() int
	// Name says what connects them, for messages.
	Name() string
	// Start begins to hand part d of send, from byte bounds[d] to bounds[d+1], to rank
	// d. Once wait has returned, recv has this rank's part from every rank, one after
	// another in the order of their numbers. All ranks give the same bounds. Until then
	// nobody may change what Start was given. Other calls may come between the two.
	Start(recv, send []byte, bounds []int) (wait func() error, err error)
	// Progress lets what was started get on, and reports whether some of it is under
	// way. It may be called by another goroutine, at any time.
	Progress() bool
	// Gather completes whole on every rank: each has its own part, from byte bounds[r]
	// to bounds[r+1], and receives the others.
	Gather(whole []byte, bounds []int) error
	// Collect completes whole on rank 0: each rank has its own part, as for Gather, and
	// the others receive nothing.
	Collect(whole []byte, bounds []int) error
	// Broadcast gives all ranks the bytes of rank 0.
	Broadcast(p []byte) error
	// Abort ends all ranks at once, with an exit status: the way out of an error that
	// only this rank knows of.
	Abort(status int)
	// Close leaves the group, which every rank must do.
	Close() error
}
