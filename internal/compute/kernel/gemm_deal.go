package kernel

import "math"

// FewRows is the number of rows of a batch up to which a layer is trained faster with Gemm's Unpacked, SplitK and Slope
// than without: each thread so reads the rows of the weights that it changes.
const FewRows = 1024

// dealing divides n rows or columns into a run for each thread, all of nearly equal length, and each run into as many
// pieces as the others. The shares of the pool then are the runs, whatever the product, so that what one thread writes
// of a matrix is what it reads the next time: cores that share no cache pay for every other line.
type dealing struct {
	n, runs int
	perRun  int // pieces
	size    int // of a full piece
	tail    int // pieces at the end of a run that get smaller, where dealt so
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

const tailPieces = 4

// dealShrinking is deal with the last full piece of each run cut into ever smaller ones: few calls, and where one thread
// takes over what another has left at the end, little that changes hands.
func dealShrinking(n, size, threads int) dealing {
	d := deal(n, size, threads)
	if shortest := n / d.runs; d.runs > 1 {
		last := min(size, shortest)
		d.tail = min(tailPieces, int(math.Sqrt(float64(last)))) // so that none is empty
		d.perRun = d.tail + (shortest-last+size-1)/size
	}
	return d
}

// shrinking returns the i-th of such pieces, none longer than the full size and one.
func (d dealing) shrinking(i int) (from, to int) {
	from, to, piece := d.run(i)
	whole := d.perRun - d.tail
	tailFrom := to
	switch {
	case whole == 0:
		tailFrom = from
	case d.tail > 0:
		tailFrom = to - d.size
	}
	if piece < whole {
		n := tailFrom - from
		return from + n*piece/whole, from + n*(piece+1)/whole
	}
	left := func(pieces int) int { return (to - tailFrom) * pieces * pieces / (d.tail * d.tail) }
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
