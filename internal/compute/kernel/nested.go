package kernel

import "fmt"

// Nested is a matrix product C = A*B whose terms lie in memory as those of a convolution do: in segments of K terms one
// after the other, in blocks of segments, and in several blocks, each with a stride of its own. The result is a grid:
// Repeats lines of M rows each. Distances are in elements and not negative.
//
// Term k of segment s of block b of row r of line l is A[l*ALine + r*ARow + b*ABlk + s*ASeg + k*ACol] times the N elements
// from B[b*BBlk + s*BSeg + k*BRow] on; the sum goes to the N elements from C[l*CLine + r*CRow] on.
type Nested struct {
	M, Repeats, N int

	A                []float32
	ARow, ALine      int
	ACol, ASeg, ABlk int
	B                []float32
	BRow, BSeg, BBlk int
	K, Segs, Blks    int
	C                []float32
	CRow, CLine      int
	Add              bool      // adds to C what it holds
	Bias             []float32 // N elements added to every row; may be nil
	// Relu lets negative results become Slope times themselves.
	Relu  bool
	Slope float32
	// Gate is laid out as C; results become Slope times themselves where it is not positive. May be nil.
	Gate []float32
	Sums []float32 // receives, added to what it holds, the sum of each column; may be nil

	tile nestedTile // kept here so that nothing is allocated
}

// Nested computes n on the caller's goroutine alone. The bits of an element of C depend on its own terms and their order
// only; those of Sums on the shape and the kernel. C must overlap neither A nor B; it may be Gate. It allocates nothing where
// n is kept for the next call, and panics where the shape leads past the end of a slice.
func (e *Engine) Nested(n *Nested) {
	if n.M == 0 || n.Repeats == 0 || n.N == 0 {
		return
	}
	n.check()
	n.run(&e.nested)
}

// check panics where n is inconsistent.
func (n *Nested) check() {
	if n.M < 0 || n.Repeats < 0 || n.N < 0 || n.K < 0 || n.Segs < 0 || n.Blks < 0 ||
		min(n.ARow, n.ALine, n.ACol, n.ASeg, n.ABlk, n.BRow, n.BSeg, n.BBlk, n.CRow, n.CLine) < 0 {
		panic(fmt.Sprintf("kernel: Nested with a negative dimension or distance: %+v", n.sizes()))
	}
	if n.terms() > 0 {
		n.reach("A", len(n.A), (n.M-1)*n.ARow+(n.Repeats-1)*n.ALine+(n.K-1)*n.ACol+(n.Segs-1)*n.ASeg+(n.Blks-1)*n.ABlk+1)
		n.reach("B", len(n.B), (n.K-1)*n.BRow+(n.Segs-1)*n.BSeg+(n.Blks-1)*n.BBlk+n.N)
	}
	c := (n.M-1)*n.CRow + (n.Repeats-1)*n.CLine + n.N
	n.reach("C", len(n.C), c)
	if n.Gate != nil {
		n.reach("Gate", len(n.Gate), c)
	}
	if n.Bias != nil {
		n.reach("Bias", len(n.Bias), n.N)
	}
	if n.Sums != nil {
		n.reach("Sums", len(n.Sums), n.N)
	}
	if !(n.Slope >= 0 && n.Slope < 1) {
		panic(fmt.Sprintf("kernel: Nested with a slope of %v, which is not in [0, 1)", n.Slope))
	}
}

// sizes is n without its memory.
func (n *Nested) sizes() Nested {
	s := *n
	s.A, s.B, s.C, s.Bias, s.Gate, s.Sums, s.tile = nil, nil, nil, nil, nil, nil, nestedTile{}
	return s
}

func (n *Nested) reach(name string, length, need int) {
	if length < need {
		panic(fmt.Sprintf("kernel: Nested: %s needs %d elements, has %d: %+v", name, need, length, n.sizes()))
	}
}

