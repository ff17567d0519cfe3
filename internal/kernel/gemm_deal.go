package kernel

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

// alike returns the i-th of pieces that are of nearly equal size.
func (d dealing) alike(i int) (from, to int) {
	from, to, piece := d.run(i)
	n := to - from
	return from + n*piece/d.perRun, from + n*(piece+1)/d.perRun
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
