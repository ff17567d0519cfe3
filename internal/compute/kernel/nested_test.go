package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// nestedCase is a nested product with its operands in guarded memory.
type nestedCase struct {
	*Nested
	memory []guarded
	before []float32
}

// drawNested draws a product whose sizes lie around the kernels' edges, and whose rows, lines and segments may overlap as
// those of a convolution do.
func drawNested(t *rapid.T) *nestedCase {
	size := func(name string, least, most int) int { return rapid.IntRange(least, most).Draw(t, name) }
	n := &Nested{
		M: size("rows", 1, 30), Repeats: size("lines", 1, 5), N: size("columns", 1, 70),
		K: size("terms", 0, 9), Segs: size("segments", 0, 4), Blks: size("blocks", 0, 3),
		ARow: size("arow", 0, 9), ALine: size("aline", 0, 40), ACol: size("acol", 0, 5), ASeg: size("aseg", 0, 30), ABlk: size("ablk", 0, 90),
	}
	n.BRow = n.N + size("between rows of B", 0, 3)
	n.BSeg, n.BBlk = size("bseg", 0, 5*n.BRow), size("bblk", 0, 9*n.BRow)
	n.CRow = n.N + size("between rows of C", 0, 5)
	n.CLine = n.M*n.CRow + size("between lines of C", 0, 7)
	n.Add = rapid.Bool().Draw(t, "add")
	n.Relu = rapid.Bool().Draw(t, "relu")
	n.Slope = rapid.SampledFrom([]float32{0, 0.01, 0.5}).Draw(t, "slope")
	c := &nestedCase{Nested: n}
	r := rand.New(rand.NewPCG(uint64(n.M), uint64(n.N)))
	operand := func(length int) []float32 {
		g := newGuarded(length)
		for i := range g.inner {
			g.inner[i] = float32(r.NormFloat64())
		}
		c.memory = append(c.memory, g)
		return g.inner
	}
	n.A = operand((n.M-1)*n.ARow + (n.Repeats-1)*n.ALine + max(n.K-1, 0)*n.ACol + max(n.Segs-1, 0)*n.ASeg + max(n.Blks-1, 0)*n.ABlk + 1)
	n.B = operand(max(n.K-1, 0)*n.BRow + max(n.Segs-1, 0)*n.BSeg + max(n.Blks-1, 0)*n.BBlk + n.N)
	n.C = operand((n.M-1)*n.CRow + (n.Repeats-1)*n.CLine + n.N)
	if rapid.Bool().Draw(t, "bias") {
		n.Bias = operand(n.N)
	}
	if rapid.Bool().Draw(t, "gate") {
		n.Gate = operand(len(n.C))
	}
	if rapid.Bool().Draw(t, "sums") {
		n.Sums = operand(n.N)
	}
	c.before = slices.Clone(n.C)
	return c
}

// want returns an element of the result in float64 and a bound on the error of computing it in float32.
func (c *nestedCase) want(line, row, col int) (value, bound float64) {
	var sum, size float64
	add := func(v float64) {
		sum += v
		size += math.Abs(v)
	}
	for b := range c.Blks {
		for s := range c.Segs {
			for k := range c.K {
				a := c.A[line*c.ALine+row*c.ARow+b*c.ABlk+s*c.ASeg+k*c.ACol]
				add(float64(a) * float64(c.B[b*c.BBlk+s*c.BSeg+k*c.BRow+col]))
			}
		}
	}
	at := line*c.CLine + row*c.CRow + col
	if c.Add {
		add(float64(c.before[at]))
	}
	if c.Bias != nil {
		add(float64(c.Bias[col]))
	}
	if c.Relu && sum < 0 {
		sum *= float64(c.Slope)
	}
	if c.Gate != nil && c.Gate[at] <= 0 {
		sum *= float64(c.Slope)
	}
	const unit = 1.0 / (1 << 24)
	return sum, float64(c.terms()+6) * unit * size
}

// check compares all of C and Sums with the reference, and what lies around and between their rows with what it was.
func (c *nestedCase) check(t failer, sumsBefore []float32) {
	t.Helper()
	sums, bounds := make([]float64, c.N), make([]float64, c.N)
	given := make([]bool, len(c.C))
	for line := range c.Repeats {
		for row := range c.M {
			for col := range c.N {
				at := line*c.CLine + row*c.CRow + col
				given[at] = true
				want, bound := c.want(line, row, col)
				if got := float64(c.C[at]); !(math.Abs(got-want) <= bound) {
					t.Fatalf("%+v: line %d, row %d, column %d is %v, want %v within %v", c.sizes(), line, row, col, got, want, bound)
				}
				sums[col] += float64(c.C[at])
				bounds[col] += math.Abs(float64(c.C[at]))
			}
		}
	}
	for i, v := range c.C {
		if !given[i] && v != c.before[i] {
			t.Fatalf("%+v: element %d of C, which is in no row, became %v", c.sizes(), i, v)
		}
	}
	for col := range sumsBefore {
		want := sums[col] + float64(sumsBefore[col])
		if got := float64(c.Sums[col]); !(math.Abs(got-want) <= float64(c.M*c.Repeats)/(1<<24)*(bounds[col]+math.Abs(float64(sumsBefore[col])))) {
			t.Fatalf("%+v: sum %d is %v, want %v", c.sizes(), col, got, want)
		}
	}
	for i, g := range c.memory {
		g.checkGuards(t, fmt.Sprintf("%+v: operand %d", c.sizes(), i), 1, len(g.inner), len(g.inner))
	}
}

