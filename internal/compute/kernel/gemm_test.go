package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// forEachKernel runs f once for every kernel level this CPU supports.
func forEachKernel(t *testing.T, f func(t *testing.T, level string)) {
	for _, level := range Supported() {
		t.Run(level, func(t *testing.T) { f(t, level) })
	}
}

// guarded is a slice inside a larger one whose other elements must stay as they are.
type guarded struct {
	whole []float32
	inner []float32
}

const guard = 37 // elements on either side; odd, so that the inner slice is not aligned

// canary returns the bits of a signalling NaN that depend on the position, so that any copy of it shows.
func canary(i int) float32 { return math.Float32frombits(0x7fa00000 | uint32(i)&0xffff) }

func newGuarded(n int) guarded {
	g := guarded{whole: make([]float32, n+2*guard)}
	for i := range g.whole {
		g.whole[i] = canary(i)
	}
	g.inner = g.whole[guard : guard+n : guard+n]
	return g
}

// newMatrix returns a matrix of random elements; what lies between its rows are canaries.
func newMatrix(r *rand.Rand, rows, cols, stride int) guarded {
	if rows == 0 || cols == 0 {
		return newGuarded(0)
	}
	g := newGuarded((rows-1)*stride + cols)
	for i := range rows {
		for j := range cols {
			g.inner[i*stride+j] = float32(r.NormFloat64())
		}
	}
	return g
}

// failer is a test, of package testing or of rapid.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkGuards reports canaries that changed: around the matrix and between its rows.
func (g guarded) checkGuards(t failer, name string, rows, cols, stride int) {
	t.Helper()
	for i, v := range g.whole {
		at := i - guard
		if at >= 0 && at < len(g.inner) && stride > 0 && at%stride < cols && at/stride < rows {
			continue
		}
		if math.Float32bits(v) != math.Float32bits(canary(i)) {
			t.Fatalf("%s: element %d, outside the %dx%d matrix of stride %d, was overwritten with %v", name, at, rows, cols, stride, v)
		}
	}
}

// gemmCase is a product with its operands in guarded memory.
type gemmCase struct {
	Gemm
	a, b, c, bias guarded
	before        []float32
}

func storedShape(trans bool, rows, cols int) (int, int) {
	if trans {
		return cols, rows
	}
	return rows, cols
}

// newGemmCase fills in g's operands; g's strides are taken as additions to the least possible ones.
func newGemmCase(r *rand.Rand, g Gemm, withBias bool) *gemmCase {
	c := &gemmCase{Gemm: g}
	rowsA, colsA := storedShape(g.TransA, g.M, g.K)
	rowsB, colsB := storedShape(g.TransB, g.K, g.N)
	c.LDA, c.LDB, c.LDC = colsA+g.LDA, colsB+g.LDB, g.N+g.LDC
	c.a = newMatrix(r, rowsA, colsA, c.LDA)
	c.b = newMatrix(r, rowsB, colsB, c.LDB)
	c.c = newMatrix(r, g.M, g.N, c.LDC)
	c.A, c.B, c.C = c.a.inner, c.b.inner, c.c.inner
	if withBias {
		c.bias = newMatrix(r, 1, g.N, g.N)
		c.Bias = c.bias.inner
	}
	c.before = append([]float32(nil), c.C...)
	return c
}

func (c *gemmCase) String() string {
	return fmt.Sprintf("m=%d n=%d k=%d transA=%v transB=%v lda=%d ldb=%d ldc=%d alpha=%v beta=%v bias=%v act=%d splitK=%v unpacked=%v",
		c.M, c.N, c.K, c.TransA, c.TransB, c.LDA, c.LDB, c.LDC, c.Alpha, c.Beta, c.Bias != nil, c.Act, c.SplitK, c.Unpacked)
}

func (c *gemmCase) opA(i, p int) float64 {
	if c.TransA {
		return float64(c.A[p*c.LDA+i])
	}
	return float64(c.A[i*c.LDA+p])
}

