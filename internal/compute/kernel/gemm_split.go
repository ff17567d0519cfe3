package kernel

// gemmHalves is a product whose terms are summed in two halves.
type gemmHalves struct {
	lower, upper gemmJob
	sum          *buffer // of the upper half
	closing      gemmClosing
}

// prepare plans both halves.
func (h *gemmHalves) prepare(e *Engine, g *Gemm) {
	lower, upper := *g, *g
	lower.SplitK, upper.SplitK = false, false
	lower.Slope, upper.Slope = nil, nil
	lower.K = g.K / 2
	upper.K = g.K - lower.K
	upper.A = g.A[afterTerms(lower.K, g.TransA, g.LDA):]
	upper.B = g.B[afterTerms(lower.K, !g.TransB, g.LDB):]
	upper.Beta, upper.C, upper.LDC = 0, nil, g.N
	h.lower.prepare(e, lower)
	h.upper.prepare(e, upper)
	// Processors fetch ahead of what is read row by row. Read backwards, the lower half does not lead its thread into the
	// rows of the upper half, which another thread may be about to write.
	h.lower.backwards = true
	h.upper.before = h.lower.together
	h.lower.together += h.upper.together
	h.upper.together = h.lower.together
	h.closing.Gemm, h.closing.engine = *g, e
}

// Start begins both halves.
func (h *gemmHalves) Start() int {
	h.sum = h.lower.engine.buffers.get()
	h.sum.floats = resize(h.sum.floats, h.lower.M*h.lower.N)
	h.upper.C = h.sum.floats
	return h.lower.Start() + h.upper.Start()
}

// Chunk computes one block of one half.
func (h *gemmHalves) Chunk(i int) {
	if n := h.lower.plan.chunks(); i < n {
		h.lower.Chunk(i)
	} else {
		h.upper.Chunk(i - n)
	}
}

// Finish puts the halves together.
func (h *gemmHalves) Finish() {
	h.lower.Finish()
	h.upper.Finish()
	h.closing.run(h.sum.floats)
	h.lower.engine.buffers.put(h.sum)
	h.sum, h.upper.C = nil, nil
}

// end keeps no caller's memory alive.
func (h *gemmHalves) end() {
	h.lower.end()
	h.upper.end()
	h.closing.Gemm = Gemm{}
}

// gemmClosing is what is left once the terms of both halves are summed: it adds the upper half and applies the slope.
type gemmClosing struct {
	Gemm
	engine *Engine
	upper  []float32
	blocks RowBlocks
}

func (c *gemmClosing) run(upper []float32) {
	c.upper = upper
	c.engine.Run(c.blocks.Start(c.M, c.N), c)
	if c.Slope != nil && c.Slope.Sums != nil {
		c.blocks.Total(c.engine, c.Slope.Sums)
	}
	c.upper = nil
}

// Chunk does one block of rows.
func (c *gemmClosing) Chunk(i int) {
	from, to, sums := c.blocks.Block(i)
	if c.Slope == nil && c.LDC == c.N {
		c.engine.Accumulate(c.C[from*c.N:to*c.N], c.upper[from*c.N:to*c.N])
		return
	}
	for r := from; r < to; r++ {
		row := c.C[r*c.LDC:][:c.N]
		c.engine.Accumulate(row, c.upper[r*c.N:][:c.N])
		if s := c.Slope; s != nil {
			c.engine.ActivateGrad(s.Act, row, s.Y[r*c.N:][:c.N], row)
			if s.Sums != nil {
				c.engine.Accumulate(sums, row)
			}
		}
	}
}

// afterTerms is where the terms after the first n begin in a matrix whose rows are terms or whose columns are.
func afterTerms(n int, rows bool, stride int) int {
	if rows {
		return n * stride
	}
	return n
}
