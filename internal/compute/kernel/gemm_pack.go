package kernel

// packTile is the argument of the assembly that transposes, which reads its fields by offset: keep it as the generator
// has it. Of some rows of src, 8 or 4, it writes blocks*packBlock rows of as many elements to dst.
type packTile struct {
	dst       *float32
	dstStride int // bytes from one row written to the next
	src       *float32
	blocks    int
	offsets   [7]int // bytes from the first row read to each of the others
}

const (
	packBlock = 4 // elements of each row that are transposed at a time
	// packStep elements of all rows are transposed before the next: what is written of them stays in the first-level cache.
	packStep = 128
)

// packTransposed writes count columns of k elements, stored as the rows of src, as the rows of dst.
// It may write more columns, up to a multiple of g.packRows.
func (g *gemmTable) packTransposed(t *packTile, dst []float32, dstStride int, src []float32, srcStride, count, k int) {
	if g.pack == nil || k < packBlock {
		packTransposedPortable(dst, dstStride, src, srcStride, count, k)
		return
	}
	t.dstStride = 4 * dstStride
	for p := 0; p < k; p += packStep {
		for i := 0; i < count; i += g.packRows {
			for r := range g.packRows - 1 {
				t.offsets[r] = 4 * srcStride * min(r+1, count-1-i) // a row that is not there is read as the last
			}
			g.packColumns(t, dst[i:], src[i*srcStride:], p, min(p+packStep, k))
		}
	}
	*t = packTile{} // keeps no caller's memory alive
}

// packColumns transposes elements from to to of g.packRows rows.
func (g *gemmTable) packColumns(t *packTile, dst, src []float32, from, to int) {
	if whole := (to - from) / packBlock; whole > 0 {
		t.src, t.dst, t.blocks = &src[from], &dst[from*t.dstStride/4], whole
		g.pack(t)
	}
	if to%packBlock != 0 { // the last block overlaps the one before it
		t.src, t.dst, t.blocks = &src[to-packBlock], &dst[(to-packBlock)*t.dstStride/4], 1
		g.pack(t)
	}
}

// packTransposedPortable is packTransposed in plain Go, without the further columns.
func packTransposedPortable(dst []float32, dstStride int, src []float32, srcStride, count, k int) {
	for i := range count {
		for p, v := range src[i*srcStride:][:k] {
			dst[p*dstStride+i] = v
		}
	}
}

// gemmPackB packs all of op(B) into panels, one a chunk.
type gemmPackB struct {
	job    *gemmJob
	panels int
}

func (p *gemmPackB) start(j *gemmJob) {
	p.job = j
	width := j.engine.gemm.width()
	p.panels = (j.N + width - 1) / width
	j.bPanel = resize(j.bPanel, p.panels*width*j.K)
	j.engine.Run(p.panels, p)
}

func (p *gemmPackB) Chunk(i int) {
	j := p.job
	g := &j.engine.gemm
	b := block{col: i * g.width(), colEnd: min((i+1)*g.width(), j.N)}
	width := (b.colEnd - b.col + g.unit - 1) / g.unit * g.unit
	kept := j.engine.scratchFor(i, p.panels)
	s := kept.get()
	defer kept.put(s)
	j.packPanel(s, j.bPanel[b.col*j.K:][:width*j.K], b, 0, j.K, width)
}

// gemmCopyA copies A with a stride that spreads its rows over the sets of the caches.
type gemmCopyA struct{ job *gemmJob }

const (
	copyRows   = 16
	spreadRows = 16 // elements added to a row, one cache line
)

func (p *gemmCopyA) start(j *gemmJob) {
	p.job = j
	stride := (j.K+spreadRows-1)/spreadRows*spreadRows + spreadRows
	j.aCopy = resize(j.aCopy, j.M*stride)
	j.a = strided{data: j.aCopy, row: stride, col: 1}
	j.engine.Run((j.M+copyRows-1)/copyRows, p)
}

func (p *gemmCopyA) Chunk(i int) {
	j := p.job
	for row := i * copyRows; row < min((i+1)*copyRows, j.M); row++ {
		copy(j.aCopy[row*j.a.row:], j.A[row*j.LDA:][:j.K])
	}
}