func (c *gemmCase) opB(p, j int) float64 {
	if c.TransB {
		return float64(c.B[j*c.LDB+p])
	}
	return float64(c.B[p*c.LDB+j])
}

// want returns element (i, j) of the result in float64 and a bound on the error of computing it in float32.
func (c *gemmCase) want(i, j int) (value, bound float64) {
	var sum, size float64
	if c.Alpha != 0 {
		for p := range c.K {
			term := float64(c.Alpha) * c.opA(i, p) * c.opB(p, j)
			sum += term
			size += math.Abs(term)
		}
	}
	if c.Beta != 0 {
		term := float64(c.Beta) * float64(c.before[i*c.LDC+j])
		sum += term
		size += math.Abs(term)
	}
	if c.Bias != nil {
		sum += float64(c.Bias[j])
		size += math.Abs(float64(c.Bias[j]))
	}
	if c.Act == Relu && sum < 0 {
		sum = 0
	}
	const unit = 1.0 / (1 << 24)
	return sum, float64(c.K+4) * unit * size // Higham, Accuracy and Stability of Numerical Algorithms, 3.5
}

// check compares C with the reference: every element, or of large products so many that it ends soon.
func (c *gemmCase) check(t *testing.T) {
	t.Helper()
	const most = 1 << 18 // terms computed
	for e := 0; e < c.M*c.N; e += 1 + c.M*c.N*c.K/most {
		i, j := e/c.N, e%c.N
		got := float64(c.C[i*c.LDC+j])
		want, bound := c.want(i, j)
		if !(math.Abs(got-want) <= bound) {
			t.Fatalf("%v: C[%d,%d] = %v, want %v within %v", c, i, j, got, want, bound)
		}
	}
	c.checkAllGuards(t)
}

func (c *gemmCase) checkAllGuards(t *testing.T) {
	t.Helper()
	rowsA, colsA := storedShape(c.TransA, c.M, c.K)
	rowsB, colsB := storedShape(c.TransB, c.K, c.N)
	c.a.checkGuards(t, c.String()+": A", rowsA, colsA, c.LDA)
	c.b.checkGuards(t, c.String()+": B", rowsB, colsB, c.LDB)
	c.c.checkGuards(t, c.String()+": C", c.M, c.N, c.LDC)
	if c.Bias != nil {
		c.bias.checkGuards(t, c.String()+": bias", 1, c.N, c.N)
	}
}

// randomGemm draws a product whose sizes lie around the kernels' and the driver's edges.
func randomGemm(r *rand.Rand) (g Gemm, withBias bool) {
	size := func(most int) int {
		switch r.IntN(4) {
		case 0:
			return r.IntN(4)
		case 1:
			return r.IntN(40)
		default:
			return r.IntN(most)
		}
	}
	factor := []float32{0, 1, 1, 1, -1, 0.5, 2.25}
	stride := []int{0, 0, 1, 5, 64}
	g = Gemm{
		TransA: r.IntN(2) == 0, TransB: r.IntN(2) == 0,
		M: size(300), N: size(150), K: size(200),
		Alpha: factor[r.IntN(len(factor))], Beta: factor[r.IntN(len(factor))],
		LDA: stride[r.IntN(len(stride))], LDB: stride[r.IntN(len(stride))], LDC: stride[r.IntN(len(stride))],
	}
	g.Unpacked = r.IntN(3) == 0
	if r.IntN(3) == 0 {
		g.SplitK = true
		return g, false
	}
	if r.IntN(3) == 0 {
		g.Act = Relu
	}
	return g, r.IntN(2) == 0
}

// takenBlocks is a BlockTask that keeps what it is given.
type takenBlocks struct {
	mu     sync.Mutex
	n      int
	values []float32
	times  []int // that each element was given
}

func (b *takenBlocks) Block(row, rowEnd, col, colEnd int, values []float32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, v := range values {
		at := (row+i/(colEnd-col))*b.n + col + i%(colEnd-col)
		b.values[at] = v
		b.times[at]++
	}
}

