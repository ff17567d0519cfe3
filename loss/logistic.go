package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Logistic is the prior whose distribution function is the sigmoid of
// (z - m)/s, each dimension on its own: close to a Gaussian at its location m,
// with exponential tails. Its standard deviation is s pi/sqrt(3). The posterior
// is a Gaussian on z. The mean of softplus under a Gaussian has no closed form,
// so training estimates the KL from the draws.
type Logistic struct{ line }

// NewLogistic makes the prior over the given number of latent dimensions.
// Location and scale have one value for all dimensions or one a dimension, in
// units of z; the scale must be positive.
func NewLogistic(latents int, location, scale []float64) (*Logistic, error) {
	m, s, err := locationAndScale(latents, location, scale)
	if err != nil {
		return nil, err
	}
	curves := make([]curve, latents)
	for d := range curves {
		curves[d] = logisticCurve{m[d], s[d]}
	}
	return &Logistic{newLine("logistic", []Parameter{{"location", location}, {"scale", scale}}, curves)}, nil
}

type logisticCurve struct{ location, scale float64 }

func (p logisticCurve) standard(z float64) float64 { return (z - p.location) / p.scale }

func (p logisticCurve) LogProb(z float64) float64 {
	y := math.Abs(p.standard(z))
	return -y - 2*math.Log1p(math.Exp(-y)) - math.Log(p.scale)
}

func (p logisticCurve) Score(z float64) float64 { return -math.Tanh(p.standard(z)/2) / p.scale }

func (p logisticCurve) CDF(z float64) float64 {
	lower, _ := p.LogTails(z)
	return math.Exp(lower)
}

func (p logisticCurve) LogTails(z float64) (lower, upper float64) {
	y := p.standard(z)
	return -softplus(-y), -softplus(y)
}

func (p logisticCurve) Quantile(q float64) float64 {
	return p.location + p.scale*(math.Log(q)-math.Log1p(-q))
}

func (p logisticCurve) Mean() float64   { return p.location }
func (p logisticCurve) StdDev() float64 { return p.scale * math.Pi / math.Sqrt(3) }

func (p logisticCurve) Draw(rng *rand.Rand) float64 {
	// The middle of one of 2^53 equal cells: 0 and 1 have no quantile.
	return p.Quantile(float64(rng.Uint64()>>11)*0x1p-53 + 0x1p-54)
}

// softplus is ln(1 + e^x).
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// Divergence integrates numerically.
func (l *Logistic) Divergence(d int, mu, sigma float64) Divergence {
	p := l.curves[d].(logisticCurve)
	v := DivergenceByQuadrature(p, mu, sigma)
	v.Formula = "E_q[y + 2 ln(1 + exp(-y))] + ln(s) - ln(sigma sqrt(2 pi e)), y = (z - m)/s"
	v.Substituted = fmt.Sprintf("E_q[y + 2 ln(1 + exp(-y))] + ln(%[1]g) - ln(%[2]g sqrt(2 pi e)), y = (z - %[3]s)/%[1]g", p.scale, sigma, operand(p.location))
	return v
}
