package loss

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// Phi^-1(F(z)) and F(z) are quantile and probability of one another where both
// are representable, and the score rises with z at the slope it says.
func TestNormalScore(t *testing.T) {
	for _, c := range priorCases() {
		scorer, ok := c.one.(NormalScorer)
		if !ok {
			continue
		}
		m := c.one.Marginal(0)
		for _, p := range []float64{1e-12, 1e-5, 0.1, 0.5, 0.8, 1 - 1e-5} {
			z := m.Quantile(p)
			v, slope := scorer.NormalScore(0, z)
			if want := distuv.UnitNormal.Quantile(p); math.Abs(v-want) > 1e-7 {
				t.Errorf("%s: the score at quantile %g is %.10g, want %.10g", c.name, p, v, want)
			}
			h := 1e-6 * m.StdDev()
			up, _ := scorer.NormalScore(0, z+h)
			down, _ := scorer.NormalScore(0, z-h)
			if want := (up - down) / (2 * h); math.Abs(slope-want) > 1e-5*want {
				t.Errorf("%s: slope %g at quantile %g, differences say %g", c.name, slope, p, want)
			}
		}
	}
}

// Far out, where F(z) or 1 - F(z) is no float64, the score keeps rising, stays
// odd about the centre of a symmetric prior and keeps its slope.
func TestNormalScoreInTheTails(t *testing.T) {
	for _, c := range priorCases() {
		scorer, ok := c.one.(NormalScorer)
		if !ok {
			continue
		}
		centre, scale := c.one.Marginal(0).Quantile(0.5), c.one.Marginal(0).StdDev()
		last := 0.0
		for _, far := range []float64{3, 30, 100, 400, 500, 1000, 1e5, 1e9} {
			v, slope := scorer.NormalScore(0, centre+far*scale)
			w, _ := scorer.NormalScore(0, centre-far*scale)
			if !(v > last) || (c.symmetric && math.Abs(v+w) > 1e-9*v) {
				t.Errorf("%s: scores %g and %g at %g standard deviations either way, after %g", c.name, v, w, far, last)
			}
			if v > 1e5 {
				break // ln p + v^2/2 cancels to less than the slope's precision
			}
			h := 1e-4 * far * scale
			up, _ := scorer.NormalScore(0, centre+far*scale+h)
			down, _ := scorer.NormalScore(0, centre+far*scale-h)
			if want := (up - down) / (2 * h); math.Abs(slope-want) > 1e-6*want {
				t.Errorf("%s: slope %g at %g standard deviations, differences say %g", c.name, slope, far, want)
			}
			last = v
		}
	}
}

// The two ways to invert Phi meet without a step, and far out ln Phi of the
// quantile is what went in.
func TestQuantileOfLog(t *testing.T) {
	if a, b := quantileOfLog(-700+1e-9), quantileOfLog(-700-1e-9); math.Abs(a-b) > 1e-10 || a < b {
		t.Errorf("the quantile jumps from %.15g to %.15g", a, b)
	}
	for _, logP := range []float64{-701, -1e4, -1e8, -1e15} {
		x := quantileOfLog(logP)
		// Mills' ratio lies between 1/|x| - 1/|x|^3 and 1/|x|.
		upper := -x*x/2 - halfLog2Pi - math.Log(-x)
		lower := upper + math.Log1p(-1/(x*x))
		if slack := 1e-12 * math.Abs(logP); logP > upper+slack || logP < lower-slack {
			t.Errorf("ln p = %g: quantile %g has ln Phi between %.12g and %.12g", logP, x, lower, upper)
		}
	}
	if got := quantileOfLog(math.Inf(-1)); !math.IsInf(got, -1) {
		t.Errorf("the quantile of 0 is %g", got)
	}
}

