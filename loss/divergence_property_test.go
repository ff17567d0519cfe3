package loss

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// A KL is never negative, and where a closed form exists the quadrature finds
// it, derivatives included, however far apart the two distributions are and
// however much narrower one of them.
func TestDivergenceProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		location := rapid.Float64Range(-5, 5).Draw(t, "location")
		scale := math.Exp(rapid.Float64Range(-4, 3).Draw(t, "ln scale"))
		mu := rapid.Float64Range(-20, 20).Draw(t, "mu")
		sigma := math.Exp(rapid.Float64Range(-6, 3).Draw(t, "ln sigma"))
		at, wide := []float64{location}, []float64{scale}
		// Between the mixture's components its log density bends within some scale^2/location, which may be a ten-thousandth
		// of sigma.
		var bend []float64
		for _, n := range []float64{-25, -5, -1, 0, 1, 5, 25} {
			bend = append(bend, n*scale*scale/math.Max(math.Abs(location), scale))
		}
		for _, p := range []Prior{
			normal(1, at, wide), laplace(1, at, wide), logistic(1, at, wide),
			student(1, at, wide, []float64{rapid.Float64Range(0.3, 50).Draw(t, "dof")}),
			mixture(1, []float64{1, rapid.Float64Range(0.01, 5).Draw(t, "weight")}, []float64{location, -location}, wide),
		} {
			v := DivergenceOf(p, 0, mu, sigma)
			if !(v.KL >= 0) || math.IsInf(v.KL, 0) {
				t.Fatalf("KL of N(%g, %g) to %s is %g", mu, sigma, Describe(p), v.KL)
			}
			q := DivergenceByQuadrature(scored(p), mu, sigma, bend...)
			near := func(a, b, scale float64) bool { return math.Abs(a-b) <= 1e-8*(scale+math.Abs(b)) }
			if !near(v.KL, q.KL, 1) || !near(v.DMu, q.DMu, 1/sigma+1e-3*math.Abs(v.DSigma)) || !near(v.DSigma, q.DSigma, 1/sigma) {
				t.Fatalf("N(%g, %g) to %s: %+v, by quadrature %+v", mu, sigma, Describe(p), v, q)
			}
		}
	})
}

// scored is the one dimension of a prior with its score, of the normal prior by
// its formula.
func scored(p Prior) ScoredMarginal {
	if s, ok := p.Marginal(0).(ScoredMarginal); ok {
		return s
	}
	return gaussianMarginal{p.Marginal(0).(distuv.Normal)}
}

type gaussianMarginal struct{ distuv.Normal }

func (g gaussianMarginal) Score(z float64) float64 { return (g.Mu - z) / (g.Sigma * g.Sigma) }

// The values are by quadrature with 40 digits: posteriors that nearly are the
// prior, where the KL is smaller than what its two terms round off, and
// posteriors so narrow that the prior hardly changes within them.
func TestDivergenceAtTheEdges(t *testing.T) {
	zero, one := []float64{0}, []float64{1}
	half := mixture(1, one, []float64{-1, 1}, []float64{0.5})
	for _, c := range []struct {
		prior                      Prior
		mu, sigma, kl, dMu, dSigma float64
	}{
		{student(1, zero, one, []float64{1e6}), 0, 1, 1.7499893334147e-12, 0, -1.99998800009e-6},
		{student(1, zero, one, []float64{1e9}), 0, 1, 1.7499999893333e-18, 0, -1.999999988e-9},
		{student(1, zero, one, []float64{1e4}), 0.01, 1, 5.0007495087192e-5, 0.0099980010991907, -0.00019991006294406},
		{student(1, zero, one, []float64{300}), 0, 1, 1.9059122983427e-5, 0, -0.0065365666889265},
		{logistic(1, zero, one), 1e5, 1e-12, 100026.21208258, 1, -1e12},
		{student(1, zero, one, []float64{5}), 1e4, 1e-12, 77.614430816333, 0.00059999997, -1e12},
		{student(1, zero, one, []float64{5}), 1e4, 1, 49.983409670405, 0.000599999976, -1.00000006},
		{half, 1e4, 1, 199960003.5, 39996, 3},
	} {
		got := DivergenceOf(c.prior, 0, c.mu, c.sigma)
		near := func(a, b, slack float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b)+slack }
		if !near(got.KL, c.kl, 1e-6*c.kl) || !near(got.DMu, c.dMu, 1e-15) || !near(got.DSigma, c.dSigma, 1e-14) {
			t.Errorf("N(%g, %g) to %s: %.15g, %.15g, %.15g, want %.15g, %.15g, %.15g",
				c.mu, c.sigma, Describe(c.prior), got.KL, got.DMu, got.DSigma, c.kl, c.dMu, c.dSigma)
		}
	}
}

// The normal score rises with z, from each side of the middle with its sign.
func TestNormalScoreProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := []float64{math.Exp(rapid.Float64Range(-4, 3).Draw(t, "ln scale"))}
		at := []float64{0}
		z := rapid.Float64Range(-1e3, 1e3).Draw(t, "z")
		step := rapid.Float64Range(1e-3, 10).Draw(t, "step")
		for _, p := range []Prior{
			laplace(1, at, scale), logistic(1, at, scale),
			student(1, at, scale, []float64{rapid.Float64Range(0.3, 50).Draw(t, "dof")}),
		} {
			low, slope := p.(NormalScorer).NormalScore(0, z)
			high, _ := p.(NormalScorer).NormalScore(0, z+step)
			if !(high > low) || !(slope > 0) || (math.Abs(z) > 1e-9 && math.Signbit(low) != math.Signbit(z)) {
				t.Fatalf("%s: scores %g at %g and %g at %g, slope %g", Describe(p), low, z, high, z+step, slope)
			}
		}
	})
}

// Where two narrow components pass each other within a wide Gaussian, the bend
// of the log density is easily missed. The values are by quadrature with 30
// digits, pieces as short as the bend.
func TestMixtureDivergenceSeesTheBend(t *testing.T) {
	for _, c := range []struct{ mu, sigma, location, scale, kl, dSigma float64 }{
		{0.000244140625, 1.2840254166877414, 1.375, 0.019496896108597995, 945.630843677009, 490.986381687463},
		{0.0009765625, 2.718281828459045, 1.75, 0.01889703967758568, 4000.41739107588, 3701.65100177804},
	} {
		p := mixture(1, []float64{1, 1}, []float64{c.location, -c.location}, []float64{c.scale})
		got := DivergenceOf(p, 0, c.mu, c.sigma)
		if math.Abs(got.KL-c.kl) > 1e-12*c.kl || math.Abs(got.DSigma-c.dSigma) > 1e-11*c.dSigma {
			t.Errorf("N(%g, %g) to %s: %.15g and %.15g, want %.15g and %.15g", c.mu, c.sigma, Describe(p), got.KL, got.DSigma, c.kl, c.dSigma)
		}
	}
}
