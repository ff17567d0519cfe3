package kernel

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Task is work in independent chunks.
type Task interface {
	// Chunk does the i-th piece. Chunks run in any order and at the same time as each other.
	Chunk(i int)
}

// Run calls t.Chunk(0) to t.Chunk(chunks-1), spread over all workers and the caller, and returns when all are done.
// It allocates nothing. While one Run has the workers, a further Run on the same Engine, whether from another goroutine
// or from inside a Chunk, does all its chunks on its own goroutine.
func (e *Engine) Run(chunks int, t Task) {
	part := [1]Part{{Chunks: chunks, Task: t}}
	e.pool.run(part[:])
}

// Part is one of several tasks of a [Engine.RunTogether].
type Part struct {
	Chunks int
	Task   Task
}

// RunTogether is Run for tasks that do not depend on each other: no thread waits for another between them. Each does its
// share of the first part, then of the second, and so on, before it takes what is left of the others' shares.
func (e *Engine) RunTogether(parts []Part) {
	for len(parts) > 0 {
		n := min(len(parts), maxParts)
		e.pool.run(parts[:n])
		parts = parts[n:]
	}
}

// How long a thread looks for work, or for the end of the work of others, before it parks. Waking a parked thread costs
// several microseconds, more than many a chunk; spinning for long takes the core from whoever else wants it.
const (
	spinFor   = 80 * time.Microsecond // a worker between two jobs
	awaitFor  = 20 * time.Microsecond // the owner at the end of its job: whoever has the last chunk may need this very core
	yieldSpin = 5 * time.Microsecond  // spinning between two offers of the processor to others
	pauses    = 4                     // processor pauses between two looks
	looks     = 16                    // looks between two readings of the clock
	maxParts  = 4                     // of a job: their descriptions fit into one cache line beside its state
)

// poolState is one word that says which job is under way: bit 0 that it may be joined, bits 1 to 31 how many workers
// are in it, bits 32 and up its number.
type poolState uint64

const (
	jobOpen   = 1
	oneWorker = 1 << 1
	oneJob    = 1 << 32
)

func (s poolState) open() bool  { return s&jobOpen != 0 }
func (s poolState) idle() bool  { return uint32(s)>>1 == 0 }
func (s poolState) job() uint32 { return uint32(s >> 32) }

// cacheLine keeps words that different cores write apart.
type cacheLine [128]byte

// pool is a fixed set of workers that take the chunks of one job at a time.
type pool struct {
	threads int
	spins   bool

	owner    sync.Mutex // held by the goroutine whose job the workers do
	quit     chan struct{}
	wake     chan struct{}
	finished chan struct{}
	closed   atomic.Bool
	waiting  atomic.Bool // the owner has parked until the last worker leaves
	parked   atomic.Int64

	// All that a worker needs to begin lies in one cache line: fetching a line from another core takes as long as
	// hundreds of multiplications.
	_     cacheLine
	state atomic.Uint64
	count int // parts of the job
	parts [maxParts]Part
	_     cacheLine

	shares []share // one a thread, the owner's first
}

// share is what one thread begins with: a run of chunks of each part. From job to job a thread so meets the same piece of
// the data, which its own caches still hold; cores that share no cache pay for every line that the other one wrote. A
// thread that is done with its share takes from the others'.
type share struct {
	// taken is how many chunks are taken, in the lower half, of the job whose number is in the upper half: nobody has to
	// write to the share of another thread to begin a job.
	taken atomic.Uint64
	_     cacheLine
}

// take takes the next of a number of chunks. It is not ok where none is left.
func (s *share) take(job uint32, chunks int) (chunk int, ok bool) {
	for {
		was := s.taken.Load()
		if uint32(was>>32) == job {
			chunk = int(uint32(was))
		}
		if chunk >= chunks {
			return 0, false
		}
		if s.taken.CompareAndSwap(was, uint64(job)<<32|uint64(chunk+1)) {
			return chunk, true
		}
		chunk = 0
	}
}

func newPool(threads int) *pool {
	p := &pool{
		threads:  threads,
		spins:    threads <= runtime.GOMAXPROCS(0), // else a spinning thread holds the processor another needs for its chunk
		quit:     make(chan struct{}),
		wake:     make(chan struct{}, threads),
		finished: make(chan struct{}, 1),
		shares:   make([]share, threads),
	}
	for i := range threads - 1 {
		go p.work(i + 1)
	}
	return p
}

func (p *pool) close() {
	p.owner.Lock()
	defer p.owner.Unlock()
	if !p.closed.Swap(true) {
		close(p.quit)
	}
}

