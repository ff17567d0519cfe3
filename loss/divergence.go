package loss

// Divergence is a KL in nats at one posterior, with its derivatives and the
// formula it came from.
type Divergence struct {
	KL     float64 // nats
	DMu    float64 // dKL/dmu, nats per unit of mu
	DSigma float64 // dKL/dsigma, nats per unit of sigma
	Method Method  // how the three were computed
	// Formula is the expression in symbols and Substituted the same with the
	// numbers put in.
	Formula, Substituted string
}

// DivergencePrior is a prior that can say more of its KL than the graph does.
type DivergencePrior interface {
	// KLMethod says whether KL is exact ([ClosedForm]) or an estimate from the
	// posterior's own draws ([MonteCarlo], see [MonteCarloKL]).
	KLMethod() Method
	// Divergence evaluates the KL of dimension d at one posterior
	// N(mu, sigma^2) of u. Sigma must be positive.
	Divergence(d int, mu, sigma float64) Divergence
}

// KLMethod says how the KL of a prior is computed on the graph: as it says itself if it
// is a [DivergencePrior], otherwise from the posterior's draws.
func KLMethod(p Prior) Method {
	if p, ok := p.(DivergencePrior); ok {
		return p.KLMethod()
	}
	return MonteCarlo
}

// DivergenceOf evaluates the KL of dimension d at one posterior N(mu, sigma^2) of u, for
// a positive sigma: as the prior does itself if it is a [DivergencePrior], otherwise by
// quadrature of its marginal density.
func DivergenceOf(p Prior, d int, mu, sigma float64) Divergence {
	if p, ok := p.(DivergencePrior); ok {
		return p.Divergence(d, mu, sigma)
	}
	m, ok := p.Marginal(d).(ScoredMarginal)
	if !ok {
		m = differenced{p.Marginal(d)}
	}
	return DivergenceByQuadrature(m, mu, sigma)
}

// differenced is a distribution whose slope is taken from differences.
type differenced struct{ Marginal }

// Score is a central difference over a ten-thousandth of the scale there is.
func (p differenced) Score(z float64) float64 {
	h := 1e-4 * (p.Quantile(0.75) - p.Quantile(0.25))
	return (p.LogProb(z+h) - p.LogProb(z-h)) / (2 * h)
}
