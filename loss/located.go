package loss

import "gorgonia.org/gorgonia"

// LocatedPrior is a prior that says where the Gaussian variable u lies when z follows it.
type LocatedPrior interface {
	// Base is the mean and standard deviation of u in dimension d when z
	// follows the prior, or its location and scale where those are not finite.
	// A standardised head starts there.
	Base(d int) (mean, std float64)
}

// MappedPrior is a prior whose z is an invertible function of u, dimension by dimension, as
// where its support is not the whole line (see [Uniform]). KL is then that of z, which
// the map does not change.
type MappedPrior interface {
	LocatedPrior
	// Latent adds z, in the prior's own units, [rows, latents], given u.
	Latent(q *Posterior) (*gorgonia.Node, error)
	// FromBase is the z of one dimension that belongs to u, and ToBase its inverse.
	FromBase(d int, u float64) float64
	ToBase(d int, z float64) float64
}

// Base is the mean and standard deviation of u in dimension d when z follows the
// prior: those of the prior itself, unless it is a [LocatedPrior].
func Base(p Prior, d int) (mean, std float64) {
	if p, ok := p.(LocatedPrior); ok {
		return p.Base(d)
	}
	m := p.Marginal(d)
	return m.Mean(), m.StdDev()
}

// Latent adds z, in the prior's own units, [rows, latents]: u, unless the prior is
// [MappedPrior].
func Latent(p Prior, q *Posterior) (*gorgonia.Node, error) {
	if p, ok := p.(MappedPrior); ok {
		return p.Latent(q)
	}
	return q.U(), nil
}

// FromBase is the z of dimension d that belongs to u.
func FromBase(p Prior, d int, u float64) float64 {
	if p, ok := p.(MappedPrior); ok {
		return p.FromBase(d, u)
	}
	return u
}

// ToBase is the u of dimension d that belongs to z.
func ToBase(p Prior, d int, z float64) float64 {
	if p, ok := p.(MappedPrior); ok {
		return p.ToBase(d, z)
	}
	return z
}
