package kernel

import (
	"math"
	"os"
	"regexp"
	"testing"
)

// check reports canaries around a vector that changed.
func (g guarded) check(t interface {
	Helper()
	Fatalf(string, ...any)
}, name string) {
	t.Helper()
	for i, v := range g.whole {
		if at := i - guard; (at < 0 || at >= len(g.inner)) && math.Float32bits(v) != math.Float32bits(canary(i)) {
			t.Fatalf("%s: element %d outside the slice was overwritten with %v", name, at, v)
		}
	}
}

// special returns arguments at which functions turn: the ends of float32 and of the functions' reductions.
func special() []float32 {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	x := []float32{0, 1, 2, 0.5, 0.75, 1.5, 9.01, 17.5, 87.33, 88.72, 88.73, 89, 103.97, 103.98, 104, 126.5, 1000, math.MaxFloat32,
		math.SmallestNonzeroFloat32, 0x1p-126, 0x1p-127, 0x1p-29, 0x1p-24, 0x1p23, 0x1p24, 1e10, inf, nan,
		math.Nextafter32(1, 0), math.Nextafter32(1, 2), math.Nextafter32(0x1p-126, 0)}
	for _, v := range x {
		x = append(x, float32(math.Copysign(float64(v), -1)))
	}
	return x
}

func TestFunctionsAtTheEndsAreAsInMath(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		x := special()
		got := make([]float32, len(x))
		for _, function := range vectorFunctions() {
			function.apply(e, got, x)
			for i, v := range x {
				want := function.exact(float64(v))
				if err := ulpError(got[i], want); err > function.ulp {
					t.Errorf("%s(%g) = %g, want %g (%.3g ulp)", function.name, v, got[i], want, err)
				}
				if want == 0 && v == 0 && function.name != "relu" && math.Signbit(float64(got[i])) != math.Signbit(want) {
					t.Errorf("%s(%g) = %g, with the wrong sign", function.name, v, got[i])
				}
			}
		}
	})
}

func TestReluNeverReturnsMinusZero(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		x := []float32{float32(math.Copysign(0, -1)), -1, float32(math.Inf(-1)), -math.SmallestNonzeroFloat32}
		e.Activate(Relu, x, x)
		for i, v := range x {
			if math.Float32bits(v) != 0 {
				t.Errorf("element %d is %g (%#x)", i, v, math.Float32bits(v))
			}
		}
	})
}

func TestTanhAndSigmoidStayInTheirRanges(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		y := make([]float32, 1<<12)
		forEachBlock(sampleStride, func(x []float32) {
			e.Tanh(y[:len(x)], x)
			for i, v := range y[:len(x)] {
				if v > 1 || v < -1 {
					t.Fatalf("tanh(%g) = %g", x[i], v)
				}
			}
			e.Sigmoid(y[:len(x)], x)
			for i, v := range y[:len(x)] {
				if v > 1 || v < 0 {
					t.Fatalf("sigmoid(%g) = %g", x[i], v)
				}
			}
		})
	})
}

// elementwise lists every function whose results depend on the elements at the same place only.
// An operand a function does not need is ignored.
func elementwise() map[string]func(e *Engine, dst, a, b []float32) {
	all := map[string]func(e *Engine, dst, a, b []float32){
		"accumulate":       func(e *Engine, dst, a, b []float32) { copy(dst, a); e.Accumulate(dst, b) },
		"accumulateScaled": func(e *Engine, dst, a, b []float32) { copy(dst, a); e.AccumulateScaled(dst, 1.7, b) },
		"scale":            func(e *Engine, dst, a, b []float32) { e.Scale(dst, 1.7, a) },
		"mul":              (*Engine).Mul,
		"multiplyAdd":      func(e *Engine, dst, a, b []float32) { e.MultiplyAdd(dst, a, b, b) },
		"silu":             func(e *Engine, dst, a, b []float32) { e.Silu(dst, a) },
		"siluGrad":         (*Engine).SiluGrad,
		"bernoulli":        func(e *Engine, dst, a, b []float32) { e.Bernoulli(dst, a, b) },
		"logisticCell":     func(e *Engine, dst, a, b []float32) { copy(dst, a); e.LogisticCell(dst, b, b, b) },
		"logisticCellGrad": func(e *Engine, dst, a, b []float32) {
			copy(dst, a)
			e.LogisticCellGrad(dst, make([]float32, len(a)), make([]float32, len(a)), b, b, b)
		},
	}
	for _, f := range vectorFunctions() {
		all[f.name] = func(e *Engine, dst, a, b []float32) { f.apply(e, dst, a) }
	}
	for name, activation := range namedActivations() {
		all[name+"Grad"] = func(e *Engine, dst, a, b []float32) { e.ActivateGrad(activation, dst, a, b) }
	}
	for name, infinityNorm := range map[string]bool{"adam": false, "adamax": true} {
		all[name] = func(e *Engine, dst, a, b []float32) {
			copy(dst, a)
			m, v := make([]float32, len(a)), make([]float32, len(a))
			copy(m, b)
			step := AdamStep{Rate: 0.1, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Correction1: 1.5, Correction2: 3, Decay: 0.3, Max: infinityNorm}
			e.Adam(dst, b, m, v, step)
		}
	}
	return all
}

