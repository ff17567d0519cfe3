package comm

import (
	"sync/atomic"
	"time"
)

// pollPeriod is the time between two calls that let messages get on: an MPI library sends and receives only while it is called.
// Waiting in the library instead would take the core from the threads that compute.
const pollPeriod = 50 * time.Microsecond

// poller lets exchanges that were started get on while the program computes, and measures how long they were under way meanwhile.
type poller struct {
	group  Group
	stop   *atomic.Bool // of the goroutine that polls; nil while none does
	hidden atomic.Int64
}

// wake begins to poll, once an exchange was started.
func (p *poller) wake() {
	if p.stop == nil {
		p.stop = &atomic.Bool{}
		go p.poll(p.stop)
	}
}

// rest ends it: the caller is about to wait in the library. A last call may still come, which does no harm.
func (p *poller) rest() {
	if p.stop != nil {
		p.stop.Store(true)
		p.stop = nil
	}
}

func (p *poller) poll(stop *atomic.Bool) {
	pending, last := true, time.Now()
	for !stop.Load() {
		under := p.group.Progress()
		now := time.Now()
		if pending {
			p.hidden.Add(int64(now.Sub(last)))
		}
		pending, last = under, now
		time.Sleep(pollPeriod)
	}
}
