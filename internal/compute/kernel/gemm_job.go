package kernel

// gemmTable holds the matrix-product kernels of one level and what the driver must know of them.
type gemmTable struct {
	kernels gemmKernels
	rows    int // of the tallest kernel of the greatest width
	unit    int // columns by which the kernels' widths differ
	// partialB says that kernels read only the columns of B in use, else all columns they are wide.
	partialB bool
	// partialC says the same of C and the bias.
	partialC bool
	// packers turn rows into columns, those of more rows first. The rows of the last one, which can do with fewer, divide
	// unit. Without packers this is left to plain Go.
	packers []packer
	// dots lists the kernels for dotColumns rows of B as they are stored, by the number of rows of A; it may be nil.
	dots []func(*gemmTile)
}

// width returns the number of columns of the widest kernel, which is that of a panel of B.
func (g *gemmTable) width() int { return len(g.kernels) * g.unit }

// gemmJob is one product under way.
type gemmJob struct {
	Gemm
	engine *Engine
	plan   gemmPlan
	a      strided // op(A), or its copy
	aCopy  *buffer // op(A) with a stride that suits the caches
	bPanel *buffer // op(B) in panels, where all chunks share one packed copy
	// Of the chunks that are run together with this job's, how many come before and how many there are.
	before, together int
	// backwards takes the terms of each step from the last to the first; dots does not heed it.
	backwards bool

	copyA gemmCopyA
	packB gemmPackB
}

// strided is a matrix seen through two strides.
type strided struct {
	data     []float32
	row, col int // elements from one row, or column, to the next
}

// prepare plans the product.
func (j *gemmJob) prepare(e *Engine, g Gemm) {
	j.Gemm, j.engine = g, e
	if j.Alpha == 0 {
		j.K = 0 // leaves A and B unread
	}
	j.plan = planGemm(&j.Gemm, &e.gemm, e.Threads())
	j.before, j.together, j.backwards = 0, j.plan.chunks(), false
	j.a = strided{data: j.A, row: j.LDA, col: 1}
	if j.TransA {
		j.a.row, j.a.col = 1, j.LDA
	}
}

// Start does what comes before the chunks and returns their number.
func (j *gemmJob) Start() int {
	if j.plan.copyA {
		j.aCopy = j.engine.buffers.get()
		j.copyA.start(j)
	}
	if j.plan.shareB {
		j.bPanel = j.engine.buffers.get()
		j.packB.start(j)
	}
	return j.plan.chunks()
}

// Finish returns what is needed during a run only.
func (j *gemmJob) Finish() {
	for _, b := range [...]**buffer{&j.aCopy, &j.bPanel} {
		if *b != nil {
			j.engine.buffers.put(*b)
			*b = nil
		}
	}
}

// end keeps no caller's memory alive.
func (j *gemmJob) end() { j.Gemm, j.a = Gemm{}, strided{} }

// Chunk computes one block of C.
func (j *gemmJob) Chunk(i int) {
	kept := j.engine.scratchFor(j.before+i, j.together)
	s := kept.get()
	b := j.plan.chunk(i)
	s.c = target{data: j.C, stride: j.LDC}
	if j.Then != nil {
		s.handed = resize(s.handed, (b.rowEnd-b.row)*(b.colEnd-b.col))
		s.c = target{data: s.handed, stride: b.colEnd - b.col, first: b.row, firstCol: b.col}
	}
	for col := b.col; col < b.colEnd; col += j.engine.gemm.width() {
		j.panel(s, block{row: b.row, rowEnd: b.rowEnd, col: col, colEnd: min(col+j.engine.gemm.width(), b.colEnd)})
	}
	if j.Act > Relu {
		for row := b.row; row < b.rowEnd; row++ {
			j.engine.vec.activate(j.Act, s.c.from(row, b.col)[:b.colEnd-b.col])
		}
	}
	if j.Then != nil {
		j.Then.Block(b.row, b.rowEnd, b.col, b.colEnd, s.handed)
	}
	s.c = target{} // keeps no caller's memory alive
	kept.put(s)
}

// target is where C goes, or a block of it.
type target struct {
	data            []float32
	stride          int
	first, firstCol int // row and column of C that are the first of data
}

// from returns an element of C and what follows it.
func (t *target) from(row, col int) []float32 { return t.data[(row-t.first)*t.stride+col-t.firstCol:] }

// gemmScratch is what one thread needs while it computes one chunk.
type gemmScratch struct {
	tile   gemmTile
	pack   packTile
	bPanel []float32 // one panel of B, packed
	c      target
	handed []float32 // a block of C, where it goes to a BlockTask
	cTile  []float32 // a tile of C, for kernels that store whole vectors
	bias   []float32 // likewise
}

