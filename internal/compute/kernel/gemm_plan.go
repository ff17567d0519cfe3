package kernel

// gemmPlan says how a product is divided. Only kStep, which depends on K alone, and dots, which is asked for, decide which
// bits come out.
type gemmPlan struct {
	m, n   int
	kStep  int  // terms summed at a time
	copyA  bool // op(A) is copied first
	shareB bool // op(B) is packed first, once for all chunks
	dots   bool // rows of A are multiplied by rows of B as they are stored

	colStep int // columns of a chunk
	// The first whole column blocks have one chunk each; each later one has parts chunks, one below another.
	whole   int
	parts   int
	rowStep int // rows of such a part
	blocks  int // column blocks in all

	// Where rows or columns are dealt, each thread's chunks are one run of them; the chunks then are not as above.
	rows, cols dealing
	colBlocks  int // that rows dealt are cut into
}

// block is a part of C.
type block struct{ row, rowEnd, col, colEnd int }

// What the plans were tuned to.
const (
	maxKStep         = 1024    // keeps a panel of B within the second-level cache and a call short
	chunksPerThread  = 16      // enough that no thread waits long for the last
	minChunkFlops    = 1 << 18 // some microseconds: less is not worth the hand-over
	sharePackingRows = 256     // beyond this, packing B in each chunk costs more than waiting for all of it
	blockElements    = 1 << 16 // of op(A) in a chunk: a quarter of the second-level cache
	maxLongRow       = 1 << 10 // columns of a chunk whose rows are wanted long: a multiple of every kernel's width
	dealtRows        = 128     // up to this many it pays that a thread meets the rows of the weights that it changes
	dotTerms         = 7       // for each row of A: with fewer, adding up the vectors of sums costs more than packing B
	handedElements   = 24000   // at most handed on at a time: what is done with them pays for every beginning
	handedColumns    = 1 << 10 // at most: few rows of many columns would read all of B for little
	badStride        = 512     // elements; multiples put all rows into few sets of the first-level cache
)

func planGemm(g *Gemm, t *gemmTable, threads int) gemmPlan {
	p := gemmPlan{m: g.M, n: g.N, parts: 1}
	steps := (g.K + maxKStep - 1) / maxKStep
	if steps > 0 {
		p.kStep = (g.K + steps - 1) / steps
	} else {
		p.kStep = 1
	}
	width := t.width()
	p.copyA = !g.TransA && g.LDA%badStride == 0 && g.M > 4 && g.N > width && g.K > 0
	p.blocks = (g.N + width - 1) / width
	p.colStep, p.rowStep = width, g.M
	unit := 2 * width * max(g.K, 1) // flops of a row of a panel
	if g.TransB && g.Then == nil {
		p.dots = g.Unpacked && !g.TransA && t.dots != nil && g.K >= dotTerms*g.M
		if g.M <= dealtRows || g.Unpacked {
			p.cols = deal(g.N, width, threads)
			return p
		}
		if p.packByChunk(unit, threads) {
			return p
		}
	}
	p.shareB = g.K > 0 && (g.TransB || g.LDB%badStride == 0 && g.M > 64)
	if g.Then != nil {
		p.handOn(g, t, threads)
		return p
	}
	flops := 2 * g.M * g.N * max(g.K, 1)
	target := max(flops/(threads*chunksPerThread), minChunkFlops)
	if g.Act > Relu { // cheaper on long rows
		p.colStep = min(p.blocks*width, maxLongRow)
	}
	p.rowStep = min(max(t.rows, blockElements/p.kStep), max(1, target/(unit*p.colStep/width)))
	p.rowStep = min(g.M, (p.rowStep+t.rows-1)/t.rows*t.rows)
	p.colStep *= max(1, target/(unit*p.colStep/width*p.rowStep))
	p.parts = (g.M + p.rowStep - 1) / p.rowStep
	p.blocks = (g.N + p.colStep - 1) / p.colStep
	return p
}

// handOn divides a product that is handed on into pieces of few rows, or, where these are long, of a part of them.
func (p *gemmPlan) handOn(g *Gemm, t *gemmTable, threads int) {
	p.colBlocks = (g.N + handedColumns - 1) / handedColumns
	p.colStep = ((g.N+p.colBlocks-1)/p.colBlocks + t.width() - 1) / t.width() * t.width()
	p.colBlocks = (g.N + p.colStep - 1) / p.colStep
	p.rows = dealTiles(g.M, handedElements/min(g.N, p.colStep), t.rows, threads)
}

// packByChunk has every chunk pack its own panel of B, if that pays: what a thread packs for itself it need not wait
// for, and finds in its own cache. Only the last panels are shared out by rows, for the threads to end together.
func (p *gemmPlan) packByChunk(unit, threads int) bool {
	parts := min(threads, max(1, p.m*unit/minChunkFlops))
	if p.m > sharePackingRows || (parts-1)*threads > p.blocks {
		return false
	}
	p.whole = max(0, p.blocks-threads)
	p.rowStep = (p.m + parts - 1) / parts
	p.parts = (p.m + p.rowStep - 1) / p.rowStep
	return true
}

// chunks returns the number of blocks of C that are computed independently.
func (p *gemmPlan) chunks() int {
	switch {
	case p.rows.n > 0:
		return p.rows.pieces() * p.colBlocks
	case p.cols.n > 0:
		return p.cols.pieces()
	}
	return p.whole + (p.blocks-p.whole)*p.parts
}

// chunk returns the i-th of them.
func (p *gemmPlan) chunk(i int) block {
	b := block{rowEnd: p.m}
	switch {
	case p.rows.n > 0:
		// A run goes down one block of columns after the other, so that those of B stay in the caches.
		run, within := i/(p.rows.perRun*p.colBlocks), i%(p.rows.perRun*p.colBlocks)
		b.row, b.rowEnd = p.rows.inTiles(run*p.rows.perRun + within%p.rows.perRun)
		b.col = within / p.rows.perRun * p.colStep
		b.colEnd = min(b.col+p.colStep, p.n)
		return b
	case p.cols.n > 0:
		b.col, b.colEnd = p.cols.full(i)
		return b
	}
	col := i
	if i >= p.whole {
		part := (i - p.whole) / (p.blocks - p.whole) // chunks that follow each other read the same rows of A
		col = p.whole + (i-p.whole)%(p.blocks-p.whole)
		b.row = part * p.rowStep
		b.rowEnd = min(b.row+p.rowStep, p.m)
	}
	b.col = col * p.colStep
	b.colEnd = min(b.col+p.colStep, p.n)
	return b
}