func slopeOf(act Activation, outputs, sums int) *Slope {
	return &Slope{Act: act, Y: make([]float32, outputs), Sums: make([]float32, sums)}
}

// A slope multiplies every element by the activation's derivative and sums the columns of what comes of it, with the same
// bits on any number of threads.
func TestGemmAppliesASlope(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		var engines []*Engine
		for _, threads := range []int{1, 2, 3, 8} {
			engines = append(engines, newTestEngine(t, Options{Kernel: level, Threads: threads}))
		}
		r := rand.New(rand.NewPCG(29, 30))
		for range 80 {
			g, _ := randomGemm(r)
			g.SplitK, g.Act = true, Identity
			c := newGemmCase(r, g, false)
			engines[0].Gemm(&c.Gemm)
			plain := slices.Clone(c.C)
			c.Slope = slopeOf(Activation(r.IntN(int(LeakyRelu)+1)), c.M*c.N, c.N)
			for i := range c.Slope.Y {
				c.Slope.Y[i] = r.Float32()*2 - 1
			}
			var first []float32
			for _, e := range engines {
				copy(c.C, c.before)
				for j := range c.Slope.Sums {
					c.Slope.Sums[j] = float32(math.NaN())
				}
				e.Gemm(&c.Gemm)
				c.checkAllGuards(t)
				got := append(slices.Clone(c.C), c.Slope.Sums...)
				if first == nil {
					first = got
				}
				sameBits(t, fmt.Sprintf("%v on %d threads, slope of activation %d", c, e.Threads(), c.Slope.Act), got, first)
			}
			want := make([]float32, c.N)
			for j := range c.N {
				var sum, size float64
				for i := range c.M {
					engines[0].ActivateGrad(c.Slope.Act, want[j:j+1], c.Slope.Y[i*c.N+j:][:1], plain[i*c.LDC+j:][:1])
					got := c.C[i*c.LDC+j]
					if !(math.Abs(float64(got-want[j])) <= 1e-6*math.Abs(float64(want[j]))) {
						t.Fatalf("%v, activation %d: C[%d,%d] = %v, want %v", c, c.Slope.Act, i, j, got, want[j])
					}
					sum += float64(got)
					size += math.Abs(float64(got))
				}
				if !(math.Abs(float64(c.Slope.Sums[j])-sum) <= float64(c.M)*size/(1<<24)) {
					t.Fatalf("%v: sum %d is %v, want %v", c, j, c.Slope.Sums[j], sum)
				}
			}
		}
	})
}

// A prepared product has the bits of Gemm, each time of what its matrices hold then, and beside others too.
func TestPreparedProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 32))
	for _, threads := range []int{1, 2, 3, 8} {
		e := newTestEngine(t, Options{Threads: threads})
		var works []Work
		var products []*gemmCase
		for len(works) < 40 {
			g, withBias := randomGemm(r)
			if g.M == 0 || g.N == 0 {
				continue
			}
			c := newGemmCase(r, g, withBias)
			if c.SplitK && r.IntN(2) == 0 {
				c.Slope = slopeOf(Tanh, c.M*c.N, c.N)
			}
			works, products = append(works, e.Prepare(&c.Gemm)), append(products, c)
		}
		for run := range 3 {
			var want [][]float32
			for _, c := range products {
				for i := range c.A {
					c.A[i] += float32(run)
				}
				before := slices.Clone(c.C)
				e.Gemm(&c.Gemm)
				want = append(want, slices.Clone(c.C))
				copy(c.C, before)
			}
			var parts []Part
			for _, w := range works {
				parts = append(parts, Part{Chunks: w.Start(), Task: w})
			}
			e.RunTogether(parts)
			for i, w := range works {
				w.Finish()
				sameBits(t, fmt.Sprintf("%v, run %d on %d threads", products[i], run, threads), products[i].C, want[i])
			}
		}
		if n := testing.AllocsPerRun(5, func() {
			for _, w := range works {
				e.Do(w)
			}
		}); n != 0 {
			t.Errorf("%d threads: %g allocations a run", threads, n)
		}
	}
}

