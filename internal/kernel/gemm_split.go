package kernel

// gemmHalves is a product whose terms are summed in two halves.
type gemmHalves struct {
	lower, upper gemmJob
	sum          []float32 // of the upper half
}

// runHalves computes a product with SplitK.
func (e *Engine) runHalves(g *Gemm) {
	h := e.halves.get()
	h.sum = resize(h.sum, g.M*g.N)
	lower, upper := *g, *g
	lower.SplitK, upper.SplitK = false, false
	lower.K = g.K / 2
	upper.K = g.K - lower.K
	upper.A = g.A[afterTerms(lower.K, g.TransA, g.LDA):]
	upper.B = g.B[afterTerms(lower.K, !g.TransB, g.LDB):]
	upper.Beta, upper.C, upper.LDC = 0, h.sum, g.N
	h.lower.begin(e, lower)
	h.upper.begin(e, upper)
	// Processors fetch ahead of what is read row by row. Read backwards, the lower half does not lead its thread into the
	// rows of the upper half, which another thread may be about to write.
	h.lower.backwards = true
	h.upper.before = h.lower.together
	h.lower.together += h.upper.together
	h.upper.together = h.lower.together
	e.Run(h.lower.together, h)
	if g.LDC == g.N {
		e.Accumulate(g.C[:g.M*g.N], h.sum)
	} else {
		for row := range g.M {
			e.Accumulate(g.C[row*g.LDC:][:g.N], h.sum[row*g.N:][:g.N])
		}
	}
	h.lower.end()
	h.upper.end()
	e.halves.put(h)
}

// afterTerms is where the terms after the first n begin in a matrix whose rows are terms or whose columns are.
func afterTerms(n int, rows bool, stride int) int {
	if rows {
		return n * stride
	}
	return n
}

// Chunk computes one block of one half.
func (h *gemmHalves) Chunk(i int) {
	if n := h.lower.plan.chunks(); i < n {
		h.lower.Chunk(i)
	} else {
		h.upper.Chunk(i - n)
	}
}
