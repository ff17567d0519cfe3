package loss

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/internal/finite"
)

// Mixture is the prior sum_k w_k N(m_k, s_k^2), the same in each dimension and
// each dimension on its own: a code of n dimensions has K^n modes. The posterior
// is a Gaussian on z; the KL of a Gaussian to a mixture has no closed form, so
// training estimates it from the draws.
type Mixture struct{ line }

// NewMixture makes the prior over the given number of latent dimensions.
// Weights, means and standard deviations have one value a component, or one for
// all components; means and stds are in units of z. Weights must be positive and
// are divided by their sum; stds must be positive.
func NewMixture(latents int, weights, means, stds []float64) (*Mixture, error) {
	if latents < 1 {
		return nil, fmt.Errorf("a prior of %d dimensions", latents)
	}
	count := max(len(weights), len(means), len(stds))
	w, err := componentValues("weights", weights, count)
	if err != nil {
		return nil, err
	}
	m, err := componentValues("means", means, count)
	if err != nil {
		return nil, err
	}
	s, err := componentValues("stds", stds, count)
	if err != nil {
		return nil, err
	}
	var p mixtureCurve
	for k := range count {
		if w[k] <= 0 {
			return nil, fmt.Errorf("prior weight of component %d is %g, must be positive", k, w[k])
		}
		if s[k] <= 0 {
			return nil, fmt.Errorf("prior std of component %d is %g, must be positive", k, s[k])
		}
		p.logWeights = append(p.logWeights, math.Log(w[k]))
		p.parts = append(p.parts, distuv.Normal{Mu: m[k], Sigma: s[k]})
	}
	norm := floats.LogSumExp(p.logWeights)
	for k := range p.logWeights {
		p.logWeights[k] -= norm
	}
	curves := make([]curve, latents)
	for d := range curves {
		curves[d] = p
	}
	return &Mixture{newLine("mixture", []Parameter{{"weights", weights}, {"means", means}, {"stds", stds}}, curves)}, nil
}

// componentValues gives a parameter one value a component.
func componentValues(name string, values []float64, components int) ([]float64, error) {
	if components < 1 {
		return nil, fmt.Errorf("a mixture of no components")
	}
	if len(values) != 1 && len(values) != components {
		return nil, fmt.Errorf("prior %s has %d values, wants one or %d, one a component", name, len(values), components)
	}
	out := make([]float64, components)
	for k := range out {
		out[k] = values[min(k, len(values)-1)]
		if !finite.Is(out[k]) {
			return nil, fmt.Errorf("prior %s is %g in component %d, must be finite", name, out[k], k)
		}
	}
	return out, nil
}

// mixtureCurve is a mixture of Gaussians on the line.
type mixtureCurve struct {
	logWeights []float64 // their exponentials sum to one
	parts      []distuv.Normal
}

// logSum is ln sum_k w_k exp(f(k)), by log-sum-exp in one pass: the sum is
// relative to the largest term so far.
func (p mixtureCurve) logSum(f func(part distuv.Normal) float64) float64 {
	largest, sum := math.Inf(-1), 0.0
	for k, part := range p.parts {
		switch term := p.logWeights[k] + f(part); {
		case term > largest:
			sum = sum*math.Exp(largest-term) + 1
			largest = term
		case !math.IsInf(term, -1):
			sum += math.Exp(term - largest)
		}
	}
	return largest + math.Log(sum)
}

// mean is sum_k w_k f(k).
func (p mixtureCurve) mean(f func(part distuv.Normal) float64) float64 {
	var sum float64
	for k, part := range p.parts {
		sum += math.Exp(p.logWeights[k]) * f(part)
	}
	return sum
}

func (p mixtureCurve) LogProb(z float64) float64 {
	return p.logSum(func(part distuv.Normal) float64 { return part.LogProb(z) })
}

func (p mixtureCurve) CDF(z float64) float64 {
	return p.mean(func(part distuv.Normal) float64 { return part.CDF(z) })
}

