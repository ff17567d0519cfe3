package kernel

import (
	"math"
	"testing"
)

func exactBernoulli(l, x float64) (logp, gradient float64) {
	return x*l - exactSoftplus(l), x - exactSigmoid(l)
}

func TestBernoulliTermsAndGradients(t *testing.T) {
	logits := append(spread(1000, -30, 30), 0, 1e-10, -1e-10, 50, -50, 87, -87, 88, -88, 89, 104, -104, 500, -500, 1e4, -1e4, 1e30, -1e30)
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, x := range []float32{0, 1, 0.5, 0.1, 1.0 / 255, 254.0 / 255} {
			for _, l := range logits {
				wantTerm, wantGradient := exactBernoulli(float64(l), float64(x))
				grad := make([]float32, 1)
				term := e.Bernoulli(grad, []float32{l}, []float32{x})
				if err := math.Abs(term - wantTerm); err > 2e-7*math.Max(1, math.Abs(float64(l))) {
					t.Errorf("ln p(%g | %g) = %g, want %g", x, l, term, wantTerm)
				}
				if err := math.Abs(float64(grad[0]) - wantGradient); err > 2e-7 {
					t.Errorf("gradient of ln p(%g | %g) = %g, want %g", x, l, grad[0], wantGradient)
				}
			}
		}
	})
}

// Certain pixels cost nothing, however large the logit: no cancellation of large numbers.
func TestBernoulliOfCertainPixelsIsZero(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, c := range []struct{ l, x float32 }{{200, 1}, {-200, 0}, {1e30, 1}, {-1e30, 0}} {
			if got := e.Bernoulli(nil, []float32{c.l}, []float32{c.x}); math.Abs(got) > 1e-30 {
				t.Errorf("ln p(%g | %g) = %g", c.x, c.l, got)
			}
		}
	})
}

func TestBernoulliSums(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, n := range []int{0, 1, 3, 15, 16, 17, 31, 32, 33, 784, sumElements, sumElements + 1, 5*sumElements + 19} {
			logits, x := spread(n, -9, 9), spread(n, 0, 1)
			var want, magnitude float64
			for i, l := range logits {
				term, _ := exactBernoulli(float64(l), float64(x[i]))
				want += term
				magnitude += math.Abs(term)
			}
			grad := newGuarded(n)
			fused, alone := e.Bernoulli(grad.inner, logits, x), e.Bernoulli(nil, logits, x)
			if fused != alone {
				t.Errorf("%d elements: %v with the gradient, %v without", n, fused, alone)
			}
			if math.Abs(fused-want) > 5e-7*magnitude {
				t.Errorf("%d elements: %v, want %v", n, fused, want)
			}
			grad.check(t, "gradient")
		}
	})
}

func TestBernoulliGradientOverwritesItsInputs(t *testing.T) {
	const n = 100
	forEachEngine(t, func(t *testing.T, e *Engine) {
		logits, x := spread(n, -9, 9), spread(n, 0, 1)
		want := make([]float32, n)
		sum := e.Bernoulli(want, logits, x)
		over := append([]float32(nil), logits...)
		if got := e.Bernoulli(over, over, x); got != sum {
			t.Errorf("over the logits: sum %v, want %v", got, sum)
		}
		sameBits(t, "over the logits", over, want)
		over = append([]float32(nil), x...)
		if got := e.Bernoulli(over, logits, over); got != sum {
			t.Errorf("over the pixels: sum %v, want %v", got, sum)
		}
		sameBits(t, "over the pixels", over, want)
	})
}

func TestBernoulliPassesNaNOn(t *testing.T) {
	nan := float32(math.NaN())
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, c := range []struct{ l, x float32 }{{nan, 0}, {nan, 1}, {1, nan}} {
			grad := make([]float32, 1)
			if got := e.Bernoulli(grad, []float32{c.l}, []float32{c.x}); !math.IsNaN(got) || grad[0] == grad[0] {
				t.Errorf("ln p(%g | %g) = %g, gradient %g", c.x, c.l, got, grad[0])
			}
		}
	})
}
