package kernel

// gemmHalves is a product whose terms are summed in two halves.
type gemmHalves struct {
	lower, upper gemmJob
	sum          []float32 // of the upper half
	closing      gemmClosing
}

// runHalves computes a product with SplitK.
func (e *Engine) runHalves(g *Gemm) {
	h := e.halves.get()
	h.sum = resize(h.sum, g.M*g.N)
	lower, upper := *g, *g
	lower.SplitK, upper.SplitK = false, false
	lower.Slope, upper.Slope = nil, nil
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
	h.closing.run(e, g, h.sum)
	h.lower.end()
	h.upper.end()
	e.halves.put(h)
}

// gemmClosing is what is left once the terms of both halves are summed: it adds the upper half and applies the slope.
type gemmClosing struct {
	Gemm
	engine *Engine
	upper  []float32
	blocks RowBlocks
}

func (c *gemmClosing) run(e *Engine, g *Gemm, upper []float32) {
	c.Gemm, c.engine, c.upper = *g, e, upper
	e.Run(c.blocks.Start(g.M, g.N), c)
	if g.Slope != nil && g.Slope.Sums != nil {
		c.blocks.Total(e, g.Slope.Sums)
	}
	c.Gemm, c.upper = Gemm{}, nil // keeps no caller's memory alive
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

// Chunk computes one block of one half.
func (h *gemmHalves) Chunk(i int) {
	if n := h.lower.plan.chunks(); i < n {
		h.lower.Chunk(i)
	} else {
		h.upper.Chunk(i - n)
	}
}
