package comm

import "sync"

// Local makes ranks that are goroutines of this process. A single one is what a program without ranks has.
func Local(size int) []Group {
	m := &meeting{size: size, offers: make([][]byte, size)}
	m.turn = sync.NewCond(&m.mu)
	ranks := make([]Group, size)
	for r := range ranks {
		ranks[r] = &local{meeting: m, rank: r}
	}
	return ranks
}

// meeting is where the ranks of one process lay out their bytes for each other.
type meeting struct {
	size   int
	mu     sync.Mutex
	turn   *sync.Cond
	offers [][]byte
	here   int
	round  int
	ended  bool
}

// wait returns once all ranks have called it.
func (m *meeting) wait() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	round := m.round
	if m.here++; m.here == m.size {
		m.here = 0
		m.round++
		m.turn.Broadcast()
	}
	for round == m.round && !m.ended {
		m.turn.Wait()
	}
	if m.ended {
		return ErrAborted
	}
	return nil
}

func (m *meeting) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = true
	m.turn.Broadcast()
}

type local struct {
	*meeting
	rank int
}

func (l *local) Rank() int    { return l.rank }
func (l *local) Size() int    { return l.size }
func (l *local) Name() string { return "one process" }

// show lays out bytes, lets read look at those of all ranks, and waits until all have looked.
func (l *local) show(p []byte, read func(offers [][]byte)) error {
	l.mu.Lock()
	l.offers[l.rank] = p
	l.mu.Unlock()
	if err := l.wait(); err != nil {
		return err
	}
	read(l.offers)
	return l.wait()
}

// Start leaves everything to wait: the ranks of a process have nothing to send.
func (l *local) Start(recv, send []byte, bounds []int) (wait func() error, err error) {
	lo, hi := bounds[l.rank], bounds[l.rank+1]
	return func() error {
		return l.show(send, func(offers [][]byte) {
			for r, offer := range offers {
				copy(recv[r*(hi-lo):(r+1)*(hi-lo)], offer[lo:hi])
			}
		})
	}, nil
}

func (l *local) Progress() bool { return false }

func (l *local) Gather(whole []byte, bounds []int) error {
	return l.show(whole, func(offers [][]byte) {
		for r, offer := range offers {
			if r != l.rank {
				copy(whole[bounds[r]:bounds[r+1]], offer[bounds[r]:bounds[r+1]])
			}
		}
	})
}

func (l *local) Collect(whole []byte, bounds []int) error {
	return l.show(whole, func(offers [][]byte) {
		for r, offer := range offers {
			if l.rank == 0 && r != 0 {
				copy(whole[bounds[r]:bounds[r+1]], offer[bounds[r]:bounds[r+1]])
			}
		}
	})
}

func (l *local) Broadcast(p []byte) error {
	return l.show(p, func(offers [][]byte) {
		if l.rank != 0 {
			copy(p, offers[0])
		}
	})
}

func (l *local) Abort(int)    { l.end() }
func (l *local) Close() error { return nil }
