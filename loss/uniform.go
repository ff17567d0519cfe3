package loss

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// Uniform is the prior Uniform(lo, hi), each dimension on its own.
//
// A Gaussian posterior on z itself would have an infinite KL to it, because
// every Gaussian has mass outside any interval. So the Gaussian variable is u,
// and
//
//	z = lo + (hi - lo) Phi(u)
//
// where Phi is the standard normal distribution function. When u follows
// N(0, 1), Phi(u) is uniform on (0, 1) and z is Uniform(lo, hi). KL does not
// change under an invertible map of both distributions, so
//
//	KL(q(z|x) || Uniform(lo, hi)) = KL(N(mu, sigma^2) || N(0, 1)) exactly.
type Uniform struct {
	independentMarginals
	low, high []float64
}

// NewUniform makes the prior Uniform(low, high) over the given number of
// latent dimensions. Each end has one value for all dimensions or one a
// dimension, in units of z; low must be below high.
func NewUniform(latents int, low, high []float64) (*Uniform, error) {
	lo, err := broadcast("low", low, latents)
	if err != nil {
		return nil, err
	}
	hi, err := broadcast("high", high, latents)
	if err != nil {
		return nil, err
	}
	u := &Uniform{low: lo, high: hi}
	u.name = "uniform"
	u.parameters = []Parameter{{Name: "low", Values: low}, {Name: "high", Values: high}}
	for d := range lo {
		if lo[d] >= hi[d] {
			return nil, fmt.Errorf("prior low %g is not below high %g in dimension %d", lo[d], hi[d], d)
		}
		u.marginals = append(u.marginals, distuv.Uniform{Min: lo[d], Max: hi[d]})
	}
	return u, nil
}

// Base is the standard normal, whatever the interval.
func (u *Uniform) Base(int) (mean, std float64) { return 0, 1 }

// Latent adds z = lo + (hi - lo) Phi(u), [rows, latents].
func (u *Uniform) Latent(q *Posterior) (*gorgonia.Node, error) {
	return q.graph.Rows(graph.RowFunc{
		Name:           "uniform from normal",
		Columns:        q.latents,
		Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			for d, v := range in[0] {
				out[d] = float32(u.FromBase(d, float64(v)))
			}
		},
		Backward: func(_ int, du []float32, in [][]float32, _, dz []float32) {
			for d, v := range in[0] {
				x := float64(v)
				du[d] += dz[d] * float32((u.high[d]-u.low[d])*invSqrt2Pi*math.Exp(-x*x/2))
			}
		},
	}, q.U())
}

// KL adds KL(N(mu, sigma^2) || N(0, 1)), [images, latents].
func (u *Uniform) KL(q *Posterior) (*gorgonia.Node, error) {
	zeros, ones := make([]float64, q.latents), make([]float64, q.latents)
	for d := range ones {
		ones[d] = 1
	}
	return q.graph.GaussianKL(q.params, zeros, ones)
}

// KLMethod is the closed form.
func (u *Uniform) KLMethod() Method { return ClosedForm }

// FromBase is lo + (hi - lo) Phi(u).
func (u *Uniform) FromBase(d int, x float64) float64 {
	return u.low[d] + (u.high[d]-u.low[d])*0.5*math.Erfc(-x/math.Sqrt2)
}

// ToBase is Phi^-1((z - lo)/(hi - lo)). At and beyond the ends it is the
// largest finite value either way, about 8.2.
func (u *Uniform) ToBase(d int, z float64) float64 {
	const smallest = 0x1p-53
	p := (z - u.low[d]) / (u.high[d] - u.low[d])
	return distuv.UnitNormal.Quantile(min(max(p, smallest), 1-smallest))
}

// Sample draws z from Uniform(lo, hi).
func (u *Uniform) Sample(z []float64, rng *rand.Rand) {
	for d := range z {
		z[d] = u.low[d] + (u.high[d]-u.low[d])*rng.Float64()
	}
}

// Divergence evaluates the exact KL of z; mu and sigma are those of u.
func (u *Uniform) Divergence(_ int, mu, sigma float64) Divergence {
	v := gaussianDivergence(mu, sigma, 0, 1)
	v.Formula = "-ln(sigma) + (sigma^2 + mu^2)/2 - 1/2, with z = lo + (hi - lo) Phi(u) and u ~ N(mu, sigma^2)"
	v.Substituted = fmt.Sprintf("-ln(%g) + (%g^2 + %s^2)/2 - 1/2", sigma, sigma, operand(mu))
	return v
}