// Tails of Student's t meet where their formula changes, and agree with the
// Cauchy distribution's arctangent and the t of two degrees' closed form.
func TestStudentTails(t *testing.T) {
	for _, x := range []float64{0.1, 1, 30, 1e6, 1e100, 1e140} {
		cauchy := math.Log(math.Atan2(1, x) / math.Pi)
		if got := logStudentTail(x, 1); math.Abs(got-cauchy) > 1e-10*math.Abs(cauchy) {
			t.Errorf("dof 1 beyond %g: %.12g, want %.12g", x, got, cauchy)
		}
		root := math.Sqrt(2 + x*x)
		two := math.Log(1 / (root * (root + x)))
		if got := logStudentTail(x, 2); math.Abs(got-two) > 1e-10*math.Abs(two) {
			t.Errorf("dof 2 beyond %g: %.12g, want %.12g", x, got, two)
		}
	}
	// Where the tail passes 1e-250 and the formula changes, its logarithm
	// keeps falling at the hazard, -d ln tail/dx = density/tail.
	for _, nu := range []float64{3, 50, 1e4} {
		p := newStudentCurve(0, 1, nu)
		for x := 0.3; x < 1e90 && logStudentTail(x, nu) > -800; x *= 1.02 {
			h := 1e-4 * x
			slope := (logStudentTail(x+h, nu) - logStudentTail(x-h, nu)) / (2 * h)
			if hazard := -math.Exp(p.LogProb(x) - logStudentTail(x, nu)); math.Abs(slope-hazard) > 1e-5*math.Abs(hazard) {
				t.Fatalf("dof %g at %g: ln tail %g falls at %g, the hazard is %g", nu, x, logStudentTail(x, nu), slope, hazard)
			}
		}
	}
}

// Quantiles of the standard Student's t, by bisection with 50 digits, from very
// few to very many degrees of freedom.
func TestStudentQuantiles(t *testing.T) {
	for _, c := range []struct{ dof, p, want float64 }{
		{1e6, 1e-9, 5.9978624557108955},
		{1e6, 0.3, 0.52440067976},
		{1e9, 1e-9, 5.9978070704479501},
		{100001, 1e-9, 5.9983614561342246},
		{1e5, 1e-7, 5.1997019883650528},
		{1e4, 1e-15, 7.954081681012809},
		{300, 1e-12, 7.3413238421787727},
		{40, 1e-100, 1866.1936671671573},
		{5, 1e-9, 98.937224648369957},
		{1, 1e-300, 3.1830988618379067e299},
		{0.5, 0.1, 10.270324410234506},
		{0.02, 0.4, 4994.6629451254516},
		{0.02, 1e-3, 6.3314874816075443e133},
		{0.02, 1e-9, math.Inf(1)}, // 1e+433
		{7, 0.5, 0},
	} {
		p := newStudentCurve(2, 3, c.dof)
		want := 2 - 3*c.want
		if got := p.Quantile(c.p); math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("dof %g at %g: %.15g, want %.15g", c.dof, c.p, got, want)
		}
		if upper := p.Quantile(1 - c.p); c.p > 1e-3 && math.Abs(upper-(2+3*c.want)) > 1e-9*math.Abs(2+3*c.want) {
			t.Errorf("dof %g at %g: %.15g, want %.15g", c.dof, 1-c.p, upper, 2+3*c.want)
		}
	}
	for _, p := range []float64{0, 1} {
		if got := newStudentCurve(0, 1, 3).Quantile(p); !math.IsInf(got, int(2*p-1)) {
			t.Errorf("the quantile of %g is %g", p, got)
		}
	}
}

// The quantile undoes the distribution function.
func TestStudentQuantileProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newStudentCurve(0, 1, math.Exp(rapid.Float64Range(-3, 18).Draw(t, "ln dof")))
		logP := -math.Exp(rapid.Float64Range(-0.36, 5).Draw(t, "ln -ln p"))
		z := p.Quantile(math.Exp(logP))
		lower, _ := p.LogTails(z)
		if !math.IsInf(z, -1) && math.Abs(lower-logP) > 1e-9*math.Abs(logP) {
			t.Fatalf("dof %g: ln F of the quantile of e^%.15g, %.15g, is %.15g", p.Nu, logP, z, lower)
		}
	})
}

func TestInfiniteVarianceIsRefusedUnderAffine(t *testing.T) {
	for _, dof := range []float64{0.5, 1, 2} {
		p := student(2, []float64{0}, []float64{1}, []float64{dof})
		if _, err := NewFrame(p, Affine); err == nil {
			t.Errorf("dof %g was accepted", dof)
		}
		frame, err := NewFrame(p, Full)
		if err != nil {
			t.Errorf("dof %g: %v", dof, err)
			continue
		}
		if shift, scale := frame.Head(); shift[1] != 0 || scale[1] != 1 {
			t.Errorf("dof %g: the head starts at %g with scale %g", dof, shift[1], scale[1])
		}
	}
}
