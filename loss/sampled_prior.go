package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/internal/finite"
)

// Sampler is a prior that one can only draw from. It is all that a prior of
// one's own has to be for the mmd objective, which matches z to draws; see
// [NewSampledPrior].
type Sampler interface {
	// Name is the word that selects the prior.
	Name() string
	// Parameters lists what the prior was made of.
	Parameters() []Parameter
	// Latents is the number of dimensions of z.
	Latents() int
	// Sample draws one z of all dimensions.
	Sample(z []float64, rng *rand.Rand)
}

// marginalKnower is a Sampler that knows the distribution of each dimension.
type marginalKnower interface {
	Marginal(d int) Marginal
}

// SampledPrior is the [Prior] of a [Sampler]. It has no density: what asks for one is
// refused or, where a figure stands in for it, says so. The KL that it adds is
// that to the Gaussian with its mean and standard deviation in each dimension,
// [GaussianStandIn], which is no part of a bound on log p(x) under this prior.
type SampledPrior struct {
	Sampler
	standIn   *Normal
	marginals []Marginal
}

const sampledDraws = 4096

// NewSampledPrior examines a Sampler by draws of it, unless it knows its marginals
// itself (a method Marginal as that of [Prior]). They must be finite and not all
// the same in any dimension.
func NewSampledPrior(s Sampler) (*SampledPrior, error) {
	n := s.Latents()
	if n < 1 {
		return nil, fmt.Errorf("a prior of %d dimensions", n)
	}
	p := &SampledPrior{Sampler: s}
	if knower, ok := s.(marginalKnower); ok {
		for d := range n {
			p.marginals = append(p.marginals, knower.Marginal(d))
		}
	} else if err := p.examine(); err != nil {
		return nil, err
	}
	mean, std := make([]float64, n), make([]float64, n)
	for d, m := range p.marginals {
		mean[d], std[d] = m.Mean(), m.StdDev()
		if !finite.Is(mean[d]) || !finite.Is(std[d]) || !(std[d] > 0) {
			return nil, fmt.Errorf("prior %s has mean %g and standard deviation %g in dimension %d: must be finite and positive", s.Name(), mean[d], std[d], d)
		}
	}
	var err error
	p.standIn, err = NewNormal(n, mean, std)
	return p, err
}

// examine estimates the marginals.
func (p *SampledPrior) examine() error {
	n := p.Latents()
	rng := rand.New(rand.NewPCG(1, 1))
	columns := make([][]float64, n)
	z := make([]float64, n)
	for range sampledDraws {
		p.Sample(z, rng)
		for d, v := range z {
			if !finite.Is(v) {
				return fmt.Errorf("prior %s draws %g in dimension %d", p.Name(), v, d)
			}
			columns[d] = append(columns[d], v)
		}
	}
	for _, x := range columns {
		slices.Sort(x)
		p.marginals = append(p.marginals, smoothed(x))
	}
	return nil
}

// HasDensity reports whether a prior has a density, which the KL, importance
// weights and every bound on log p(x) are made of.
func HasDensity(p Prior) bool {
	_, only := p.(*SampledPrior)
	return !only
}

// KL adds that to the Gaussian stand-in, [images, latents].
func (p *SampledPrior) KL(q *Posterior) (*gorgonia.Node, error) { return p.standIn.KL(q) }

// KLMethod says that the KL is not that to the prior.
func (p *SampledPrior) KLMethod() Method { return GaussianStandIn }

// Marginal is the distribution of one dimension: the Sampler's own or, where it
// has none, an estimate from 4,096 draws.
func (p *SampledPrior) Marginal(d int) Marginal { return p.marginals[d] }

// LogDensity is NaN: there is none.
func (p *SampledPrior) LogDensity([]float64) float64 { return math.NaN() }

// Divergence is that to the Gaussian stand-in.
func (p *SampledPrior) Divergence(d int, mu, sigma float64) Divergence {
	v := p.standIn.Divergence(d, mu, sigma)
	v.Method = GaussianStandIn
	return v
}
