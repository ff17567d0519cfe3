package kernel

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS is Gonum's BLAS with the float32 matrix product done by an Engine. Handed to gorgonia.Use or tensor.Use
// it serves whatever Gorgonia computes by itself.
type BLAS struct {
	gonum.Implementation
	engine *Engine
}

// NewBLAS returns a BLAS that multiplies on e.
func NewBLAS(e *Engine) *BLAS { return &BLAS{engine: e} }

// Sgemm computes C = alpha*op(A)*op(B) + beta*C, row-major; see [blas.Float32Level3].
func (b *BLAS) Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int,
	bm []float32, ldb int, beta float32, c []float32, ldc int) {
	b.engine.Gemm(&Gemm{
		TransA: tA != blas.NoTrans, TransB: tB != blas.NoTrans,
		M: m, N: n, K: k,
		Alpha: alpha, A: a, LDA: lda, B: bm, LDB: ldb,
		Beta: beta, C: c, LDC: ldc,
	})
}
