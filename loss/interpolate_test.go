package loss

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawCode draws a code in the prior's units, of the given probabilities.
func drawCode(t *rapid.T, p Prior, label string) []float64 {
	z := make([]float64, p.Latents())
	for d := range z {
		z[d] = p.Marginal(d).Quantile(rapid.Float64Range(1e-9, 1-1e-9).Draw(t, label))
	}
	return z
}

func TestInterpolateEndsWhereItIsTold(t *testing.T) {
	for _, c := range priorCases() {
		t.Run(c.name, rapid.MakeCheck(func(t *rapid.T) {
			a, b := drawCode(t, c.vector, "a"), drawCode(t, c.vector, "b")
			if z := Interpolate(c.vector, a, b, 0); !slices.Equal(z, a) {
				t.Errorf("begins at %v, not at %v", z, a)
			}
			if z := Interpolate(c.vector, a, b, 1); !slices.Equal(z, b) {
				t.Errorf("ends at %v, not at %v", z, b)
			}
			for _, end := range []float64{1e-9, 1 - 1e-9} {
				want := a
				if end > 0.5 {
					want = b
				}
				for d, v := range Interpolate(c.vector, a, b, end) {
					m := c.vector.Marginal(d)
					if math.Abs(m.CDF(v)-m.CDF(want[d])) > 1e-6 {
						t.Errorf("at %g dimension %d jumps to %g from %g", end, d, v, want[d])
					}
				}
			}
		}))
	}
}

// By quantile every dimension goes from one end to the other without turning,
// and so stays in the support.
func TestInterpolateByQuantileIsMonotone(t *testing.T) {
	p := uniform(3, []float64{-1, 0, 5}, []float64{1, 0.1, 9})
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawCode(t, p, "a"), drawCode(t, p, "b")
		last := a
		for i := 1; i <= 20; i++ {
			z := Interpolate(p, a, b, float64(i)/20)
			for d := range z {
				if (z[d]-last[d])*(b[d]-a[d]) < 0 {
					t.Fatalf("dimension %d turns back from %g to %g between %g and %g", d, last[d], z[d], a[d], b[d])
				}
			}
			if math.IsInf(p.LogDensity(z), -1) {
				t.Fatalf("%v is outside the support", z)
			}
			last = z
		}
	})
	// Uniform quantiles are evenly spaced.
	if z := Interpolate(p, []float64{-1, 0, 5}, []float64{1, 0.1, 9}, 0.25); math.Abs(z[0]+0.5) > 1e-12 || math.Abs(z[2]-6) > 1e-12 {
		t.Errorf("a quarter of the way is %v", z)
	}
}

// Codes far out, where the distribution function is 1 in float64, stay finite.
func TestInterpolateInTheTails(t *testing.T) {
	n := normal(1, []float64{0}, []float64{1})
	far := struct{ Prior }{n} // hides the normal's own way
	if z := Interpolate(far, []float64{40}, []float64{50}, 0.5); z[0] < 40 || z[0] > 50 {
		t.Errorf("between 40 and 50 lies %g", z[0])
	}
}

// On the great circle codes of one length keep it, where a straight line would
// lose it, and equal steps are equal angles.
func TestInterpolateNormalKeepsTheLength(t *testing.T) {
	p := normal(3, []float64{0.5, -2, 0}, []float64{0.1, 3, 1})
	at := func(x ...float64) []float64 {
		z := make([]float64, len(x))
		for d := range x {
			m, s := Base(p, d)
			z[d] = m + s*x[d]
		}
		return z
	}
	length := func(z []float64) float64 {
		var sum float64
		for d := range z {
			m, s := Base(p, d)
			sum += (z[d] - m) * (z[d] - m) / (s * s)
		}
		return math.Sqrt(sum)
	}
	a, b := at(2, 0, 0), at(0, 1.2, 1.6)
	for _, step := range []float64{0.1, 0.5, 0.8} {
		z := Interpolate(p, a, b, step)
		if got := length(z); math.Abs(got-2) > 1e-12 {
			t.Errorf("at %g the code has length %g, its ends have 2", step, got)
		}
		if got, want := (z[0]-0.5)/0.1, 2*math.Cos(step*math.Pi/2); math.Abs(got-want) > 1e-12 {
			t.Errorf("at %g the first coordinate is %g, want %g", step, got, want)
		}
	}
	// The mean, and opposite codes, have no circle: a straight line then.
	for _, ends := range [][2][]float64{{at(0, 0, 0), b}, {a, at(-2, 0, 0)}, {a, a}} {
		z := Interpolate(p, ends[0], ends[1], 0.5)
		for d := range z {
			if want := (ends[0][d] + ends[1][d]) / 2; math.Abs(z[d]-want) > 1e-9 {
				t.Errorf("half way from %v to %v is %v", ends[0], ends[1], z)
			}
		}
	}
}
