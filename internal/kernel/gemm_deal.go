package kernel

import "math"

// FewRows is the number of rows of a batch up to which a layer costs more for moving its weights than for multiplying
// by them. Products of so few rows are divided such that each thread meets the same rows of the weights in all of them.
const FewRows = 64

// dealing divides n rows or columns into a run for each thread, all of nearly equal length, and each run into as many
// pieces as the others. The shares of the pool then are the runs, whatever the product, so that what one thread writes
// of a matrix is what it reads the next time: cores that share no cache pay for every other line.
type dealing struct {
	n, runs int
	perRun  int // pieces
	size    int // of a full piece
}

func deal(n, size, threads int) dealing {
	runs := min(threads, n)
	return dealing{n: n, runs: runs, perRun: (n/runs + size - 1) / size, size: size}
}

func (d dealing) pieces() int { return d.runs * d.perRun }

// run returns the bounds of the run that a piece is of, and its number within it.
func (d dealing) run(i int) (from, to, piece int) {
	run := i / d.perRun
	return d.n * run / d.runs, d.n * (run + 1) / d.runs, i % d.perRun
}

// dealShrinking is deal for pieces of no more than about the given size that get smaller toward the end of a run, where one
// thread takes over what another has left: few calls, and few rows that change hands.
func dealShrinking(n, size, threads int) dealing {
	d := deal(n, size, threads)
	shortest := n / d.runs
	d.perRun = max(1, min((2*shortest+size-1)/size, int(math.Sqrt(float64(shortest)))))
	return d
}

// shrinking returns the i-th of pieces of which the first of a run are the largest. None is empty.
func (d dealing) shrinking(i int) (from, to int) {
	from, to, piece := d.run(i)
	left := func(pieces int) int { return (to - from) * pieces * pieces / (d.perRun * d.perRun) }
	return to - left(d.perRun-piece), to - left(d.perRun-piece-1)
}

// full returns the i-th of pieces that are of the full size, but for the last of a run.
func (d dealing) full(i int) (from, to int) {
	from, to, piece := d.run(i)
	from += piece * d.size
	if piece < d.perRun-1 {
		to = from + d.size
	}
	return from, to
}
