package kernel

import (
	"testing"
	"time"
)

// A rate below one product of a pure loop, or beyond what any core can do, would be an error of the count.
func TestPeakIsPlausible(t *testing.T) {
	for _, threads := range []int{1, 2, 8} {
		e := newTestEngine(t, Options{Threads: threads})
		if got := e.Peak(5 * time.Millisecond); got < 0.01 || got > float64(1000*threads) {
			t.Errorf("%d threads: %v GFLOP/s", threads, got)
		}
	}
}