// Quantile lies between the smallest and the largest quantile of the
// components, and is found there by bisection.
func (p mixtureCurve) Quantile(q float64) float64 {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, part := range p.parts {
		x := part.Quantile(q)
		lo, hi = min(lo, x), max(hi, x)
	}
	if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		return lo
	}
	upper := q > 0.5
	for range 200 {
		middle := lo + (hi-lo)/2
		if middle <= lo || middle >= hi {
			break
		}
		below := p.CDF(middle) < q
		if upper {
			// 1 - CDF is the more precise where the CDF is near 1.
			below = p.mean(func(part distuv.Normal) float64 { return part.Survival(middle) }) > 1-q
		}
		if below {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}

func (p mixtureCurve) Mean() float64 {
	return p.mean(func(part distuv.Normal) float64 { return part.Mu })
}

func (p mixtureCurve) StdDev() float64 {
	centre := p.Mean()
	return math.Sqrt(p.mean(func(part distuv.Normal) float64 {
		return part.Sigma*part.Sigma + (part.Mu-centre)*(part.Mu-centre)
	}))
}

func (p mixtureCurve) Score(z float64) float64 {
	logDensity := p.LogProb(z)
	var score float64
	for k, part := range p.parts {
		share := math.Exp(p.logWeights[k] + part.LogProb(z) - logDensity)
		score += share * (part.Mu - z) / (part.Sigma * part.Sigma)
	}
	return score
}

func (p mixtureCurve) LogTails(z float64) (lower, upper float64) {
	lower = p.logSum(func(part distuv.Normal) float64 { return logPhi((z - part.Mu) / part.Sigma) })
	upper = p.logSum(func(part distuv.Normal) float64 { return logPhi((part.Mu - z) / part.Sigma) })
	return lower, upper
}

func (p mixtureCurve) Draw(rng *rand.Rand) float64 {
	part := p.parts[pick(p.logWeights, rng)]
	return part.Mu + part.Sigma*rng.NormFloat64()
}

// smoothDivergence integrates by the trapezoidal rule, in steps of a quarter of the
// Gaussian's standard deviation: the error of a curve estimated from draws is larger
// than the rule's, and an adaptive one would follow every draw.
func (p mixtureCurve) smoothDivergence(mu, sigma float64) Divergence {
	const steps, perStd = 64, 4
	d := Divergence{KL: -gaussianEntropy(sigma), DSigma: -1 / sigma, Method: Quadrature}
	for i := range steps + 1 {
		eps := float64(i-steps/2) / perStd
		weight, z := gaussian(eps)/perStd, mu+sigma*eps
		score := p.Score(z)
		d.KL -= weight * p.LogProb(z)
		d.DMu -= weight * score
		d.DSigma -= weight * score * eps
	}
	d.KL = max(0, d.KL)
	return d
}

// divergence integrates numerically, with cuts around every component and where
// neighbours pass each other; of many components, whose sum is smooth, only around
// some, and of a curve estimated from draws around none.
func (p mixtureCurve) divergence(mu, sigma float64) Divergence {
	const most, estimated = 32, 1000
	if len(p.parts) > estimated {
		return p.smoothDivergence(mu, sigma)
	}
	var cuts []float64
	var some []int
	for k := 0; k < len(p.parts); k += (len(p.parts) + most - 1) / most {
		some = append(some, k)
		for _, s := range []float64{-6, -2, 0, 2, 6} {
			cuts = append(cuts, p.parts[k].Mu+s*p.parts[k].Sigma)
		}
	}
	slices.SortFunc(some, func(i, j int) int { return cmp.Compare(p.parts[i].Mu, p.parts[j].Mu) })
	for i := range len(some) - 1 {
		cuts = append(cuts, p.bend(some[i], some[i+1])...)
	}
	v := DivergenceByQuadrature(p, mu, sigma, cuts...)
	v.Formula = "-E_q[ln sum_k w_k N(z; m_k, s_k^2)] - ln(sigma sqrt(2 pi e))"
	v.Substituted = fmt.Sprintf("-E_q[ln(%s)] - ln(%g sqrt(2 pi e))", p, sigma)
	return v
}

// bend is places around which two components pass each other. Far from both the
// log density bends there from one parabola to the other, within a length that
// may be a ten-thousandth of the Gaussian it is integrated against.
func (p mixtureCurve) bend(i, j int) []float64 {
	a, b := p.parts[i], p.parts[j]
	// The log ratio of the two is square*z^2 + linear*z + level.
	va, vb := a.Sigma*a.Sigma, b.Sigma*b.Sigma
	square := (1/vb - 1/va) / 2
	linear := a.Mu/va - b.Mu/vb
	level := p.logWeights[i] - p.logWeights[j] + math.Log(b.Sigma/a.Sigma) - a.Mu*a.Mu/(2*va) + b.Mu*b.Mu/(2*vb)
	root := math.Sqrt(linear*linear - 4*square*level)
	half := -(linear + math.Copysign(root, linear)) / 2
	var places []float64
	for _, z := range []float64{half / square, level / half} {
		slope := math.Abs(2*square*z + linear)
		for _, n := range []float64{-25, -5, -1, 0, 1, 5, 25} {
			if place := z + n/slope; finite.Is(place) {
				places = append(places, place)
			}
		}
	}
	return places
}

// String writes the density, with the first components only of many.
func (p mixtureCurve) String() string {
	const most = 4
	var terms []string
	for k, part := range p.parts {
		if k == most {
			terms = append(terms, fmt.Sprintf("... of %d terms", len(p.parts)))
			break
		}
		terms = append(terms, fmt.Sprintf("%.4g N(z; %.4g, %.4g^2)", math.Exp(p.logWeights[k]), part.Mu, part.Sigma))
	}
	return strings.Join(terms, " + ")
}

// Divergence integrates numerically.
func (m *Mixture) Divergence(d int, mu, sigma float64) Divergence {
	return m.curves[d].(mixtureCurve).divergence(mu, sigma)
}
