package kernel

import (
	"math"
	"runtime"
	"testing"
)

// exactAdam is the optimiser in float64.
type exactAdam struct{ w, m, v float64 }

func (a *exactAdam) step(g float64, s AdamStep) {
	beta1, beta2 := float64(s.Beta1), float64(s.Beta2)
	a.w -= float64(s.Rate) * float64(s.Decay) * a.w
	a.m = beta1*a.m + (1-beta1)*g
	denominator := 0.0
	if s.Max {
		a.v = math.Max(beta2*a.v, math.Abs(g))
		denominator = a.v + float64(s.Eps)
	} else {
		a.v = beta2*a.v + (1-beta2)*g*g
		denominator = math.Sqrt(a.v*float64(s.Correction2)) + float64(s.Eps)
	}
	a.w -= float64(s.Rate) * float64(s.Correction1) * a.m / denominator
}

func TestAdamFollowsFloat64OverManySteps(t *testing.T) {
	const n, steps = 77, 200
	for name, s := range map[string]AdamStep{
		"adam":         {Rate: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8},
		"adamw":        {Rate: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1},
		"adamax":       {Rate: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Max: true},
		"adamax decay": {Rate: 1e-2, Beta1: 0.5, Beta2: 0.9, Eps: 1e-3, Decay: 0.1, Max: true},
	} {
		t.Run(name, func(t *testing.T) {
			forEachEngine(t, func(t *testing.T, e *Engine) {
				w, m, v := spread(n, -1, 1), make([]float32, n), make([]float32, n)
				exact := make([]exactAdam, n)
				for i := range exact {
					exact[i].w = float64(w[i])
				}
				g := make([]float32, n)
				for step := 1; step <= steps; step++ {
					s.Correction1 = float32(1 / (1 - math.Pow(float64(s.Beta1), float64(step))))
					s.Correction2 = float32(1 / (1 - math.Pow(float64(s.Beta2), float64(step))))
					e.Normal(g, Key{Step: uint64(step)}, 0)
					g[0] = 0 // an input that is always blank
					e.Adam(w, g, m, v, s)
					for i := range exact {
						exact[i].step(float64(g[i]), s)
					}
				}
				for i, want := range exact {
					if math.Abs(float64(w[i])-want.w) > 2e-5 || relativeError(v[i], want.v) > 1e-4 {
						t.Fatalf("weight %d after %d steps: w %g v %g, want %g and %g", i, steps, w[i], v[i], want.w, want.v)
					}
				}
			})
		})
	}
}

// relativeError is the distance of got from want as a part of want.
func relativeError(got float32, want float64) float64 {
	return math.Abs(float64(got)-want) / math.Max(math.Abs(want), 1e-30)
}

// The bias corrections make the first step as long as the rate, whatever the gradient's size; the decay comes on top.
func TestAdamFirstStepIsTheRate(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, g := range []float32{1e-4, 1, -50, 1e6} {
			w, m, v := []float32{2}, []float32{0}, []float32{0}
			e.Adam(w, []float32{g}, m, v, AdamStep{Rate: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 10, Correction2: 1000, Decay: 0.5})
			want := 2*(1-0.1*0.5) - math.Copysign(0.1, float64(g))
			// 1/(1-beta) in float32 differs from 10 and 1000 by 2e-5.
			if math.Abs(float64(w[0])-want) > 1e-4*0.1+1e-6 {
				t.Errorf("gradient %g: weight %g, want %g", g, w[0], want)
			}
		}
	})
}

func TestAdamPassesNaNOn(t *testing.T) {
	nan := float32(math.NaN())
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, infinityNorm := range []bool{false, true} {
			w, m, v := []float32{1}, []float32{0}, []float32{1}
			e.Adam(w, []float32{nan}, m, v, AdamStep{Rate: 0.1, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 1, Correction2: 1, Max: infinityNorm})
			if w[0] == w[0] || m[0] == m[0] || v[0] == v[0] {
				t.Errorf("infinity norm %v: w %g m %g v %g", infinityNorm, w[0], m[0], v[0])
			}
		}
	})
}

// Moments that fade away end at 0 where numbers below the normal ones are slow, and only there is anything flushed.
func TestAdamFlushesWhatIsNotNormal(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("flushed on amd64 alone")
	}
	const tiny = 1e-39
	for _, level := range Supported() {
		e := newTestEngine(t, Options{Kernel: level, Threads: 1})
		for _, infinity := range []bool{false, true} {
			const n = 53
			w, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
			for i := range w {
				w[i], m[i], v[i] = 0.5, tiny, tiny
			}
			e.Adam(w, g, m, v, AdamStep{Rate: 1e-3, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Correction1: 1, Correction2: 1, Max: infinity})
			for i := range w {
				if kept := m[i] != 0 && v[i] != 0; kept != (level == "portable") || w[i] != 0.5 {
					t.Fatalf("%s: weight %d is %g with moments %g and %g", level, i, w[i], m[i], v[i])
				}
			}
		}
		smaller := make([]float32, 40)
		for i := range smaller {
			smaller[i] = tiny
		}
		if e.Scale(smaller, 0.5, smaller); smaller[0] == 0 || smaller[39] == 0 {
			t.Errorf("%s: Adam left the processor flushing", level)
		}
	}
}
