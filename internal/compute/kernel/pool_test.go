package kernel

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func newTestEngine(t testing.TB, o Options) *Engine {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// countTask counts how often each chunk ran.
type countTask struct{ ran []atomic.Int32 }

func (c *countTask) Chunk(i int) { c.ran[i].Add(1) }

func TestRunDoesEveryChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		t.Run(fmt.Sprint(threads), func(t *testing.T) {
			e := newTestEngine(t, Options{Threads: threads})
			for round := range 2000 {
				chunks := round % 37
				task := &countTask{ran: make([]atomic.Int32, chunks)}
				e.Run(chunks, task)
				for i := range task.ran {
					if n := task.ran[i].Load(); n != 1 {
						t.Fatalf("round %d: chunk %d of %d ran %d times", round, i, chunks, n)
					}
				}
				if round%500 == 0 {
					time.Sleep(time.Millisecond) // long enough for the workers to park
				}
			}
		})
	}
}

// The numbers of jobs begin anew after 2^32 of them; what the threads left in their shares then belongs to none.
func TestRunAfterTheLastJobNumber(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 3})
	for range 3 {
		for i := range e.pool.shares { // as jobs before the last one left them
			e.pool.shares[i].taken.Store(uint64(i)<<32 | 7)
		}
		e.pool.state.Store((1<<32 - 1) * oneJob)
		for round := range 10 {
			task := &countTask{ran: make([]atomic.Int32, 20)}
			e.Run(len(task.ran), task)
			for i := range task.ran {
				if n := task.ran[i].Load(); n != 1 {
					t.Fatalf("job %d: chunk %d ran %d times", round, i, n)
				}
			}
		}
	}
}

func TestRunTogetherDoesEveryChunkOfEveryPartOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		e := newTestEngine(t, Options{Threads: threads})
		for round := range 500 {
			parts := make([]Part, round%7)
			tasks := make([]*countTask, len(parts))
			for p := range parts {
				chunks := (round + 5*p) % 11
				tasks[p] = &countTask{ran: make([]atomic.Int32, chunks)}
				parts[p] = Part{Chunks: chunks, Task: tasks[p]}
			}
			e.RunTogether(parts)
			for p, task := range tasks {
				for i := range task.ran {
					if n := task.ran[i].Load(); n != 1 {
						t.Fatalf("%d threads, round %d: chunk %d of part %d ran %d times", threads, round, i, p, n)
					}
				}
			}
		}
	}
}

// sumTask adds plain memory, so that the race detector sees a chunk that outlives its Run.
type sumTask struct {
	in, out []int
	sleep   time.Duration
}

func (s *sumTask) Chunk(i int) {
	if s.sleep > 0 && i == 0 {
		time.Sleep(s.sleep)
	}
	s.out[i] += s.in[i]
}

func TestRunPublishesMemory(t *testing.T) {
	for _, sleep := range []time.Duration{0, time.Millisecond} { // the longer one outlasts the spinning
		e := newTestEngine(t, Options{Threads: 2})
		task := &sumTask{in: make([]int, 8), out: make([]int, 8), sleep: sleep}
		for round := range 100 {
			for i := range task.in {
				task.in[i] = round
			}
			e.Run(len(task.in), task)
		}
		for i, got := range task.out {
			if got != 99*100/2 {
				t.Errorf("sleep %v: chunk %d summed to %d, want %d", sleep, i, got, 99*100/2)
			}
		}
	}
}

func TestRunFromManyGoroutines(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 3})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			task := &sumTask{in: []int{1, 2, 3, 4, 5}, out: make([]int, 5)}
			for range 500 {
				e.Run(5, task)
			}
			for i, got := range task.out {
				if got != 500*(i+1) {
					t.Errorf("chunk %d summed to %d, want %d", i, got, 500*(i+1))
				}
			}
		})
	}
	wg.Wait()
}

// Every thread begins with its own share of the chunks, and with nobody else's.
func TestBeginnerIsWhoHasTheShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &pool{threads: rapid.IntRange(1, 9).Draw(t, "threads")}
		chunks := rapid.IntRange(1, 100).Draw(t, "chunks")
		for thread := range p.threads {
			from, to := p.bounds(thread, chunks)
			for i := from; i < to; i++ {
				if got := p.beginner(i, chunks); got != thread {
					t.Fatalf("chunk %d of %d is in the share of thread %d of %d, not %d", i, chunks, thread, p.threads, got)
				}
			}
		}
	})
}

// nestedTask runs a task of its own inside each chunk.
type nestedTask struct {
	engine *Engine
	inner  []countTask
}

func (n *nestedTask) Chunk(i int) { n.engine.Run(len(n.inner[i].ran), &n.inner[i]) }

func TestRunInsideChunk(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 2})
	task := &nestedTask{engine: e, inner: make([]countTask, 6)}
	for i := range task.inner {
		task.inner[i].ran = make([]atomic.Int32, 4)
	}
	e.Run(len(task.inner), task)
	for i := range task.inner {
		for j := range task.inner[i].ran {
			if n := task.inner[i].ran[j].Load(); n != 1 {
				t.Errorf("inner chunk %d of %d ran %d times", j, i, n)
			}
		}
	}
}

// panicTask panics in one chunk.
type panicTask struct{ only int }

func (p panicTask) Chunk(i int) {
	if i == p.only {
		panic("chunk")
	}
}

func TestRunAfterPanic(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 1}) // a worker's panic ends the process, as any goroutine's does
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the chunk's panic was swallowed")
			}
		}()
		e.Run(4, panicTask{only: 2})
	}()
	task := &countTask{ran: make([]atomic.Int32, 3)}
	e.Run(3, task)
	if n := task.ran[2].Load(); n != 1 {
		t.Errorf("after a panic chunk 2 ran %d times", n)
	}
}

func TestRunAllocatesNothing(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 2})
	task := &sumTask{in: make([]int, 8), out: make([]int, 8)}
	if n := testing.AllocsPerRun(200, func() { e.Run(8, task) }); n != 0 {
		t.Errorf("Run allocates %v times", n)
	}
}

func TestCloseTwiceThenRun(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 3})
	e.Close()
	e.Close()
	task := &countTask{ran: make([]atomic.Int32, 5)}
	e.Run(5, task)
	for i := range task.ran {
		if n := task.ran[i].Load(); n != 1 {
			t.Errorf("chunk %d ran %d times after Close", i, n)
		}
	}
}

func BenchmarkRunEmpty(b *testing.B) {
	e := newTestEngine(b, Options{})
	task := &sumTask{in: make([]int, 2), out: make([]int, 2)}
	for b.Loop() {
		e.Run(2, task)
	}
}
