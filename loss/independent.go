package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Independent is a prior whose dimensions are independent and have any density on the
// whole line, the shortest way to a prior of one's own: its KL is estimated from the
// posterior's draws, it can be sampled, standardised and weighed by, and everything
// follows from the density, its slope and its distribution function.
type Independent struct{ line }

// NewIndependent makes a prior of one distribution a dimension.
func NewIndependent(name string, parameters []Parameter, dimensions []ScoredMarginal) (*Independent, error) {
	if name == "" || len(dimensions) < 1 {
		return nil, fmt.Errorf("a prior called %q of %d dimensions", name, len(dimensions))
	}
	curves := make([]curve, len(dimensions))
	for d, p := range dimensions {
		curves[d] = plainCurve{p}
	}
	return &Independent{newLine(name, parameters, curves)}, nil
}

// Divergence integrates numerically.
func (p *Independent) Divergence(d int, mu, sigma float64) Divergence {
	return DivergenceByQuadrature(p.curves[d], mu, sigma)
}

// plainCurve takes tails and draws from the distribution function and its inverse.
type plainCurve struct{ ScoredMarginal }

// LogTails is as exact as the distribution function is in float64.
func (p plainCurve) LogTails(z float64) (lower, upper float64) {
	below := p.CDF(z)
	return math.Log(below), math.Log1p(-below)
}

// Draw is the quantile at the middle of one of 2^53 equal cells: 0 and 1 have none.
func (p plainCurve) Draw(rng *rand.Rand) float64 {
	return p.Quantile((float64(rng.Uint64()>>11) + 0.5) * 0x1p-53)
}
