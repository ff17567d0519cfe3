package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestTranspose(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		r := rand.New(rand.NewPCG(1, 2))
		for _, rows := range []int{0, 1, 3, 7, 8, 9, 16, 49, 130} {
			for _, cols := range []int{0, 1, 3, 4, 5, 8, 15, 32, 129, 260} {
				src, dst := newMatrix(r, rows, cols, cols), newGuarded(rows*cols)
				e.Transpose(dst.inner, src.inner, rows, cols)
				want := make([]float32, rows*cols)
				for i := range rows {
					for j := range cols {
						want[j*rows+i] = src.inner[i*cols+j]
					}
				}
				sameBits(t, fmt.Sprintf("%dx%d", rows, cols), dst.inner, want)
				dst.checkGuards(t, "transpose", 1, rows*cols, rows*cols)
			}
		}
	})
}
