package kernel

// dotColumns is the number of columns of C that a kernel of dots computes side by side.
const dotColumns = 4

// dots computes a panel of C from rows of A and rows of B, terms from on, as both are stored. A tile's rows of A stay
// in the first-level cache while those of B pass.
func (j *gemmJob) dots(s *gemmScratch, b block, from int) {
	g, t := &j.engine.gemm, &s.tile
	most := len(g.dots) - 1
	rows, cols := b.rowEnd-b.row, b.colEnd-b.col
	tiles := (rows + most - 1) / most
	bias := t.bias
	for tile := range tiles {
		row, end := b.row+rows*tile/tiles, b.row+rows*(tile+1)/tiles
		t.a = address(j.a.data, row*j.a.row+from)
		for col := 0; col < cols; col += t.cols * t.repeats {
			t.bRow, t.cols, t.repeats = 4*j.LDB, dotColumns, (cols-col)/dotColumns
			if t.repeats == 0 { // the last columns one by one: a kernel that never leaves a row finds four times the same
				t.bRow, t.cols, t.repeats = 0, 1, 1
			}
			t.b = address(j.B, (b.col+col)*j.LDB+from)
			t.c = address(s.c.from(row, b.col+col), 0)
			t.bias = nil
			if bias != nil {
				t.bias = &j.Bias[b.col+col]
			}
			g.dots[end-row](t)
		}
	}
}
