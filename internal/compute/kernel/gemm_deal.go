package kernel

// FewRows is the number of rows of a batch up to which a layer is trained faster with Gemm's Unpacked, SplitK and Slope
// than without: each thread so reads the rows of the weights that it changes.
const FewRows = 1024

// dealing divides n rows or columns into a run for each thread, all of nearly equal length, and each run into as many
// pieces as the others. The shares of the pool then are the runs, whatever the product, so that what one thread writes
// of a matrix is what it reads the next time: cores that share no cache pay for every other line.
type dealing struct {
	n, runs int
	perRun  int // pieces
	size    int // of a full piece, where not dealt in tiles
	tiles   int // of a run, where dealt in tiles
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

// dealTiles deals rows in pieces of whole tiles, since a piece that does not fill its tiles needs more of them. All tiles of
// a run have nearly the same height, tile at most, and all its pieces nearly as many of them, up to size rows.
func dealTiles(n, size, tile, threads int) dealing {
	d := dealing{n: n, runs: min(threads, n)}
	longest := (n + d.runs - 1) / d.runs
	d.tiles = (longest + tile - 1) / tile
	perPiece := max(1, size/tile)
	d.perRun = (d.tiles + perPiece - 1) / perPiece
	return d
}

// inTiles returns the i-th of such pieces.
func (d dealing) inTiles(i int) (from, to int) {
	from, to, piece := d.run(i)
	row := func(piece int) int { return from + (to-from)*(d.tiles*piece/d.perRun)/d.tiles }
	return row(piece), row(piece + 1)
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
