package loss

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"

	"vaectl/internal/finite"
)

// ScoredMarginal is a [Marginal] that knows the slope of its log density.
type ScoredMarginal interface {
	Marginal
	// Score is d log p/dz at z, per unit of z.
	Score(z float64) float64
}

// DivergenceByQuadrature evaluates KL(N(mu, sigma^2) || p) in nats and its
// derivatives in float64 for a density without a closed form. The entropy of
// the Gaussian is exact; with z = mu + sigma eps, the integrals
//
//	E[log p(z)],  dKL/dmu = -E[score(z)],  dKL/dsigma = -1/sigma - E[score(z) eps]
//
// are taken by adaptive Gauss-Legendre quadrature over 12 standard deviations
// either way, cut at quantiles of p and at the given places, so that nothing
// much narrower than the Gaussian is missed. Formula and Substituted are left
// to the caller. The KL is infinite when p vanishes where the Gaussian does not.
func DivergenceByQuadrature(p ScoredMarginal, mu, sigma float64, places ...float64) Divergence {
	cuts := cutsOf(p, mu, sigma, places)
	// Taking log p(mu) off keeps the rest exact where log p hardly changes
	// within the Gaussian.
	level := p.LogProb(mu)
	if !finite.Is(level) {
		level = 0
	}
	mean := integrateOver(cuts, expectation{1, 0, 1}, func(eps float64) expectation {
		z := mu + sigma*eps
		weight, score := gaussian(eps), p.Score(z)
		return expectation{weight * (p.LogProb(z) - level), weight * score * sigma, weight * score * sigma * eps}
	})
	if math.IsInf(mean[0], -1) || math.IsNaN(mean[0]) {
		return Divergence{KL: math.Inf(1), DMu: math.NaN(), DSigma: math.NaN(), Method: Quadrature}
	}
	d := Divergence{
		KL:     -gaussianEntropy(sigma) - mean[0] - level,
		DMu:    -mean[1] / sigma,
		DSigma: -(1 + mean[2]) / sigma,
		Method: Quadrature,
	}
	// The entropy and E[log p] round off at about 1e-16 each.
	if d.KL < 1e-3 {
		d.KL = smallDivergence(p, mu, sigma, cuts, max(d.KL, 1e-16))
	}
	return d
}

// reach is how far the quadrature goes, in standard deviations of the
// Gaussian, which has 4e-33 of its mass beyond.
const reach = 12

// smallDivergence is the KL of two distributions that nearly agree, without
// the difference of two large numbers. Since p integrates to one,
//
//	KL = E[p/q - 1 - log(p/q)] + (the mass of p out of reach)
//
// and neither term is negative. About is the KL to an order of magnitude.
func smallDivergence(p Marginal, mu, sigma float64, cuts []float64, about float64) float64 {
	// Rounding of log(p/q), which is about sqrt(2 KL), limits what can be resolved.
	scale := math.Sqrt(about) / 10
	kl := integrateOver(cuts, expectation{scale, 0, 0}, func(eps float64) expectation {
		z := mu + sigma*eps
		logRatio := p.LogProb(z) + eps*eps/2 + halfLog2Pi + math.Log(sigma)
		return expectation{gaussian(eps) * expm1Excess(logRatio)}
	})
	outside := p.CDF(mu-reach*sigma) + max(0, 1-p.CDF(mu+reach*sigma))
	return kl[0] + outside
}

// expm1Excess is e^x - 1 - x.
func expm1Excess(x float64) float64 {
	if math.Abs(x) > 0.03 {
		return math.Expm1(x) - x
	}
	return x * x / 2 * (1 + x/3*(1+x/4*(1+x/5*(1+x/6*(1+x/7*(1+x/8))))))
}

// cutsOf is where the range of eps is divided, in rising order.
func cutsOf(p Marginal, mu, sigma float64, places []float64) []float64 {
	cuts := []float64{-reach, -3, 0, 3, reach}
	for _, q := range []float64{1e-6, 1e-3, 0.05, 0.25, 0.5, 0.75, 0.95, 1 - 1e-3, 1 - 1e-6} {
		places = append(places, p.Quantile(q))
	}
	for _, z := range places {
		if eps := (z - mu) / sigma; eps > -reach && eps < reach {
			cuts = append(cuts, eps)
		}
	}
	slices.Sort(cuts)
	return cuts
}

const (
	invSqrt2Pi  = 0.3989422804014327
	halfLog2Pi  = 0.9189385332046727
	halfLog2PiE = halfLog2Pi + 0.5
)

// gaussian is the density of N(0, 1).
func gaussian(eps float64) float64 { return invSqrt2Pi * math.Exp(-eps*eps/2) }

// gaussianEntropy is that of N(mu, sigma^2) in nats.
func gaussianEntropy(sigma float64) float64 { return halfLog2PiE + math.Log(sigma) }

// expectation is up to three integrals that share their points.
type expectation [3]float64

func (e expectation) plus(f expectation) expectation {
	for i := range e {
		e[i] += f[i]
	}
	return e
}

// within reports whether two estimates agree to 1e-13, relative to their own
// size or to the scale, whichever is larger.
func (e expectation) within(f, scale expectation) bool {
	for i := range e {
		if !(math.Abs(e[i]-f[i]) <= 1e-13*(scale[i]+math.Abs(f[i]))) {
			return false
		}
	}
	return true
}

// integrateOver adds up the integrals from each cut to the next. An error of
// 1e-13 of floor, or of the integral of the absolute value, does not matter.
func integrateOver(cuts []float64, floor expectation, f func(float64) expectation) expectation {
	r := newRule()
	absolute := func(eps float64) expectation {
		v := f(eps)
		for i := range v {
			v[i] = math.Abs(v[i])
		}
		return v
	}
	scale := floor
	for i := range cuts[1:] {
		scale = scale.plus(r.apply(cuts[i], cuts[i+1], absolute))
	}
	var sum expectation
	for i := range cuts[1:] {
		lo, hi := cuts[i], cuts[i+1]
		sum = sum.plus(r.adapt(lo, hi, r.apply(lo, hi, f), f, scale, 30))
	}
	return sum
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

// adapt halves an interval until the rule on it and the rule on its halves
// agree.
func (r rule) adapt(lo, hi float64, whole expectation, f func(float64) expectation, scale expectation, depth int) expectation {
	centre := (lo + hi) / 2
	left, right := r.apply(lo, centre, f), r.apply(centre, hi, f)
	both := left.plus(right)
	if depth == 0 || both.within(whole, scale) || !finite.Is(both[0]) {
		return both
	}
	return r.adapt(lo, centre, left, f, scale, depth-1).plus(r.adapt(centre, hi, right, f, scale, depth-1))
}
