package loss

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/internal/finite"
)

// StudentT is the prior with Student's t-distribution of the given location m,
// scale s and degrees of freedom nu, each dimension on its own: polynomial
// tails, the heavier the smaller nu. Its variance, s^2 nu/(nu - 2), is finite
// only for nu above 2. The posterior is a Gaussian on z; the KL has no closed
// form, so training estimates it from the draws.
type StudentT struct{ line }

// NewStudentT makes the prior over the given number of latent dimensions. Each
// parameter has one value for all dimensions or one a dimension; location and
// scale are in units of z; scale and dof must be positive.
func NewStudentT(latents int, location, scale, dof []float64) (*StudentT, error) {
	m, s, err := locationAndScale(latents, location, scale)
	if err != nil {
		return nil, err
	}
	nu, err := positive("dof", dof, latents)
	if err != nil {
		return nil, err
	}
	curves := make([]curve, latents)
	for d := range curves {
		curves[d] = newStudentCurve(m[d], s[d], nu[d])
	}
	parameters := []Parameter{{"location", location}, {"scale", scale}, {"dof", dof}}
	return &StudentT{newLine("student-t", parameters, curves)}, nil
}

// Base is mean and standard deviation, or location and scale for dof of 2 and
// below.
func (s *StudentT) Base(d int) (mean, std float64) {
	p := s.curves[d].(studentCurve)
	if std = p.StdDev(); finite.Is(std) {
		return p.Mu, std
	}
	return p.Mu, p.Sigma
}

type studentCurve struct {
	distuv.StudentsT
	logPeak float64
}

func newStudentCurve(location, scale, dof float64) studentCurve {
	return studentCurve{
		StudentsT: distuv.StudentsT{Mu: location, Sigma: scale, Nu: dof},
		logPeak:   studentLogPeak(dof) - math.Log(scale),
	}
}

func (p studentCurve) LogProb(z float64) float64 {
	t := (z - p.Mu) / p.Sigma
	return p.logPeak - (p.Nu+1)/2*logOneMore(t, p.Nu)
}

func (p studentCurve) Score(z float64) float64 {
	t := (z - p.Mu) / p.Sigma
	return -(p.Nu + 1) * t / (p.Nu + t*t) / p.Sigma
}

// Mean is not defined for dof of 1 and below.
func (p studentCurve) Mean() float64 {
	if p.Nu <= 1 {
		return math.NaN()
	}
	return p.Mu
}

func (p studentCurve) CDF(z float64) float64 {
	lower, _ := p.LogTails(z)
	return math.Exp(lower)
}

// Quantile is p's own, exact to rounding for all degrees of freedom; that of
// gonum loses its way for very many and very few.
func (p studentCurve) Quantile(q float64) float64 {
	return p.Mu + p.Sigma*studentQuantile(q, p.Nu)
}

func (p studentCurve) LogTails(z float64) (lower, upper float64) {
	t := (z - p.Mu) / p.Sigma
	far := logStudentTail(t, p.Nu)
	near := math.Log1p(-math.Exp(far))
	if t < 0 {
		return far, near
	}
	return near, far
}

func (p studentCurve) Draw(rng *rand.Rand) float64 {
	g := gammaDraw(p.Nu/2, rng)
	return p.Mu + p.Sigma*rng.NormFloat64()/math.Sqrt(g/(p.Nu/2))
}

// gammaDraw draws from Gamma(shape, 1) (Marsaglia & Tsang 2000, for shapes
// below 1 by their boost from shape + 1).
func gammaDraw(shape float64, rng *rand.Rand) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Exp(-rng.ExpFloat64() / shape)
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(1-rng.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v * boost
		}
	}
}

// Divergence integrates numerically.
func (s *StudentT) Divergence(d int, mu, sigma float64) Divergence {
	p := s.curves[d].(studentCurve)
	v := DivergenceByQuadrature(p, mu, sigma)
	v.Formula = "(nu + 1)/2 E_q[ln(1 + (z - m)^2/(nu s^2))] - ln(Gamma((nu + 1)/2)/(Gamma(nu/2) s sqrt(nu pi))) - ln(sigma sqrt(2 pi e))"
	v.Substituted = fmt.Sprintf("(%[1]g + 1)/2 E_q[ln(1 + (z - %[2]s)^2/(%[1]g * %[3]g^2))] - (%.6[4]g) - ln(%[5]g sqrt(2 pi e))",
		p.Nu, operand(p.Mu), p.Sigma, p.logPeak, sigma)
	return v
}
