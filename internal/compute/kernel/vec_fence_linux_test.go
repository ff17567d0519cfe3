package kernel

import (
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// A fence is memory between two pages that cannot be touched.
type fence struct{ usable []byte }

func newFence(t *testing.T, size int) fence {
	t.Helper()
	page := syscall.Getpagesize()
	size = (size + page - 1) / page * page
	memory, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	for _, outside := range [][]byte{memory[:page], memory[page+size:]} {
		if err := syscall.Mprotect(outside, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return fence{memory[page : page+size]}
}

// floats returns n elements that begin where the fence begins, or end where it ends.
func (f fence) floats(n int, atEnd bool) []float32 {
	all := unsafe.Slice((*float32)(unsafe.Pointer(&f.usable[0])), len(f.usable)/4)
	if atEnd {
		return all[len(all)-n:]
	}
	return all[:n:n]
}

func (f fence) bytes(n int, atEnd bool) []byte {
	if atEnd {
		return f.usable[len(f.usable)-n:]
	}
	return f.usable[:n:n]
}

// Products of all forms, with each matrix against memory that must not be touched.
func TestGemmTouchesNothingOutside(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const m, n, k = 8, 9, 50
	a, b, c, bias := newFence(t, 4*m*k), newFence(t, 4*k*n), newFence(t, 4*m*n), newFence(t, 4*n)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, form := range []Gemm{{}, {TransA: true}, {TransB: true}, {TransA: true, TransB: true}, {SplitK: true}, {TransB: true, Unpacked: true}} {
			for rows := 1; rows <= m; rows++ {
				for cols := 1; cols <= n; cols++ {
					for terms := 1; terms <= k; terms += 7 {
						for _, atEnd := range []bool{false, true} {
							g := form
							g.M, g.N, g.K, g.Alpha, g.Beta = rows, cols, terms, 1, 1
							g.A, g.B, g.C = a.floats(rows*terms, atEnd), b.floats(terms*cols, atEnd), c.floats(rows*cols, atEnd)
							g.LDA, g.LDB, g.LDC = terms, cols, cols
							if g.TransA {
								g.LDA = rows
							}
							if g.TransB {
								g.LDB = terms
							}
							if !g.SplitK {
								g.Bias = bias.floats(cols, atEnd)
							}
							e.Gemm(&g)
						}
					}
				}
			}
		}
	})
}

// Every function, on every short length, with its slices against memory that must not be touched: a read or
// write outside of them faults.
func TestNothingOutsideTheSlicesIsTouched(t *testing.T) {
	const longest = 200
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var fences [4]fence
	for i := range fences {
		fences[i] = newFence(t, 4*longest)
	}
	pixels := newFence(t, longest)
	key := Key{Seed: 1}
	step := AdamStep{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 1, Correction2: 1}
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for n := range longest + 1 {
			for _, atEnd := range []bool{false, true} {
				a, b := fences[0].floats(n, atEnd), fences[1].floats(n, atEnd)
				c, d := fences[2].floats(n, atEnd), fences[3].floats(n, atEnd)
				bytes := pixels.bytes(n, atEnd)
				for _, f := range vectorFunctions() {
					f.apply(e, a, b)
				}
				for _, activation := range namedActivations() {
					e.ActivateGrad(activation, a, b, c)
				}
				e.Bernoulli(nil, a, b)
				e.Bernoulli(c, a, b)
				e.Accumulate(a, b)
				e.AccumulateScaled(a, 2, b)
				e.Scale(a, 2, b)
				e.Mul(a, b, c)
				e.Sum(a)
				e.Adam(a, b, c, d, step)
				step.Max = !step.Max
				e.Adam(a, b, c, d, step)
				e.ScaleBytes(a, bytes)
				e.ThresholdBytes(a, bytes)
				for _, pos := range []uint64{0, 37} {
					e.Words(asWords(a), key, pos)
					e.Uniform(a, key, pos)
					e.Normal(a, key, pos)
					e.BernoulliBytes(a, bytes, key, pos)
					e.BernoulliProbs(a, b, key, pos)
				}
			}
		}
	})
}

// Nested products of every width, with each operand against memory that must not be touched.
func TestNestedTouchesNothingOutside(t *testing.T) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	const m, n, k = 15, 35, 5
	a, b, c, line, gate := newFence(t, 4*4*m*k), newFence(t, 4*4*n*k), newFence(t, 4*2*m*n), newFence(t, 4*n), newFence(t, 4*2*m*n)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for rows := 1; rows <= m; rows++ {
			for cols := 1; cols <= n; cols++ {
				for _, atEnd := range []bool{false, true} {
					p := &Nested{M: rows, Repeats: 2, N: cols, K: k, Segs: 2, Blks: 1, ACol: 1, ARow: k, ALine: rows * k, ASeg: 2 * rows * k,
						BRow: cols, BSeg: k * cols, CRow: cols, CLine: rows * cols, Add: true, Relu: true}
					p.A, p.B, p.C = a.floats(4*rows*k, atEnd), b.floats(2*k*cols, atEnd), c.floats(2*rows*cols, atEnd)
					p.Bias, p.Sums, p.Gate = line.floats(cols, atEnd), line.floats(cols, atEnd), gate.floats(2*rows*cols, atEnd)
					e.Nested(p)
				}
			}
		}
	})
}