// terms counts the terms of one sum.
func (n *Nested) terms() int { return n.K * n.Segs * n.Blks }

// run goes through the columns.
func (n *Nested) run(table *nestedTable) {
	t := &n.tile
	terms := n.terms()
	t.aRow, t.aCol = 4*n.ARow, 4*n.ACol
	t.aSeg, t.aBlk = 4*(n.ASeg-n.K*n.ACol), 4*(n.ABlk-n.Segs*n.ASeg)
	t.bRow = 4 * n.BRow
	t.bSeg, t.bBlk = 4*(n.BSeg-n.K*n.BRow), 4*(n.BBlk-n.Segs*n.BSeg)
	t.k, t.segs, t.blks = n.K, n.Segs, n.Blks
	if terms == 0 {
		t.blks = 0
	}
	t.cRow = 4 * n.CRow
	t.add, t.slope = 0, n.Slope
	if n.Add {
		t.add = 1
	}
	t.activation = nestedPlain
	if n.Relu {
		t.activation = nestedRelu
		if n.Slope != 0 {
			t.activation = nestedLeaky
		}
	}
	for col := 0; col < n.N; {
		kernels, taken := table.pick(n.N - col)
		t.cols = taken
		t.bias, t.sums = start(n.Bias, col), start(n.Sums, col)
		if terms > 0 {
			t.b = &n.B[col]
		}
		n.lines(kernels, col)
		col += taken
	}
}

// start is the address of element i of s; nil where there is no s.
func start(s []float32, i int) *float32 {
	if s == nil {
		return nil
	}
	return &s[i]
}

// lines covers the grid with tiles.
func (n *Nested) lines(kernels []func(*nestedTile), col int) {
	t := &n.tile
	most := len(kernels) - 1
	if n.M == 4 && n.Repeats%2 == 0 && most >= 8 { // one tile of two lines
		t.aGroup, t.aNext = 4*n.ALine, 8*n.ALine
		t.cGroup, t.cNext = 4*n.CLine, 8*n.CLine
		n.tiles(kernels[8], 8, 2*n.ALine, 2*n.CLine, 0, 0, col, n.Repeats/2)
		return
	}
	t.aGroup, t.cGroup = 16*n.ARow, 16*n.CRow
	count := (n.M + most - 1) / most
	height, taller := n.M/count, n.M%count
	if n.Repeats < count { // along a line
		row := 0
		for tile := 0; tile < count; {
			h, same := height, count-tile
			if tile < taller {
				h, same = height+1, taller-tile
			}
			t.aNext, t.cNext = 4*h*n.ARow, 4*h*n.CRow
			for l := range n.Repeats {
				n.tiles(kernels[h], h, h*n.ARow, h*n.CRow, l*n.ALine+row*n.ARow, l*n.CLine+row*n.CRow, col, same)
			}
			row += h * same
			tile += same
		}
		return
	}
	t.aNext, t.cNext = 4*n.ALine, 4*n.CLine
	row := 0
	for tile := range count { // from line to line
		h := height
		if tile < taller {
			h++
		}
		n.tiles(kernels[h], h, n.ALine, n.CLine, row*n.ARow, row*n.CRow, col, n.Repeats)
		row += h
	}
}

// tiles computes repeats tiles, the first at the given places in A and C, in calls that end soon.
func (n *Nested) tiles(kernel func(*nestedTile), height, aNext, cNext, a, c, col, repeats int) {
	t := &n.tile
	most := max(1, maxCallFlops/(2*height*t.cols*max(n.terms(), 1)))
	for repeats > 0 {
		t.repeats = min(repeats, most)
		if t.blks > 0 {
			t.a = &n.A[a]
		}
		t.c, t.gate = &n.C[c+col], start(n.Gate, c+col)
		kernel(t)
		a += t.repeats * aNext
		c += t.repeats * cNext
		repeats -= t.repeats
	}
}