// A BlockTask gets every element once, with the bits that C would have had, and C is left alone.
func TestGemmHandsBlocksOn(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(19, 20))
		for _, threads := range []int{1, 2, 3, 8} {
			e := newTestEngine(t, Options{Kernel: level, Threads: threads})
			for range 60 {
				g, withBias := randomGemm(r)
				g.Beta, g.SplitK = 0, false
				if r.IntN(4) == 0 {
					g.N, g.K = 1000+r.IntN(1500), r.IntN(20) // blocks beside each other
				}
				c := newGemmCase(r, g, withBias)
				taken := &takenBlocks{n: c.N, values: make([]float32, c.M*c.N), times: make([]int, c.M*c.N)}
				c.Then = taken
				if r.IntN(2) == 0 { // what is touched is fetched, and not changed
					c.Touched = [3][]float32{taken.values, make([]float32, c.M*c.N)}
				}
				e.Gemm(&c.Gemm)
				c.checkAllGuards(t)
				for i, v := range c.C {
					if math.Float32bits(v) != math.Float32bits(c.before[i]) {
						t.Fatalf("%v: element %d of C became %v", c, i, v)
					}
				}
				c.Then, c.Unpacked, c.Touched = nil, false, [3][]float32{}
				e.Gemm(&c.Gemm)
				for i, v := range taken.values {
					if want := c.C[i/c.N*c.LDC+i%c.N]; math.Float32bits(v) != math.Float32bits(want) {
						t.Fatalf("%v on %d threads: row %d, column %d is %v, in C %v", c, threads, i/c.N, i%c.N, v, want)
					}
				}
				for i, n := range taken.times {
					if n != 1 {
						t.Fatalf("%v: element %d was given %d times", c, i, n)
					}
				}
			}
		}
	})
}

func TestGemmAgainstFloat64(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(1, 2))
		engines := []*Engine{
			newTestEngine(t, Options{Kernel: level, Threads: 1}),
			newTestEngine(t, Options{Kernel: level, Threads: 3}),
		}
		for i := range 200 {
			g, withBias := randomGemm(r)
			c := newGemmCase(r, g, withBias)
			engines[i%2].Gemm(&c.Gemm)
			c.check(t)
		}
	})
}

// Every height and width of tile, with sums that end at every place of an unrolled loop.
func TestGemmEveryTile(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(3, 4))
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		for m := 1; m <= 15; m++ {
			for n := 1; n <= 34; n++ {
				g := Gemm{M: m, N: n, K: (m + n) % 10, Alpha: 1, Beta: float32(n % 2), TransA: m%2 == 0, TransB: n%3 == 0}
				c := newGemmCase(r, g, true)
				e.Gemm(&c.Gemm)
				c.check(t)
			}
		}
	})
}

// Every height of tile of the kernels that read B as it is stored, with every number of columns left over, and sums that
// end everywhere in a vector and in the unrolled loop.
func TestGemmEveryUnpackedTile(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(23, 24))
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		for m := 1; m <= 13; m++ {
			for n := 1; n <= 9; n++ {
				for i, k := range []int{0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 1025, 2100} {
					g := Gemm{M: m, N: n, K: k, Alpha: 1, Beta: float32(i % 2), TransB: true, Unpacked: true, Act: Activation(n % 2)}
					c := newGemmCase(r, g, (m+n)%2 == 0)
					e.Gemm(&c.Gemm)
					c.check(t)
				}
			}
		}
	})
}

