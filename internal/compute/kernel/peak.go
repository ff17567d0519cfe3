package kernel

import (
	"slices"
	"sync/atomic"
	"time"
)

// Peak measures for about d how fast this machine's matrix-product kernel runs on all threads at once while its
// operands stay in the caches next to them, in GFLOP/s: the bound that no product can pass. It takes the best of many
// short rounds, so that another process that wants a core now and then does not lower it.
func (e *Engine) Peak(d time.Duration) float64 {
	p := newPeakTask(e)
	var best float64
	for end := time.Now().Add(d); best == 0 || time.Now().Before(end); {
		best = max(best, p.round())
	}
	return best
}

// peakTask has every thread multiply operands of its own, all at the same time.
type peakTask struct {
	engine  *Engine
	tiles   []gemmTile
	flops   float64 // of one chunk
	started atomic.Int64
	spent   []time.Duration // in each chunk
}

const (
	peakTerms = 128 // A, B and C then fill 25 KB for the largest tile
	peakCalls = 400
	peakStart = time.Millisecond // how long a thread waits for the others
)

func newPeakTask(e *Engine) *peakTask {
	g := &e.gemm
	p := &peakTask{engine: e, tiles: make([]gemmTile, e.Threads()), spent: make([]time.Duration, e.Threads())}
	p.flops = float64(2 * g.rows * g.width() * peakTerms * peakCalls)
	for i := range p.tiles {
		a, b, c := resize(nil, g.rows*peakTerms), resize(nil, g.width()*peakTerms), resize(nil, g.rows*g.width())
		p.tiles[i] = gemmTile{
			a: &a[0], aRow: 4, aCol: 4 * g.rows,
			b: &b[0], bRow: 4 * g.width(), k: peakTerms,
			c: &c[0], cRow: 4 * g.width(), cols: g.width(), repeats: 1, alpha: 1,
		}
	}
	return p
}

// round returns the GFLOP/s of all threads together, as long as the slowest took.
func (p *peakTask) round() float64 {
	p.started.Store(0)
	p.engine.Run(len(p.tiles), p)
	return float64(len(p.tiles)) * p.flops / float64(slices.Max(p.spent).Nanoseconds())
}

// Chunk counts the time it waits for the others beyond peakStart as spent, so that threads which could not run
// at the same time do not count as if they had.
func (p *peakTask) Chunk(i int) {
	p.started.Add(1)
	start := time.Now()
	for int(p.started.Load()) < len(p.tiles) && time.Since(start) < peakStart {
		pause(pauses)
	}
	if int(p.started.Load()) == len(p.tiles) {
		start = time.Now()
	}
	g := &p.engine.gemm
	kernel := g.kernels[len(g.kernels)-1][g.rows]
	for range peakCalls {
		kernel(&p.tiles[i])
	}
	p.spent[i] = time.Since(start)
}
