package kernel

// gemmPlan says how a product is divided. Only its kStep decides which bits come out, and that depends on K alone.
type gemmPlan struct {
	m, n   int
	kStep  int  // terms summed at a time
	copyA  bool // op(A) is copied first
	shareB bool // op(B) is packed first, once for all chunks

	colStep int // columns of a chunk
	// The first whole column blocks have one chunk each; each later one has parts chunks, one below another.
	whole   int
	parts   int
	rowStep int // rows of such a part
	blocks  int // column blocks in all
}

// block is a part of C.
type block struct{ row, rowEnd, col, colEnd int }

// What the plans were tuned to.
const (
	maxKStep         = 1024    // keeps a panel of B within the second-level cache and a call short
	chunksPerThread  = 16      // enough that no thread waits long for the last
	minChunkFlops    = 1 << 18 // some microseconds: less is not worth the hand-over
	sharePackingRows = 256     // from here on every chunk packing its own B would cost more than waiting for all of it
	badStride        = 512     // elements; multiples put all rows into few sets of the first-level cache
)

func planGemm(g *Gemm, t *gemmTable, threads int) gemmPlan {
	p := gemmPlan{m: g.M, n: g.N, parts: 1}
	blocks := (g.K + maxKStep - 1) / maxKStep
	if blocks > 0 {
		p.kStep = (g.K + blocks - 1) / blocks
	} else {
		p.kStep = 1
	}
	width := t.width()
	p.copyA = !g.TransA && g.LDA%badStride == 0 && g.M > 4 && g.N > width && g.K > 0
	p.shareB = g.K > 0 && (g.TransB && g.M > sharePackingRows || !g.TransB && g.LDB%badStride == 0 && g.M > 64)
	p.colStep = width
	p.blocks = (g.N + width - 1) / width
	p.rowStep = g.M
	flops := 2 * g.M * g.N * max(g.K, 1)
	if threads == 1 {
		if !g.TransB || p.shareB {
			p.colStep = min(g.N, 8*width)
			p.blocks = (g.N + p.colStep - 1) / p.colStep
		}
		return p
	}
	target := max(flops/(threads*chunksPerThread), minChunkFlops)
	unit := 2 * g.M * width * max(g.K, 1)
	if g.TransB && !p.shareB {
		p.whole = max(0, p.blocks-threads)
		p.split(unit, target, t.rows)
		return p
	}
	if unit < target {
		p.colStep = target / unit * width
		p.blocks = (g.N + p.colStep - 1) / p.colStep
		return p
	}
	p.split(unit, target, t.rows)
	return p
}

// split divides the rows of the blocks that are not whole into parts of about the target's work.
func (p *gemmPlan) split(unit, target, tileRows int) {
	parts := max(1, unit/target)
	rows := (p.m + parts - 1) / parts
	p.rowStep = (rows + tileRows - 1) / tileRows * tileRows
	p.parts = (p.m + p.rowStep - 1) / p.rowStep
}

// chunks returns the number of blocks of C that are computed independently.
func (p *gemmPlan) chunks() int { return p.whole + (p.blocks-p.whole)*p.parts }

// chunk returns the i-th of them.
func (p *gemmPlan) chunk(i int) block {
	b := block{rowEnd: p.m}
	col := i
	if i >= p.whole {
		part := (i - p.whole) % p.parts
		col = p.whole + (i-p.whole)/p.parts
		b.row = part * p.rowStep
		b.rowEnd = min(b.row+p.rowStep, p.m)
	}
	b.col = col * p.colStep
	b.colEnd = min(b.col+p.colStep, p.n)
	return b
}