// sameBits reports whether two vectors agree in every bit, any NaN counting as any other.
func sameBits(t *testing.T, name string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
			t.Fatalf("%s: element %d of %d is %g (%#x), want %g (%#x)", name, i, len(want), got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// An element's result is the same in the body of a vector loop, in its tail, and wherever a slice is cut.
func TestResultsDoNotDependOnThePlaceInASlice(t *testing.T) {
	const n = 75
	a := append(spread(n, -12, 12), special()...)
	b := append(spread(n, -2, 3), special()...)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for name, f := range elementwise() {
			want := make([]float32, len(a))
			f(e, want, a, b)
			for from := range 20 {
				for _, to := range []int{from, from + 1, from + 7, from + 16, from + 33, from + 50, len(a)} {
					got := newGuarded(to - from)
					f(e, got.inner, a[from:to], b[from:to])
					sameBits(t, name, got.inner, want[from:to])
					got.check(t, name)
				}
			}
		}
	})
}

// Longer than one call of an assembly function.
func TestLongSlices(t *testing.T) {
	const n = 2*callElements + 77
	a, b := spread(n, -12, 12), spread(n, -2, 3)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for name, f := range elementwise() {
			got, want := make([]float32, n), make([]float32, n)
			f(e, got, a, b)
			const piece = 1000
			for from := 0; from < n; from += piece {
				to := min(from+piece, n)
				f(e, want[from:to], a[from:to], b[from:to])
			}
			sameBits(t, name, got, want)
		}
	})
}

func TestFunctionsWorkInPlace(t *testing.T) {
	a, b := spread(100, -12, 12), spread(100, -2, 3)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for name, f := range elementwise() {
			want := make([]float32, len(a))
			f(e, want, a, b)
			got := append([]float32(nil), a...)
			f(e, got, got, b)
			sameBits(t, name+" over a", got, want)
		}
		for name, activation := range namedActivations() {
			want := make([]float32, len(a))
			e.ActivateGrad(activation, want, a, b)
			got := append([]float32(nil), b...)
			e.ActivateGrad(activation, got, a, got)
			sameBits(t, name+" over dy", got, want)
		}
	})
}

