package kernel

import "fmt"

// packTile is the argument of the assembly that transposes, which reads its fields by offset: keep it as the generator
// has it. Of some rows of src it writes as many columns to dst, in blocks.
type packTile struct {
	dst       *float32
	dstStride int // bytes from one row written to the next
	src       *float32
	blocks    int
	srcStride int    // bytes from one row read to the next, for a packer of whole rows
	offsets   [7]int // bytes from the first row read to each of the others, for one that can do with fewer
}

// packer is a kernel that turns rows into columns.
type packer struct {
	pack  func(*packTile)
	rows  int // read at a time
	block int // elements read from each row at a time
	// whole says that all of the rows must be there.
	whole bool
}

// packStep elements of all rows are transposed before the next: what is written of them stays in the first-level cache.
const packStep = 128

// packTransposed writes count columns of k elements, stored as the rows of src, as the rows of dst.
// It may write more columns, up to a multiple of the rows that the last packer takes.
func (g *gemmTable) packTransposed(t *packTile, dst []float32, dstStride int, src []float32, srcStride, count, k int) {
	if !g.packs(k) {
		packTransposedPortable(dst, dstStride, src, srcStride, count, k)
		return
	}
	t.dstStride, t.srcStride = 4*dstStride, 4*srcStride
	for from := 0; from < k; from += packStep {
		to := min(from+packStep, k)
		for i := 0; i < count; {
			p := g.packer(count-i, k)
			for r := range min(p.rows-1, len(t.offsets)) {
				t.offsets[r] = 4 * srcStride * min(r+1, count-1-i) // a row that is not there is read as the last
			}
			p.columns(t, dst[i:], src[i*srcStride:], from, to)
			i += p.rows
		}
	}
	*t = packTile{} // keeps no caller's memory alive
}

// packs tells whether there is a packer for rows of k elements.
func (g *gemmTable) packs(k int) bool {
	return len(g.packers) > 0 && k >= g.packers[len(g.packers)-1].block
}

// packer returns the first of those that suit what is left.
func (g *gemmTable) packer(rows, k int) *packer {
	for i := range g.packers {
		if p := &g.packers[i]; k >= p.block && (rows >= p.rows || !p.whole) {
			return p
		}
	}
	panic(fmt.Sprintf("kernel: no packer for %d rows of %d elements", rows, k))
}

// columns transposes elements from to to of the packer's rows.
func (p *packer) columns(t *packTile, dst, src []float32, from, to int) {
	if whole := (to - from) / p.block; whole > 0 {
		t.src, t.dst, t.blocks = &src[from], &dst[from*t.dstStride/4], whole
		p.pack(t)
	}
	if to%p.block != 0 { // the last block overlaps the one before it
		t.src, t.dst, t.blocks = &src[to-p.block], &dst[(to-p.block)*t.dstStride/4], 1
		p.pack(t)
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
	j.bPanel.floats = resize(j.bPanel.floats, p.panels*width*j.K)
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
	j.packPanel(s, j.bPanel.floats[b.col*j.K:][:width*j.K], b, 0, j.K, width)
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
	j.aCopy.floats = resize(j.aCopy.floats, j.M*stride)
	j.a = strided{data: j.aCopy.floats, row: stride, col: 1}
	j.engine.Run((j.M+copyRows-1)/copyRows, p)
}

func (p *gemmCopyA) Chunk(i int) {
	j := p.job
	for row := i * copyRows; row < min((i+1)*copyRows, j.M); row++ {
		copy(j.aCopy.floats[row*j.a.row:], j.A[row*j.LDA:][:j.K])
	}
}
