package loss

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// DivergenceByQuadrature evaluates KL(N(mu, sigma^2) || m) and its derivatives
// in float64 for a density without a closed form: the entropy of the Gaussian
// is exact, and E[log m] and its derivatives
//
//	dE/dmu = E[log m (z - mu)/sigma] / sigma
//	dE/dsigma = E[log m ((z - mu)^2/sigma^2 - 1)] / sigma
//
// are integrals by adaptive Gauss-Legendre quadrature over 12 standard
// deviations either way, cut at quantiles of m, and at the given places besides,
// so that nothing much narrower than the Gaussian is missed. Formula and Substituted are left to the
// caller. The KL is infinite when m vanishes where the Gaussian does not.
func DivergenceByQuadrature(m Marginal, mu, sigma float64, places ...float64) Divergence {
	const reach = 12
	cuts := []float64{-reach, -3, 0, 3, reach}
	var quantiles []float64
	for _, p := range []float64{1e-6, 1e-3, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-3, 1 - 1e-6} {
		quantiles = append(quantiles, m.Quantile(p))
	}
	for _, z := range append(quantiles, places...) {
		if eps := (z - mu) / sigma; eps > -reach && eps < reach {
			cuts = append(cuts, eps)
		}
	}
	slices.Sort(cuts)
	// Taking log m at mu off changes neither derivative and keeps both exact
	// where m hardly changes within the Gaussian.
	level := m.LogProb(mu)
	if !finite(level) {
		level = 0
	}
	var mean expectation
	for i := range cuts[1:] {
		mean = mean.plus(integrate(cuts[i], cuts[i+1], func(eps float64) expectation {
			value := (m.LogProb(mu+sigma*eps) - level) * invSqrt2Pi * math.Exp(-eps*eps/2)
			return expectation{value, value * eps, value * (eps*eps - 1)}
		}))
	}
	if math.IsInf(mean[0], -1) || math.IsNaN(mean[0]) {
		return Divergence{KL: math.Inf(1), DMu: math.NaN(), DSigma: math.NaN(), Method: Quadrature}
	}
	return Divergence{
		KL:     -gaussianEntropy(sigma) - mean[0] - level,
		DMu:    -mean[1] / sigma,
		DSigma: -(1 + mean[2]) / sigma,
		Method: Quadrature,
	}
}

const (
	invSqrt2Pi  = 0.3989422804014327
	halfLog2Pi  = 0.9189385332046727
	halfLog2PiE = halfLog2Pi + 0.5
)

// gaussianEntropy is that of N(mu, sigma^2) in nats.
func gaussianEntropy(sigma float64) float64 { return halfLog2PiE + math.Log(sigma) }

// expectation is the three integrals that share their points.
type expectation [3]float64

func (e expectation) plus(f expectation) expectation {
	for i := range e {
		e[i] += f[i]
	}
	return e
}

// within tells whether two estimates agree to rounding, relative to scale.
func (e expectation) within(f expectation, scale float64) bool {
	for i := range e {
		if !(math.Abs(e[i]-f[i]) <= 1e-13*(scale+math.Abs(f[i]))) {
			return false
		}
	}
	return true
}

// integrate halves an interval until the rule on it and the rule on its halves
// agree.
func integrate(lo, hi float64, f func(float64) expectation) expectation {
	rule := newRule()
	return rule.adapt(lo, hi, rule.apply(lo, hi, f), f, 30)
}

// rule is a Gauss-Legendre rule on [-1, 1].
type rule struct{ points, weights []float64 }

func newRule() rule {
	const order = 20
	r := rule{make([]float64, order), make([]float64, order)}
	quad.Legendre{}.FixedLocations(r.points, r.weights, -1, 1)
	return r
}

func (r rule) apply(lo, hi float64, f func(float64) expectation) expectation {
	centre, half := (lo+hi)/2, (hi-lo)/2
	var sum expectation
	for i, x := range r.points {
		for j, v := range f(centre + half*x) {
			sum[j] += half * r.weights[i] * v
		}
	}
	return sum
}

func (r rule) adapt(lo, hi float64, whole expectation, f func(float64) expectation, depth int) expectation {
	centre := (lo + hi) / 2
	left, right := r.apply(lo, centre, f), r.apply(centre, hi, f)
	both := left.plus(right)
	if depth == 0 || both.within(whole, 1) || !finite(both[0]) {
		return both
	}
	return r.adapt(lo, centre, left, f, depth-1).plus(r.adapt(centre, hi, right, f, depth-1))
}
