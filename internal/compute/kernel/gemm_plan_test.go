package kernel

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever the sizes and threads, the chunks must tile C: no element twice, none left out, columns starting on panels where chunks share them.
func TestPlanCoversEveryElementOnce(t *testing.T) {
	tables := map[string]gemmTable{}
	for _, level := range Supported() {
		tables[level] = newGemmTable(level)
	}
	rapid.Check(t, func(t *rapid.T) {
		table := tables[rapid.SampledFrom(Supported()).Draw(t, "level")]
		g := Gemm{
			M:      rapid.IntRange(1, 700).Draw(t, "m"),
			N:      rapid.IntRange(1, 2500).Draw(t, "n"),
			K:      rapid.IntRange(0, 2500).Draw(t, "k"),
			TransA: rapid.Bool().Draw(t, "transA"),
			TransB: rapid.Bool().Draw(t, "transB"),

			Unpacked: rapid.Bool().Draw(t, "unpacked"),

			LDA: rapid.SampledFrom([]int{2500, 2560}).Draw(t, "lda"),
			LDB: rapid.SampledFrom([]int{2500, 2560}).Draw(t, "ldb"),
			Act: rapid.SampledFrom([]Activation{Identity, Tanh}).Draw(t, "act"),
		}
		if rapid.Bool().Draw(t, "then") {
			g.Then = &takenBlocks{}
		}
		plan := planGemm(&g, &table, rapid.IntRange(1, 16).Draw(t, "threads"))
		covered := make([]bool, g.M*g.N)
		for i := range plan.chunks() {
			b := plan.chunk(i)
			if plan.shareB && b.col%table.width() != 0 {
				t.Fatalf("chunk %d of %+v starts at column %d, inside a panel", i, plan, b.col)
			}
			if g.Then != nil && g.N <= handedColumns && b.colEnd-b.col != g.N {
				t.Fatalf("chunk %d of %+v has not whole rows: %+v", i, plan, b)
			}
			if g.Then != nil && (b.rowEnd-b.row-2)*(b.colEnd-b.col) > handedElements {
				t.Fatalf("chunk %d of %+v hands on too much at a time: %+v", i, plan, b)
			}
			if b.row >= b.rowEnd || b.col >= b.colEnd {
				t.Fatalf("chunk %d of %+v is empty: %+v", i, plan, b)
			}
			for row := b.row; row < b.rowEnd; row++ {
				for col := b.col; col < b.colEnd; col++ {
					if covered[row*g.N+col] {
						t.Fatalf("chunk %d of %+v computes (%d,%d) again", i, plan, row, col)
					}
					covered[row*g.N+col] = true
				}
			}
		}
		for i, c := range covered {
			if !c {
				t.Fatalf("no chunk of %+v computes (%d,%d)", plan, i/g.N, i%g.N)
			}
		}
	})
}

// The bits of a result may depend on K and the kernels, on nothing else: so may the steps in which terms are summed.
func TestPlanStepDependsOnKAlone(t *testing.T) {
	table := newGemmTable(Supported()[0])
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 5000).Draw(t, "k")
		draw := func(name string) int {
			g := Gemm{
				M: rapid.IntRange(1, 3000).Draw(t, name+"m"), N: rapid.IntRange(1, 3000).Draw(t, name+"n"), K: k,
				TransA: rapid.Bool().Draw(t, name+"transA"), TransB: rapid.Bool().Draw(t, name+"transB"),
			}
			return planGemm(&g, &table, rapid.IntRange(1, 16).Draw(t, name+"threads")).kStep
		}
		if a, b := draw("a"), draw("b"); a != b {
			t.Fatalf("k=%d is summed in steps of %d or of %d", k, a, b)
		}
	})
}

// What one thread reads of the weights is what it changes: in a layer of w out x in and a batch of rows that are dealt,
// as all are where weights are read as they are stored, the outputs and the rows of the gradient that are in a thread's
// share of the chunks are the same.
func TestDealtProductsShareBoundaries(t *testing.T) {
	for _, level := range Supported() {
		table := newGemmTable(level)
		rapid.Check(t, func(t *rapid.T) {
			unpacked, most := rapid.Bool().Draw(t, "unpacked"), dealtRows
			if unpacked && table.dots != nil {
				most = FewRows
			}
			batch, in, out := rapid.IntRange(1, most).Draw(t, "batch"), rapid.IntRange(1, 900).Draw(t, "in"), rapid.IntRange(2, 900).Draw(t, "out")
			threads := rapid.IntRange(2, 8).Draw(t, "threads")
			forward := planGemm(&Gemm{TransB: true, M: batch, N: out, K: in, Unpacked: unpacked}, &table, threads)
			gradient := planGemm(&Gemm{TransA: true, M: out, N: in, K: batch, Then: &takenBlocks{}}, &table, threads)
			for thread := range min(threads, out) {
				first, last := thread*forward.chunks()/min(threads, out), (thread+1)*forward.chunks()/min(threads, out)-1
				columns := [2]int{forward.chunk(first).col, forward.chunk(last).colEnd}
				first, last = thread*gradient.chunks()/min(threads, out), (thread+1)*gradient.chunks()/min(threads, out)-1
				rows := [2]int{gradient.chunk(first).row, gradient.chunk(last).rowEnd}
				if columns != rows {
					t.Fatalf("thread %d of %d computes outputs %v and changes the weights of %v", thread, threads, columns, rows)
				}
			}
		})
	}
}