// Sizes at which the driver sums in several steps, copies A, or packs B once for all chunks.
func TestGemmLargeOrAwkward(t *testing.T) {
	cases := []Gemm{
		{M: 33, N: 70, K: 2100, TransB: true},
		{M: 33, N: 70, K: 2100, TransA: true, Beta: 1},
		{M: 40, N: 65, K: 512},
		{M: 40, N: 512, K: 100, TransB: true},
		{M: 70, N: 512, K: 100},
		{M: 600, N: 90, K: 50, TransB: true},
		{M: 600, N: 90, K: 1025, TransB: true, Beta: -1},
		{M: 512, N: 40, K: 60, TransA: true},
		{M: 1000, N: 33, K: 1},
		{M: 20, N: 70, K: 512, TransB: true, Unpacked: true},
		{M: 20, N: 70, K: 2048, TransB: true, Unpacked: true, Beta: 1},
		{M: 150, N: 70, K: 90, TransB: true, Unpacked: true},
		{M: 20, N: 70, K: 4200, SplitK: true},
		{M: 20, N: 70, K: 4200, SplitK: true, TransB: true},
		{M: 70, N: 512, K: 4096, SplitK: true, TransA: true},
		{M: 70, N: 512, K: 4200, SplitK: true, Beta: 1},
		{M: 300, N: 512, K: 2050, SplitK: true, TransB: true},
	}
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(5, 6))
		for _, threads := range []int{1, 2} {
			e := newTestEngine(t, Options{Kernel: level, Threads: threads})
			for _, g := range cases {
				g.Alpha = 1
				c := newGemmCase(r, g, !g.SplitK)
				e.Gemm(&c.Gemm)
				c.check(t)
			}
		}
	})
}

func TestGemmActivations(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(7, 8))
		e := newTestEngine(t, Options{Kernel: level, Threads: 2})
		for act := Identity; act <= LeakyRelu; act++ {
			plain := newGemmCase(r, Gemm{M: 30, N: 75, K: 1030, Alpha: 0.05, TransB: true}, true)
			e.Gemm(&plain.Gemm)
			want := append([]float32(nil), plain.C...)
			for i := range plain.M {
				e.vec.activate(act, want[i*plain.LDC:][:plain.N])
			}
			plain.Act = act
			e.Gemm(&plain.Gemm)
			for i := range want {
				if plain.C[i] != want[i] {
					t.Fatalf("activation %d: element %d is %v, want %v", act, i, plain.C[i], want[i])
				}
			}
		}
	})
}

func TestGemmSameBitsForAnyThreads(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(9, 10))
		shapes := []Gemm{
			{M: 128, N: 200, K: 784, TransB: true}, {M: 128, N: 200, K: 400}, {M: 400, N: 200, K: 128, TransA: true},
			{M: 128, N: 40, K: 400, TransB: true}, {M: 20, N: 200, K: 784, TransB: true}, {M: 600, N: 200, K: 50, TransB: true},
			{M: 7, N: 1200, K: 1030}, {M: 20, N: 200, K: 785, SplitK: true},
			{M: 20, N: 203, K: 785, TransB: true, Unpacked: true},
		}
		for _, g := range shapes {
			g.Alpha = 1
			c := newGemmCase(r, g, !g.SplitK)
			var want []float32
			for _, threads := range []int{1, 2, 3, 8} {
				e := newTestEngine(t, Options{Kernel: level, Threads: threads})
				e.Gemm(&c.Gemm)
				if want == nil {
					want = append(want, c.C...)
				}
				for i := range want {
					if math.Float32bits(want[i]) != math.Float32bits(c.C[i]) {
						t.Fatalf("%v: element %d is %v with %d threads, %v with 1", c, i, c.C[i], threads, want[i])
					}
				}
			}
		}
	})
}

// A row's bits must not depend on how many rows are computed with it: a batch gives what its images give singly.
func TestGemmSameBitsForAnyBatch(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(11, 12))
		e := newTestEngine(t, Options{Kernel: level, Threads: 2})
		c := newGemmCase(r, Gemm{M: 300, N: 70, K: 1100, Alpha: 1, TransB: true}, true)
		e.Gemm(&c.Gemm)
		for _, m := range []int{1, 5, 20, 128} {
			few := c.Gemm
			few.M = m
			few.C = make([]float32, m*few.LDC)
			e.Gemm(&few)
			for i, v := range few.C {
				if math.Float32bits(v) != math.Float32bits(c.C[i]) {
					t.Fatalf("element %d is %v among %d rows, %v among %d", i, v, m, c.C[i], c.M)
				}
			}
		}
	})
}