// All assembly comes from one description of each function and rounds alike.
func TestAssemblyKernelsAgreeBitForBit(t *testing.T) {
	native := nativeLevels()
	if len(native) < 2 {
		t.Skip("one assembly kernel or none on this CPU")
	}
	a, b := make([]float32, 1<<12), spread(1<<12, -2, 3)
	var engines []*Engine
	for _, level := range native {
		e, err := New(Options{Kernel: level, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		engines = append(engines, e)
	}
	for name, f := range elementwise() {
		forEachBlock(10*sampleStride, func(x []float32) {
			a = append(a[:0], x...)
			want, got := make([]float32, len(a)), make([]float32, len(a))
			f(engines[0], want, a, b[:len(a)])
			for _, e := range engines[1:] {
				f(e, got, a, b[:len(a)])
				sameBits(t, name, got, want)
			}
		})
	}
	for name, draw := range noiseFunctions() {
		want, got := make([]float32, 3000), make([]float32, 3000)
		draw(engines[0], want, Key{Seed: 4}, 17)
		draw(engines[1], got, Key{Seed: 4}, 17)
		sameBits(t, name, got, want)
	}
}

// Assemblers encode a register above 15 with AVX-512 instructions without a word.
func TestAVX2AssemblyStaysWithinAVX2(t *testing.T) {
	source, err := os.ReadFile("vec_avx2_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`).Find(source); found != nil {
		t.Errorf("register %s needs AVX-512", found)
	}
}

func TestActivationGradients(t *testing.T) {
	const rounding = 4e-7 // what y's rounding moves a derivative that nears 0 while y nears 1
	cases := map[string]struct {
		activation Activation
		derivative func(x float64) float64
		absolute   float64 // error allowed per unit of dy, on top of a relative one
		far        []float32
	}{
		"identity":  {Identity, func(x float64) float64 { return 1 }, 0, []float32{-1e30, 1e30}},
		"relu":      {Relu, func(x float64) float64 { return boolFloat(x > 0) }, 0, []float32{-1e30, -1e-30, 1e-30, 1e30}},
		"tanh":      {Tanh, func(x float64) float64 { y := math.Tanh(x); return 1 - y*y }, rounding, nil},
		"softplus":  {Softplus, exactSigmoid, 0, []float32{-80, -30, -10, 30, 1000}},
		"elu":       {Elu, func(x float64) float64 { return math.Exp(math.Min(x, 0)) }, rounding, []float32{-30, 30}},
		"leakyRelu": {LeakyRelu, func(x float64) float64 { return max(boolFloat(x > 0), Leak) }, 0, []float32{-1e30, 1e30}},
		"sigmoid":   {Sigmoid, func(x float64) float64 { y := exactSigmoid(x); return y * (1 - y) }, rounding, []float32{-30}},
	}
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for name, c := range cases {
			x := append(append(spread(200, -4, 4), 0, 1e-4, -1e-4, 1e-8), c.far...)
			y, dy, dx := make([]float32, len(x)), spread(len(x), -3, 3), make([]float32, len(x))
			e.Activate(c.activation, y, x)
			e.ActivateGrad(c.activation, dx, y, dy)
			for i, v := range x {
				want := float64(dy[i]) * c.derivative(float64(v))
				if math.Abs(float64(dx[i])-want) > 1e-6*math.Abs(want)+c.absolute*math.Abs(float64(dy[i])) {
					t.Errorf("%s at %g: %g, want %g", name, v, dx[i], want)
				}
			}
		}
	})
}

func boolFloat(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Far below zero softplus is e^x and so is its derivative: nothing may be lost to cancellation.
func TestSoftplusGradientKeepsItsRelativeAccuracy(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, y := range []float32{1e-30, 1e-20, 1e-10, 1e-7, 1e-5, 1e-3, 0.1, 1, 5, 20, 100} {
			dx := make([]float32, 1)
			e.ActivateGrad(Softplus, dx, []float32{y}, []float32{1})
			if err := ulpError(dx[0], -math.Expm1(-float64(y))); err > 2.5 {
				t.Errorf("gradient at output %g is %g, off by %.2f ulp", y, dx[0], err)
			}
		}
	})
}

func TestArithmetic(t *testing.T) {
	const n = 1003
	a, b := spread(n, -12, 12), spread(n, -2, 3)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		sum, scaled, product, added := append([]float32(nil), a...), make([]float32, n), make([]float32, n), append([]float32(nil), a...)
		e.Accumulate(sum, b)
		e.Scale(scaled, 1.7, a)
		e.Mul(product, a, b)
		e.AccumulateScaled(added, 1.7, b)
		var total float64
		for i := range a {
			total += float64(a[i])
			if want := a[i] + b[i]; sum[i] != want {
				t.Fatalf("sum %d is %g, want %g", i, sum[i], want)
			}
			if want := 1.7 * a[i]; scaled[i] != want {
				t.Fatalf("scaled %d is %g, want %g", i, scaled[i], want)
			}
			if want := a[i] * b[i]; product[i] != want {
				t.Fatalf("product %d is %g, want %g", i, product[i], want)
			}
			// Two roundings of numbers below 32, or one.
			if want := float64(a[i]) + float64(float32(1.7))*float64(b[i]); math.Abs(float64(added[i])-want) > 0x1p-19 {
				t.Fatalf("scaled sum %d is %g, want %g", i, added[i], want)
			}
		}
		if got := e.Sum(a); math.Abs(got-total) > 1e-10 {
			t.Errorf("sum %v, want %v", got, total)
		}
		if got := e.Sum([]float32{1e20, 1, -1e20}); got != 1 && got != 0 {
			t.Errorf("sum of cancelling elements is %v", got)
		}
	})
}

