package data

import "sync"

// room limits the pixels that are decoded at one time, and with them the memory that
// pictures take: a small file may have a hundred million of them.
type room struct {
	mu    sync.Mutex
	freed *sync.Cond
	left  int
}

func newRoom(pixels int) *room {
	r := &room{left: pixels}
	r.freed = sync.NewCond(&r.mu)
	return r
}

// take waits until there is room for so many pixels, which must be no more than the
// whole.
func (r *room) take(pixels int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.left < pixels {
		r.freed.Wait()
	}
	r.left -= pixels
}

func (r *room) giveBack(pixels int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left += pixels
	r.freed.Broadcast()
}
