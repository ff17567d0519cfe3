package kernel

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever the sizes and threads, the chunks must tile C: no element twice, none left out, columns starting on panels.
func TestPlanCoversEveryElementOnce(t *testing.T) {
	tables := map[string]gemmTable{}
	for _, level := range Supported() {
		tables[level] = newGemmTable(level)
	}
	rapid.Check(t, func(t *rapid.T) {
		table := tables[rapid.SampledFrom(Supported()).Draw(t, "level")]
		g := Gemm{
			M:      rapid.IntRange(1, 700).Draw(t, "m"),
			N:      rapid.IntRange(1, 1500).Draw(t, "n"),
			K:      rapid.IntRange(0, 2500).Draw(t, "k"),
			TransA: rapid.Bool().Draw(t, "transA"),
			TransB: rapid.Bool().Draw(t, "transB"),
			LDA:    rapid.SampledFrom([]int{2500, 2560}).Draw(t, "lda"),
			LDB:    rapid.SampledFrom([]int{2500, 2560}).Draw(t, "ldb"),
			Act:    rapid.SampledFrom([]Activation{Identity, Tanh}).Draw(t, "act"),
		}
		plan := planGemm(&g, &table, rapid.IntRange(1, 16).Draw(t, "threads"))
		covered := make([]bool, g.M*g.N)
		for i := range plan.chunks() {
			b := plan.chunk(i)
			if b.col%table.width() != 0 {
				t.Fatalf("chunk %d of %+v starts at column %d, inside a panel", i, plan, b.col)
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