func TestGemmNaNAndInf(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	forEachKernel(t, func(t *testing.T, level string) {
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		for _, stored := range []Gemm{{}, {TransB: true}, {TransB: true, Unpacked: true}} {
			// one is an element of a row whose elements are all computed from the same numbers.
			one := func(a0, a1, b0, b1, beta, c float32, act Activation) float32 {
				const n = 5
				g := stored
				g.M, g.N, g.K, g.Alpha, g.Beta, g.Act = 1, n, 2, 1, beta, act
				g.A, g.LDA, g.LDB, g.LDC = []float32{a0, a1}, 2, n, n
				g.B, g.C = make([]float32, 2*n), make([]float32, n)
				if g.TransB {
					g.LDB = 2
				}
				for i := range n {
					g.C[i] = c
					if g.TransB {
						g.B[2*i], g.B[2*i+1] = b0, b1
					} else {
						g.B[i], g.B[n+i] = b0, b1
					}
				}
				e.Gemm(&g)
				for _, v := range g.C[1:] {
					if v != g.C[0] && !(v != v && g.C[0] != g.C[0]) {
						t.Errorf("%+v: a row of %v", stored, g.C)
					}
				}
				return g.C[0]
			}
			tests := []struct {
				name      string
				got, want float32
			}{
				{"beta 0 overwrites NaN", one(1, 2, 3, 4, 0, nan, Identity), 11},
				{"beta -0 overwrites NaN", one(1, 2, 3, 4, float32(math.Copysign(0, -1)), nan, Identity), 11},
				{"beta 1 keeps NaN", one(1, 2, 3, 4, 1, nan, Identity), nan},
				{"zero times infinity", one(0, 1, inf, 1, 0, 0, Identity), nan},
				{"zero times NaN", one(1, 0, 1, nan, 0, 0, Identity), nan},
				{"infinity", one(1, 1, -inf, 1, 0, 0, Identity), -inf},
				{"infinities of both signs", one(1, 1, -inf, inf, 0, 0, Identity), nan},
				{"relu of NaN", one(1, 0, 1, nan, 0, 0, Relu), nan},
				{"relu of infinity", one(1, 1, inf, 1, 0, 0, Relu), inf},
				{"relu of minus infinity", one(1, 1, -inf, 1, 0, 0, Relu), 0},
				{"beta times infinity", one(1, 1, 1, 1, -1, inf, Identity), -inf},
			}
			for _, tt := range tests {
				if tt.got != tt.want && !(tt.got != tt.got && tt.want != tt.want) {
					t.Errorf("%s, B transposed %t, unpacked %t: %v, want %v", tt.name, stored.TransB, stored.Unpacked, tt.got, tt.want)
				}
			}
		}
	})
}

// One NaN in B must spoil its own column only, whatever the tile and the packing; one in A its own row.
func TestGemmNaNStaysInItsRowAndColumn(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(13, 14))
		e := newTestEngine(t, Options{Kernel: level, Threads: 2})
		for _, g := range []Gemm{{}, {TransB: true}, {TransB: true, Unpacked: true}} {
			g.M, g.N, g.K, g.Alpha = 50, 77, 40, 1
			c := newGemmCase(r, g, false)
			const row, col = 17, 76
			if c.TransB {
				c.B[col*c.LDB+3] = float32(math.NaN())
			} else {
				c.B[3*c.LDB+col] = float32(math.NaN())
			}
			c.A[row*c.LDA+5] = float32(math.NaN())
			e.Gemm(&c.Gemm)
			for i := range c.M {
				for j := range c.N {
					if isNaN := c.C[i*c.LDC+j] != c.C[i*c.LDC+j]; isNaN != (i == row || j == col) {
						t.Fatalf("%v: C[%d,%d] = %v", c, i, j, c.C[i*c.LDC+j])
					}
				}
			}
		}
	})
}