func (p *pool) run(parts []Part) {
	chunks := 0
	for _, part := range parts {
		chunks += part.Chunks
	}
	if chunks <= 1 || p.threads == 1 || p.closed.Load() || !p.owner.TryLock() {
		for _, part := range parts {
			for i := range part.Chunks {
				part.Task.Chunk(i)
			}
		}
		return
	}
	defer p.owner.Unlock()
	p.count = copy(p.parts[:], parts)
	job := poolState(p.state.Load() + oneJob).job()
	if job == 0 { // numbers begin anew
		for i := range p.shares {
			p.shares[i].taken.Store(0)
		}
	}
	p.state.Add(oneJob | jobOpen)
	p.rouse(min(chunks, p.threads) - 1)
	defer p.finish(job, parts)
	p.takeChunks(0, job, parts)
}

// bounds of the share of some chunks that a thread begins with.
func (p *pool) bounds(thread, chunks int) (from, to int) {
	return chunks * thread / p.threads, chunks * (thread + 1) / p.threads
}

// beginner is the thread in whose share the i-th of some chunks is.
func (p *pool) beginner(i, chunks int) int { return ((i+1)*p.threads - 1) / chunks }

// rouse wakes up to n parked workers.
func (p *pool) rouse(n int) {
	for range min(int64(n), p.parked.Load()) {
		select {
		case p.wake <- struct{}{}:
		default:
			return
		}
	}
}

// takeChunks does the chunks of a thread's own share, then what is left of the others'. The parts are a copy of the
// thread's own: others write beside that of the pool.
func (p *pool) takeChunks(thread int, job uint32, parts []Part) {
	for i := range p.shares {
		owner := (thread + i) % len(p.shares)
		n := p.length(owner, parts)
		for {
			chunk, ok := p.shares[owner].take(job, n)
			if !ok {
				break
			}
			p.chunk(owner, chunk, parts)
		}
	}
}

// length is the number of chunks in the share of a thread.
func (p *pool) length(thread int, parts []Part) int {
	n := 0
	for i := range parts {
		from, to := p.bounds(thread, parts[i].Chunks)
		n += to - from
	}
	return n
}

// chunk does the n-th chunk of a thread's share.
func (p *pool) chunk(thread, n int, parts []Part) {
	for i := range parts {
		from, to := p.bounds(thread, parts[i].Chunks)
		if n < to-from {
			parts[i].Task.Chunk(from + n)
			return
		}
		n -= to - from
	}
}

// finish closes the job and waits for the workers that joined it; one that slept through it is not waited for.
func (p *pool) finish(job uint32, parts []Part) {
	for i := range p.shares { // where the owner's own chunk panicked, no further one begins
		for left := true; left; {
			_, left = p.shares[i].take(job, p.length(i, parts))
		}
	}
	p.state.Add(^uint64(jobOpen - 1))
	idle := func() bool { return poolState(p.state.Load()).idle() }
	// A worker of an earlier job may be late to see that nobody waits for it and wake the owner now: hence the loop.
	for !p.spinUntil(idle, awaitFor) {
		p.waiting.Store(true)
		if idle() && p.waiting.CompareAndSwap(true, false) {
			break
		}
		<-p.finished
	}
	clear(p.parts[:p.count])
}

// work is the life of one worker.
func (p *pool) work(thread int) {
	var done uint32 // number of the job last joined
	fresh := func() bool {
		s := poolState(p.state.Load())
		return s.open() && s.job() != done
	}
	for !p.closed.Load() {
		if !p.spinUntil(fresh, spinFor) {
			p.park(fresh)
			continue
		}
		s := p.state.Load()
		if fresh() && p.state.CompareAndSwap(s, s+oneWorker) {
			done = poolState(s).job()
			parts := p.parts
			p.takeChunks(thread, done, parts[:p.count])
			p.leave()
		}
	}
}

// leave ends a worker's part in a job and wakes the owner where it waits for this.
func (p *pool) leave() {
	s := poolState(p.state.Add(^uint64(oneWorker - 1)))
	if !s.open() && s.idle() && p.waiting.CompareAndSwap(true, false) {
		p.finished <- struct{}{}
	}
}

// park sleeps until a job wakes this worker or the pool closes.
func (p *pool) park(fresh func() bool) {
	p.parked.Add(1)
	defer p.parked.Add(-1)
	if fresh() { // begun before the owner could see this worker as parked
		return
	}
	select {
	case <-p.wake:
	case <-p.quit:
	}
}

// spinUntil reports whether done turned true within the given time.
func (p *pool) spinUntil(done func() bool, limit time.Duration) bool {
	if done() {
		return true
	}
	if !p.spins {
		runtime.Gosched()
		return done()
	}
	start := time.Now()
	yielded := time.Duration(0)
	for {
		for range looks {
			if done() {
				return true
			}
			pause(pauses)
		}
		spun := time.Since(start)
		if spun > limit {
			return false
		}
		if spun-yielded > yieldSpin {
			runtime.Gosched()
			yieldThread()
			yielded = spun
		}
	}
}