// Float32 could not hold this sum.
func TestSumIsAccumulatedInFloat64(t *testing.T) {
	x := make([]float32, 3*callElements+5)
	for i := range x {
		x[i] = 1 + 0x1p-20
	}
	want := float64(len(x)) * (1 + 0x1p-20)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		if got := e.Sum(x); math.Abs(got-want) > 1e-9*want {
			t.Errorf("sum %v, want %v", got, want)
		}
	})
}

func TestMismatchedLengthsPanic(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 1})
	short, long := make([]float32, 3), make([]float32, 4)
	for name, f := range map[string]func(){
		"unary":            func() { e.Exp(short, long) },
		"activate":         func() { e.Activate(Identity, short, long) },
		"grad y":           func() { e.ActivateGrad(Tanh, long, short, long) },
		"grad dy":          func() { e.ActivateGrad(Identity, long, long, short) },
		"bernoulli x":      func() { e.Bernoulli(nil, long, short) },
		"bernoulli grad":   func() { e.Bernoulli(short, long, long) },
		"accumulate":       func() { e.Accumulate(long, short) },
		"accumulateScaled": func() { e.AccumulateScaled(long, 1, short) },
		"scale":            func() { e.Scale(long, 1, short) },
		"mul":              func() { e.Mul(long, long, short) },
		"adam g":           func() { e.Adam(long, short, long, long, AdamStep{}) },
		"adam v":           func() { e.Adam(long, long, long, short, AdamStep{}) },
		"bytes":            func() { e.ScaleBytes(short, make([]byte, 4)) },
		"bernoulli bytes":  func() { e.BernoulliBytes(short, make([]byte, 4), Key{}, 0) },
		"bernoulli probs":  func() { e.BernoulliProbs(short, long, Key{}, 0) },
		"activation":       func() { e.Activate(LeakyRelu+1, long, long) },
		"activation grad":  func() { e.ActivateGrad(LeakyRelu+1, long, long, long) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			f()
		})
	}
}

func TestVectorFunctionsAllocateNothing(t *testing.T) {
	a, b, c, d := spread(1000, -3, 3), spread(1000, 0, 1), make([]float32, 1000), make([]float32, 1000)
	bytes, key := make([]byte, 1000), Key{Seed: 1}
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for name, f := range map[string]func(){
			"functions": func() {
				e.Exp(c, a)
				e.Log(c, a)
				e.Log1p(c, a)
				e.Activate(Softplus, c, a)
				e.ActivateGrad(Tanh, c, b, a)
			},
			"arithmetic": func() {
				e.Accumulate(c, a)
				e.AccumulateScaled(c, 2, a)
				e.Scale(c, 2, a)
				e.Mul(c, a, b)
				e.Sum(a)
			},
			"bernoulli": func() { e.Bernoulli(c, a, b) },
			"adam":      func() { e.Adam(a, b, c, d, AdamStep{Beta1: 0.9, Beta2: 0.9}) },
			"noise": func() {
				e.Words(asWords(c), key, 3)
				e.Uniform(c, key, 3)
				e.Normal(c, key, 3)
				e.BernoulliProbs(c, b, key, 3)
			},
			"bytes": func() {
				e.ScaleBytes(c, bytes)
				e.ThresholdBytes(c, bytes)
				e.BernoulliBytes(c, bytes, key, 3)
			},
		} {
			if allocations := testing.AllocsPerRun(10, f); allocations != 0 {
				t.Errorf("%s: %v allocations a call", name, allocations)
			}
		}
	})
}

func TestByteConversions(t *testing.T) {
	src := make([]byte, 256+13)
	for i := range src {
		src[i] = byte(i)
	}
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for from := range 20 {
			got := newGuarded(len(src) - from)
			e.ScaleBytes(got.inner, src[from:])
			for i, v := range got.inner {
				if want := float32(float64(src[from+i]) / 255); v != want {
					t.Fatalf("byte %d becomes %g, want %g", src[from+i], v, want)
				}
			}
			e.ThresholdBytes(got.inner, src[from:])
			for i, v := range got.inner {
				if want := boolFloat(src[from+i] >= 128); float64(v) != want {
					t.Fatalf("byte %d becomes %g, want %g", src[from+i], v, want)
				}
			}
			got.check(t, "bytes")
		}
	})
}