func TestNestedAgainstFloat64(t *testing.T) {
	for _, level := range Supported() {
		t.Run(level, func(t *testing.T) {
			e := newTestEngine(t, Options{Kernel: level, Threads: 1})
			rapid.Check(t, func(rt *rapid.T) {
				c := drawNested(rt)
				sums := slices.Clone(c.Sums)
				e.Nested(c.Nested)
				c.check(rt, sums)
			})
		})
	}
}

// Every height and width of tile, and lines of four, which are computed in pairs.
func TestNestedEveryTile(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(3, 4))
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		for m := 1; m <= 15; m++ {
			for cols := 1; cols <= 34; cols++ {
				n := &Nested{M: m, N: cols, Repeats: 1 + cols%4, K: 1 + m%6, Segs: 2, Blks: 1 + cols%2,
					ARow: 7, ALine: 7 * m, ACol: 1, ASeg: 11, ABlk: 50, BRow: cols, BSeg: 6 * cols, BBlk: 12 * cols, CRow: cols, CLine: m * cols}
				c := &nestedCase{Nested: n}
				c.A = newMatrix(r, 1, 7*m*5+100, 7*m*5+100).inner
				c.B = newMatrix(r, 24, cols, cols).inner
				c.C = newMatrix(r, n.Repeats*m, cols, cols).inner
				c.Sums, c.Gate, c.Bias = make([]float32, cols), slices.Clone(c.C), slices.Clone(c.B[:cols])
				c.before = slices.Clone(c.C)
				e.Nested(n)
				c.check(t, make([]float32, cols))
			}
		}
	})
}

// An element's bits do not depend on the tile it is computed in, hence not on how a map is cut.
func TestNestedSameBitsInAnyTile(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		r := rand.New(rand.NewPCG(5, 6))
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		const m, cols, terms = 29, 40, 37
		a, b := newMatrix(r, m, terms, terms).inner, newMatrix(r, terms, cols, cols).inner
		whole := Nested{M: m, Repeats: 1, N: cols, A: a, ARow: terms, ACol: 1, B: b, BRow: cols, K: terms, Segs: 1, Blks: 1, C: make([]float32, m*cols), CRow: cols}
		e.Nested(&whole)
		for rows := 1; rows < m; rows++ {
			part := whole
			part.M, part.C = rows, make([]float32, rows*cols)
			e.Nested(&part)
			sameBits(t, fmt.Sprintf("%d rows", rows), part.C, whole.C[:rows*cols])
		}
	})
}

func TestNestedRefusesWhatLeadsOutside(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 1})
	good := func() *Nested {
		return &Nested{M: 2, Repeats: 2, N: 3, A: make([]float32, 20), ARow: 2, ALine: 4, ACol: 1, ASeg: 6, K: 2, Segs: 2, Blks: 1,
			B: make([]float32, 12), BRow: 3, BSeg: 6, C: make([]float32, 12), CRow: 3, CLine: 6, Bias: make([]float32, 3), Gate: make([]float32, 12), Sums: make([]float32, 3)}
	}
	e.Nested(good())
	for name, spoil := range map[string]func(n *Nested){
		"A":          func(n *Nested) { n.A = n.A[:13] },
		"B":          func(n *Nested) { n.B = n.B[:11] },
		"C":          func(n *Nested) { n.C = n.C[:11] },
		"Bias":       func(n *Nested) { n.Bias = n.Bias[:2] },
		"Gate":       func(n *Nested) { n.Gate = n.Gate[:11] },
		"Sums":       func(n *Nested) { n.Sums = n.Sums[:2] },
		"a distance": func(n *Nested) { n.ASeg = -1 },
		"a size":     func(n *Nested) { n.K = -1 },
		"the slope":  func(n *Nested) { n.Slope = float32(math.NaN()) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			n := good()
			spoil(n)
			e.Nested(n)
		})
	}
}

func TestNestedAllocatesNothing(t *testing.T) {
	forEachKernel(t, func(t *testing.T, level string) {
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		n := &Nested{M: 20, Repeats: 2, N: 35, A: make([]float32, 200), ARow: 1, ALine: 1, ACol: 1, K: 9, Segs: 1, Blks: 1,
			B: make([]float32, 9*35), BRow: 35, C: make([]float32, 40*35), CRow: 35, CLine: 20 * 35}
		if allocated := testing.AllocsPerRun(10, func() { e.Nested(n) }); allocated != 0 {
			t.Errorf("%v allocations a call", allocated)
		}
	})
}
