package kernel

import "fmt"

// Transpose writes a matrix of the given rows and columns, without gaps, as its transpose. The slices must not overlap.
func (e *Engine) Transpose(dst, src []float32, rows, cols int) {
	if len(src) < rows*cols || len(dst) < rows*cols {
		panic(fmt.Sprintf("kernel: Transpose of %dx%d elements from %d to %d", rows, cols, len(src), len(dst)))
	}
	if rows == 0 || cols == 0 {
		return
	}
	g := &e.gemm
	whole := 0
	if g.packs(cols) {
		whole = rows - rows%g.packers[len(g.packers)-1].rows
		t := e.transposes.get()
		g.packTransposed(t, dst, rows, src, cols, whole, cols)
		e.transposes.put(t)
	}
	packTransposedPortable(dst[min(whole, len(dst)):], rows, src[whole*cols:], cols, rows-whole, cols)
}