func TestGemmAllocatesNothing(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(15, 16))
		e := newTestEngine(t, Options{Kernel: level, Threads: 2})
		c := newGemmCase(r, Gemm{M: 64, N: 90, K: 512, Alpha: 1, TransB: true, Act: Tanh}, true)
		halves := newGemmCase(r, Gemm{M: 20, N: 90, K: 300, Alpha: 1, SplitK: true, Slope: slopeOf(Tanh, 20*90, 90)}, false)
		both := func() { e.Gemm(&c.Gemm); e.Gemm(&halves.Gemm) }
		both()
		if n := testing.AllocsPerRun(20, both); n != 0 {
			t.Errorf("Gemm allocates %v times", n)
		}
	})
}

func TestGemmPanicsOnMisfit(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 1})
	good := Gemm{M: 2, N: 3, K: 4, Alpha: 1, A: make([]float32, 8), LDA: 4, B: make([]float32, 12), LDB: 3,
		C: make([]float32, 6), LDC: 3}
	e.Gemm(&good)
	tests := map[string]func(g *Gemm){
		"negative m":  func(g *Gemm) { g.M = -1 },
		"short A":     func(g *Gemm) { g.A = g.A[:7] },
		"short B":     func(g *Gemm) { g.B = g.B[:11] },
		"short C":     func(g *Gemm) { g.C = g.C[:5] },
		"stride of A": func(g *Gemm) { g.LDA = 3 },
		"stride of B": func(g *Gemm) { g.TransB = true },
		"stride of C": func(g *Gemm) { g.LDC = 2 },
		"short bias":  func(g *Gemm) { g.Bias = make([]float32, 2) },
		"activation":  func(g *Gemm) { g.Act = LeakyRelu + 1 },

		"rows handed on, added to C": func(g *Gemm) { g.Then, g.Beta = &takenBlocks{}, 1 },
		"rows handed on, in halves":  func(g *Gemm) { g.Then, g.SplitK = &takenBlocks{}, true },
		"touched, and not handed on": func(g *Gemm) { g.Touched[0] = make([]float32, g.M*g.N) },
		"touched in part":            func(g *Gemm) { g.Then, g.Touched[1] = &takenBlocks{}, make([]float32, g.M*g.N-1) },
		"halves with a bias":         func(g *Gemm) { g.SplitK, g.Bias = true, make([]float32, 3) },
		"halves with an activation":  func(g *Gemm) { g.SplitK, g.Act = true, Relu },
		"slope without halves":       func(g *Gemm) { g.Slope = slopeOf(Relu, 6, 3) },
		"slope of too few outputs":   func(g *Gemm) { g.SplitK, g.Slope = true, slopeOf(Relu, 5, 3) },
		"too few sums of a slope":    func(g *Gemm) { g.SplitK, g.Slope = true, slopeOf(Relu, 6, 2) },
		"slope of no activation":     func(g *Gemm) { g.SplitK, g.Slope = true, slopeOf(LeakyRelu+1, 6, 3) },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			g := good
			spoil(&g)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			e.Gemm(&g)
		})
	}
}

// FuzzGemm looks for shapes at which a kernel errs or leaves its operands.
func FuzzGemm(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Add(uint64(12345), uint64(99))
	engines := map[string]*Engine{}
	for _, level := range Supported() {
		engines[level] = newTestEngine(f, Options{Kernel: level, Threads: 2})
	}
	f.Fuzz(func(t *testing.T, s1, s2 uint64) {
		for _, level := range Supported() {
			r := rand.New(rand.NewPCG(s1, s2))
			g, withBias := randomGemm(r)
			c := newGemmCase(r, g, withBias)
			engines[level].Gemm(&c.Gemm)
			c.check(t)
		}
	})
}

func TestGemmFromManyGoroutines(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		e := newTestEngine(t, Options{Kernel: level, Threads: 2})
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(17, uint64(i)))
				for range 3 {
					c := newGemmCase(r, Gemm{M: 60 + i, N: 80, K: 512, Alpha: 1, TransB: i%2 == 0}, true)
					e.Gemm(&c.Gemm)
					c.check(t)
				}
			})
		}
		wg.Wait()
	})
}
