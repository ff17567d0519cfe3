package kernel

import "fmt"

// Gemm is the product C = Act(Alpha*op(A)*op(B) + Beta*C + Bias) of row-major float32 matrices,
// with op(A) of shape (M, K), op(B) of shape (K, N) and C of shape (M, N). What a Slope does comes last.
type Gemm struct {
	TransA, TransB bool // A is stored (K, M); B is stored (N, K)
	M, N, K        int
	Alpha          float32
	A              []float32
	LDA            int // elements from one row of A, as stored, to the next
	B              []float32
	LDB            int
	Beta           float32
	C              []float32
	LDC            int
	Bias           []float32  // N elements added to every row of C; may be nil
	Act            Activation // applied last
	// Then, where it is not nil, is given the product in place of C, a block at a time and from several goroutines, while
	// the caches hold it. Beta is 0 then.
	Then BlockTask
	// Touched are up to three matrices of M rows of N elements that Then reads or writes where the product is: they are
	// fetched while it is computed.
	Touched [3][]float32
	// SplitK sums the first and the second half of the K terms apart, so that two threads read rows of op(B) of their own
	// instead of columns. It goes with neither Bias nor Act nor Then, and changes bits.
	SplitK bool
	// Unpacked lets the rows of A be multiplied by those of a transposed B as both are stored, where there are kernels for it
	// and where packing B would cost more than it gains; each thread then has columns of its own. It pays up to FewRows.
	// Without TransB, with TransA or Then it has no effect. It changes bits.
	Unpacked bool
	// Slope, where it is not nil, makes of C, the gradient of an activation's outputs, the gradient of its inputs. It goes
	// with SplitK only.
	Slope *Slope
}

// Slope is the derivative of an activation at its outputs, as [Engine.ActivateGrad] has it.
type Slope struct {
	Act  Activation
	Y    []float32 // the outputs, M rows of N
	Sums []float32 // receives the sum of each column of C, N values: the gradient of a bias; may be nil
}

// BlockTask is what is done with blocks of a product once they are computed.
type BlockTask interface {
	// Block works on some columns of some rows, which no other call is given: values, row by row, are gone when it returns.
	Block(row, rowEnd, col, colEnd int, values []float32)
}

// Gemm computes g. As in BLAS, Beta = 0 overwrites C whatever it holds, and Alpha = 0 leaves A and B unread;
// apart from these, NaN and infinities propagate as in the formula. C must not overlap A, B, Bias or the Slope's.
// It allocates nothing in the steady state and panics where dimensions, strides and lengths do not fit together.
func (e *Engine) Gemm(g *Gemm) {
	g.check()
	if g.M == 0 || g.N == 0 {
		if g.Slope != nil {
			clear(g.Slope.Sums)
		}
		return
	}
	if g.SplitK {
		h := e.halves.get()
		h.prepare(e, g)
		e.Do(h)
		h.end()
		e.halves.put(h)
		return
	}
	j := e.jobs.get()
	j.prepare(e, *g)
	e.Do(j)
	j.end()
	e.jobs.put(j)
}

// Prepare plans a product that is computed again and again, each time from what its matrices hold then. It is for
// [Engine.Do], or to run beside other work; two runs of it must not overlap.
func (e *Engine) Prepare(g *Gemm) Work {
	g.check()
	switch {
	case g.M == 0 || g.N == 0:
		panic(fmt.Sprintf("kernel: Prepare of an empty product: m=%d n=%d", g.M, g.N))
	case g.SplitK:
		h := new(gemmHalves)
		h.prepare(e, g)
		return h
	}
	j := new(gemmJob)
	j.prepare(e, *g)
	return j
}

// check panics where g is inconsistent.
func (g *Gemm) check() {
	if g.M < 0 || g.N < 0 || g.K < 0 {
		panic(fmt.Sprintf("kernel: Gemm with a negative dimension: m=%d n=%d k=%d", g.M, g.N, g.K))
	}
	rowsA, colsA := g.M, g.K
	if g.TransA {
		rowsA, colsA = g.K, g.M
	}
	rowsB, colsB := g.K, g.N
	if g.TransB {
		rowsB, colsB = g.N, g.K
	}
	checkMatrix("A", rowsA, colsA, g.LDA, len(g.A))
	checkMatrix("B", rowsB, colsB, g.LDB, len(g.B))
	if g.Then == nil {
		checkMatrix("C", g.M, g.N, g.LDC, len(g.C))
	} else if g.Beta != 0 || g.SplitK {
		panic(fmt.Sprintf("kernel: Gemm with Then, which goes with neither beta %g nor SplitK %t", g.Beta, g.SplitK))
	}
	for _, m := range g.Touched {
		if m != nil && (g.Then == nil || len(m) != g.M*g.N) {
			panic(fmt.Sprintf("kernel: Gemm that touches %d elements with m=%d n=%d, Then %t", len(m), g.M, g.N, g.Then != nil))
		}
	}
	if g.SplitK && (g.Bias != nil || g.Act != Identity) {
		panic("kernel: Gemm with SplitK, which goes with neither a bias nor an activation")
	}
	if s := g.Slope; s != nil {
		if !g.SplitK {
			panic("kernel: Gemm with Slope, which goes with SplitK only")
		}
		if len(s.Y) != g.M*g.N || s.Sums != nil && len(s.Sums) != g.N || s.Act > LeakyRelu {
			panic(fmt.Sprintf("kernel: Gemm with a slope of activation %d, %d outputs and %d sums for m=%d n=%d", s.Act, len(s.Y), len(s.Sums), g.M, g.N))
		}
	}
	if g.Bias != nil && len(g.Bias) < g.N {
		panic(fmt.Sprintf("kernel: Gemm with %d bias elements for n=%d", len(g.Bias), g.N))
	}
	if g.Act > LeakyRelu {
		panic(fmt.Sprintf("kernel: Gemm with unknown activation %d", g.Act))
	}
}

func checkMatrix(name string, rows, cols, stride, length int) {
	if rows == 0 || cols == 0 {
		return
	}
	if stride < cols {
		panic(fmt.Sprintf("kernel: Gemm: stride %d of %s is less than its %d columns", stride, name, cols))
	}
	if need := (rows-1)*stride + cols; length < need {
		panic(fmt.Sprintf("kernel: Gemm: %s of %d rows and %d columns with stride %d needs %d elements, has %d",
			name, rows, cols, stride, need, length))
	}
}