// panel computes a block of C no wider than the widest kernel.
func (j *gemmJob) panel(s *gemmScratch, b block) {
	g, t := &j.engine.gemm, &s.tile
	t.cols = b.colEnd - b.col
	units := (t.cols + g.unit - 1) / g.unit
	t.aRow, t.aCol, t.cRow = 4*j.a.row, 4*j.a.col, 4*s.c.stride
	t.alpha = j.Alpha
	for from := 0; from == 0 || from < j.K; from += j.plan.kStep {
		to := min(from+j.plan.kStep, j.K)
		t.k = to - from
		t.beta, t.bias, t.relu = j.Beta, nil, false
		if from > 0 {
			t.beta = 1
		}
		if to == j.K {
			t.bias, t.relu = address(j.Bias, b.col), j.Act == Relu
		}
		if j.plan.dots {
			j.dots(s, b, from)
			continue
		}
		j.locateB(s, b, from, to, units*g.unit)
		first := from
		if j.backwards && to > from {
			first = to - 1
			t.b, t.bRow, t.aCol = element(t.b, (t.k-1)*t.bRow), -t.bRow, -4*j.a.col
		}
		j.rows(s, b, first, to, units)
	}
	*t = gemmTile{} // keeps no caller's memory alive
}

// locateB points the tile at rows from to to of a panel of B, packing them where the plan or the kernels ask for it.
func (j *gemmJob) locateB(s *gemmScratch, b block, from, to, width int) {
	g, t := &j.engine.gemm, &s.tile
	switch {
	case from == to:
		t.b = nil
	case j.plan.shareB:
		t.b, t.bRow = address(j.bPanel.floats, b.col*j.K+from*width), 4*width
	case j.TransB || !g.partialB && t.cols < width:
		s.bPanel = resize(s.bPanel, (to-from)*width)
		j.packPanel(s, s.bPanel, b, from, to, width)
		t.b, t.bRow = address(s.bPanel, 0), 4*width
	default:
		t.b, t.bRow = address(j.B, from*j.LDB+b.col), 4*j.LDB
	}
}

// packPanel writes rows from to to of a panel of op(B) to dst, each with width elements; those beyond the panel's
// columns have no meaning.
func (j *gemmJob) packPanel(s *gemmScratch, dst []float32, b block, from, to, width int) {
	cols := b.colEnd - b.col
	if j.TransB {
		j.engine.gemm.packTransposed(&s.pack, dst, width, j.B[b.col*j.LDB+from:], j.LDB, cols, to-from)
		return
	}
	for p := from; p < to; p++ {
		copy(dst[(p-from)*width:], j.B[p*j.LDB+b.col:][:cols])
	}
}

// maxCallFlops bounds the work of one call of a kernel, which the Go scheduler cannot interrupt, to some 20 µs.
const maxCallFlops = 2 << 20

// rows computes a panel's rows with tiles of nearly equal height, beginning with term first; the next panel begins with
// term to.
func (j *gemmJob) rows(s *gemmScratch, b block, first, to, units int) {
	g, t := &j.engine.gemm, &s.tile
	rows := b.rowEnd - b.row
	most := len(g.kernels[units-1]) - 1
	tiles := (rows + most - 1) / most
	height, taller := rows/tiles, rows%tiles
	row := b.row
	fetch, fetching := j.fetchTouched(b, t.k)
	for tile := 0; tile < tiles; {
		h, same := height, tiles-tile
		if tile < taller {
			h, same = height+1, taller-tile
		}
		same = min(same, max(1, maxCallFlops/(2*h*g.width()*max(t.k, 1))))
		switch {
		case tile < fetching:
			same = min(same, fetching-tile)
			if tile == 0 {
				t.fetch = fetch
			}
		case tile == fetching || tile == 0:
			t.fetch = j.fetchNext(b, to)
		}
		t.repeats = same
		t.a = address(j.a.data, row*j.a.row+first*j.a.col)
		if t.cols < units*g.unit && !g.partialC {
			j.throughCopy(s, row, h, b, units)
		} else {
			t.c = address(s.c.from(row, b.col), 0)
			g.kernels[units-1][h](t)
		}
		row += h * same
		tile += same
	}
}

// throughCopy computes tiles that are narrower than their vectors in a buffer of whole vectors.
func (j *gemmJob) throughCopy(s *gemmScratch, row, height int, b block, units int) {
	g, t := &j.engine.gemm, &s.tile
	width, rows := units*g.unit, height*t.repeats
	s.cTile = resize(s.cTile, rows*width)
	if t.beta != 0 {
		for i := range rows {
			copy(s.cTile[i*width:][:width], s.c.from(row+i, b.col)[:t.cols])
		}
	}
	saved := *t
	if t.bias != nil {
		s.bias = resize(s.bias, width)
		copy(s.bias, j.Bias[b.col:b.colEnd])
		t.bias = &s.bias[0]
	}
	t.c, t.cRow, t.cols = &s.cTile[0], 4*width, width
	g.kernels[units-1][height](t)
	*t = saved
	for i := range rows {
		copy(s.c.from(row+i, b.col)[:t.cols], s.cTile[i*width:][:width])
	}
}

// address returns the address of element i of s, or nil where there is none.
func address(s []float32, i int) *float32 {
	if i >= len(s) {
		return nil
	}
	return &s[i]
}

// resize returns a slice of n elements that starts on a cache line, s itself where it is long enough.
func resize(s []float32, n int) []float32 {
	if n <= cap(s) {
		return s[:n]
	}
	return Floats(n)
}
