package kernel

// packTransposedPortable writes count columns of k elements, stored as the rows of src, as the rows of dst.
func packTransposedPortable(dst []float32, dstStride int, src []float32, srcStride, count, k int) {
	for i := range count {
		for p, v := range src[i*srcStride:][:k] {
			dst[p*dstStride+i] = v
		}
	}
}

// gemmPackB packs all of op(B) into panels, one a chunk.
type gemmPackB struct{ job *gemmJob }

func (p *gemmPackB) start(j *gemmJob) {
	p.job = j
	width := j.engine.gemm.width()
	panels := (j.N + width - 1) / width
	j.bPanel = resize(j.bPanel, panels*width*j.K)
	j.engine.Run(panels, p)
}

func (p *gemmPackB) Chunk(i int) {
	j := p.job
	g := &j.engine.gemm
	b := block{col: i * g.width(), colEnd: min((i+1)*g.width(), j.N)}
	width := (b.colEnd - b.col + g.lanes - 1) / g.lanes * g.lanes
	j.packPanel(j.bPanel[b.col*j.K:][:width*j.K], b, 0, j.K, width)
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
