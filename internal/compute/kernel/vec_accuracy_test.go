package kernel

import (
	"math"
	"testing"
)

// forEachEngine runs a test on every kernel level this CPU supports.
func forEachEngine(t *testing.T, f func(t *testing.T, e *Engine)) {
	t.Helper()
	for _, level := range Supported() {
		t.Run(level, func(t *testing.T) {
			e, err := New(Options{Kernel: level, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(e.Close)
			f(t, e)
		})
	}
}

// vectorFunction is a function of one vector and its reference in float64.
type vectorFunction struct {
	name  string
	apply func(e *Engine, dst, x []float32)
	exact func(x float64) float64
	ulp   float64 // the error allowed
}

func vectorFunctions() []vectorFunction {
	activation := func(a Activation) func(e *Engine, dst, x []float32) {
		return func(e *Engine, dst, x []float32) { e.Activate(a, dst, x) }
	}
	return []vectorFunction{
		{"exp", (*Engine).Exp, math.Exp, 1.5},
		{"log", (*Engine).Log, math.Log, 1.5},
		{"log1p", (*Engine).Log1p, math.Log1p, 1.5},
		{"sigmoid", (*Engine).Sigmoid, exactSigmoid, 2.5},
		{"softplus", (*Engine).Softplus, exactSoftplus, 2.5},
		{"tanh", (*Engine).Tanh, math.Tanh, 3},
		{"relu", activation(Relu), func(x float64) float64 { return math.Max(x, 0) }, 0},
		{"elu", activation(Elu), exactElu, 2},
		{"leakyRelu", activation(LeakyRelu), exactLeakyRelu, 1},
		{"identity", activation(Identity), func(x float64) float64 { return x }, 0},
	}
}

func exactSigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func exactSoftplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func exactElu(x float64) float64 {
	if x > 0 {
		return x
	}
	return math.Expm1(x)
}

func exactLeakyRelu(x float64) float64 { return math.Max(x, x*float64(float32(Leak))) }

// Below -80 the sigmoid's own last bits weigh.
func TestSilu(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		x := append(spread(4001, -80, 80), 0, 1e-20, -1e-20, 1e30)
		y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), spread(len(x), -3, 3)
		e.Silu(y, x)
		e.SiluGrad(dx, x, dy)
		for i, v := range x {
			v := float64(v)
			s := exactSigmoid(v)
			if err := ulpError(y[i], v*s); err > 4 {
				t.Errorf("at %g: %g, want %g: %g ulp", v, y[i], v*s, err)
			}
			want := float64(dy[i]) * (s + v*s*(1-s))
			if !(math.Abs(float64(dx[i])-want) <= 1e-6*(math.Abs(want)+math.Abs(float64(dy[i]))*s)) {
				t.Errorf("slope at %g: %g, want %g", v, dx[i], want)
			}
		}
	})
}

// ulpError is the distance of got from want in units of the spacing of float32 at want.
// It is infinite where one is NaN, or beyond float32's range, and the other is not.
func ulpError(got float32, want float64) float64 {
	rounded := float32(want)
	if math.IsNaN(want) || math.IsInf(float64(rounded), 0) || math.IsNaN(float64(got)) || math.IsInf(float64(got), 0) {
		if got == rounded || math.IsNaN(want) && math.IsNaN(float64(got)) {
			return 0
		}
		return math.Inf(1)
	}
	_, exponent := math.Frexp(want)
	spacing := math.Ldexp(1, max(exponent-24, -149))
	return math.Abs(float64(got)-want) / spacing
}

// forEachBlock calls f with blocks of every stride-th float32, NaNs and infinities included.
func forEachBlock(stride uint64, f func(x []float32)) {
	block := make([]float32, 0, 1<<12)
	for bits := uint64(0); bits < 1<<32; bits += stride {
		block = append(block, math.Float32frombits(uint32(bits)))
		if len(block) == cap(block) {
			f(block)
			block = block[:0]
		}
	}
	f(block)
}

// sampleStride is the distance of the sampled bit patterns: prime, and small enough for some 2000 samples a binade.
const sampleStride = 4093

func TestFunctionsAreAccurate(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, function := range vectorFunctions() {
			t.Run(function.name, func(t *testing.T) {
				got := make([]float32, 1<<12)
				var worst float64
				var at float32
				forEachBlock(sampleStride, func(x []float32) {
					function.apply(e, got[:len(x)], x)
					for i, v := range x {
						if err := ulpError(got[i], function.exact(float64(v))); err > worst {
							worst, at = err, v
						}
					}
				})
				t.Logf("worst error %.3f ulp, at %g", worst, at)
				if worst > function.ulp {
					t.Errorf("worst error %.3f ulp, at %g (%#08x); allowed %g", worst, at, math.Float32bits(at), function.ulp)
				}
			})
		}
	})
}
