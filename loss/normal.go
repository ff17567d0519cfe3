package loss

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"
)

// Normal is the prior N(m, s^2), each dimension on its own, with u = z and
//
//	KL = ln(s/sigma) + (sigma^2 + (mu - m)^2) / (2 s^2) - 1/2
type Normal struct {
	independentMarginals
	mean, std []float64
}

// NewNormal makes the prior N(mean, std^2) over the given number of latent
// dimensions. Each parameter has one value for all dimensions or one a
// dimension, in units of z; std must be positive.
func NewNormal(latents int, mean, std []float64) (*Normal, error) {
	m, err := broadcast("mean", mean, latents)
	if err != nil {
		return nil, err
	}
	s, err := broadcast("std", std, latents)
	if err != nil {
		return nil, err
	}
	n := &Normal{mean: m, std: s}
	n.name = "normal"
	n.parameters = []Parameter{{Name: "mean", Values: mean}, {Name: "std", Values: std}}
	for d := range m {
		if s[d] <= 0 {
			return nil, fmt.Errorf("prior std is %g in dimension %d, must be positive", s[d], d)
		}
		n.marginals = append(n.marginals, distuv.Normal{Mu: m[d], Sigma: s[d]})
	}
	return n, nil
}

// KL adds the closed form, [images, latents].
func (n *Normal) KL(q *Posterior) (*gorgonia.Node, error) {
	return q.graph.GaussianKL(q.params, n.mean, n.std)
}

// KLMethod is the closed form.
func (n *Normal) KLMethod() Method { return ClosedForm }

// Sample draws z from N(m, s^2).
func (n *Normal) Sample(z []float64, rng *rand.Rand) {
	for d := range z {
		z[d] = n.mean[d] + n.std[d]*rng.NormFloat64()
	}
}

// Divergence evaluates the closed form.
func (n *Normal) Divergence(d int, mu, sigma float64) Divergence {
	m, s := n.mean[d], n.std[d]
	v := gaussianDivergence(mu, sigma, m, s)
	v.Formula = "ln(s/sigma) + (sigma^2 + (mu - m)^2)/(2 s^2) - 1/2"
	v.Substituted = fmt.Sprintf("ln(%g/%g) + (%g^2 + (%g - %s)^2)/(2 * %g^2) - 1/2", s, sigma, sigma, mu, operand(m), s)
	return v
}

func gaussianDivergence(mu, sigma, m, s float64) Divergence {
	r, delta := sigma/s, (mu-m)/s
	return Divergence{
		KL:     (r*r-1)/2 - math.Log(r) + delta*delta/2,
		DMu:    delta / s,
		DSigma: (r - 1/r) / s,
		Method: ClosedForm,
	}
}

// operand puts a negative number in brackets.
func operand(x float64) string {
	if x < 0 {
		return fmt.Sprintf("(%g)", x)
	}
	return fmt.Sprintf("%g", x)
}
