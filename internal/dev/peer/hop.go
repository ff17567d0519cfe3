package main

import (
	"runtime"
	"sync/atomic"
	"time"
)

// hopTime is how long a measurement of [hop] takes.
const hopTime = 20 * time.Millisecond

// hop is how long a word takes from one core to another and back. Cores that share a cache need some tens of
// nanoseconds, others hundreds, and then everything is slower that two threads both work on. A virtual machine's cores
// may be the one kind now and the other a second later. 0 is unknown: there is one core, or no answer came.
func hop() time.Duration {
	if runtime.GOMAXPROCS(0) < 2 {
		return 0
	}
	var word struct {
		_     [128]byte
		value atomic.Uint64 // odd while the other core holds it
		_     [128]byte
	}
	var done atomic.Bool
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for !done.Load() {
			if word.value.Load()%2 == 1 {
				word.value.Add(1)
			}
		}
	}()
	defer done.Store(true)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, trips := time.Now(), 0
	for time.Since(start) < hopTime {
		for range 100 {
			word.value.Add(1)
			for word.value.Load()%2 == 1 {
				if time.Since(start) > 50*hopTime {
					return 0
				}
			}
		}
		trips += 100
	}
	return time.Since(start) / time.Duration(trips)
}
