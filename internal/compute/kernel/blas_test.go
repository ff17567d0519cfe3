package kernel

import (
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gorgonia.org/tensor"
)

// What Gorgonia asks of a BLAS.
var _ tensor.BLAS = (*BLAS)(nil)

func TestBLASMultiplies(t *testing.T) {
	b := NewBLAS(newTestEngine(t, Options{Threads: 2}))
	r := rand.New(rand.NewPCG(1, 2))
	transpose := map[bool]blas.Transpose{false: blas.NoTrans, true: blas.Trans}
	for _, g := range []Gemm{
		{M: 30, N: 41, K: 17, Alpha: 1, Beta: 0},
		{M: 30, N: 41, K: 17, Alpha: -2, Beta: 0.5, TransA: true, LDC: 3},
		{M: 5, N: 100, K: 64, Alpha: 1, Beta: 1, TransB: true, LDA: 2, LDB: 1},
		{M: 40, N: 3, K: 1, Alpha: 1, TransA: true, TransB: true},
	} {
		c := newGemmCase(r, g, false)
		b.Sgemm(transpose[c.TransA], transpose[c.TransB], c.M, c.N, c.K, c.Alpha, c.A, c.LDA, c.B, c.LDB, c.Beta, c.C, c.LDC)
		c.check(t)
	}
}

func TestBLASAllocatesNothing(t *testing.T) {
	b := NewBLAS(newTestEngine(t, Options{Threads: 2}))
	c := newGemmCase(rand.New(rand.NewPCG(3, 4)), Gemm{M: 30, N: 40, K: 50, Alpha: 1}, false)
	if n := testing.AllocsPerRun(20, func() {
		b.Sgemm(blas.NoTrans, blas.NoTrans, c.M, c.N, c.K, c.Alpha, c.A, c.LDA, c.B, c.LDB, c.Beta, c.C, c.LDC)
	}); n != 0 {
		t.Errorf("Sgemm allocates %v times", n)
	}
}
