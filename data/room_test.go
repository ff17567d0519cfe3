package data

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestRoomHoldsNoMoreThanItHas(t *testing.T) {
	const whole = 100
	r := newRoom(whole)
	var inside, most atomic.Int64
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			for j := range 200 {
				n := 1 + (i*37+j*61)%whole
				r.take(n)
				now := inside.Add(int64(n))
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				inside.Add(-int64(n))
				r.giveBack(n)
			}
		})
	}
	workers.Wait()
	if most.Load() > whole || r.left != whole {
		t.Errorf("at most %d of %d were taken, %d are left", most.Load(), whole, r.left)
	}
}
