package loss

import "math"

// Interpolator is a prior with a way of its own between two of its codes.
type Interpolator interface {
	Interpolate(a, b []float64, t float64) []float64
}

// Interpolate is the code at t in [0, 1] of the way from a to b, each one z of
// all dimensions in the prior's own units: a at 0, b at 1, and codes that the
// prior makes likely between. Unless the prior knows better ([Interpolator]),
// each dimension moves evenly in the prior's probability, so that it stays
// between its ends and within the support.
func Interpolate(p Prior, a, b []float64, t float64) []float64 {
	switch {
	case t <= 0:
		return append([]float64(nil), a...)
	case t >= 1:
		return append([]float64(nil), b...)
	}
	if own, ok := p.(Interpolator); ok {
		return own.Interpolate(a, b, t)
	}
	z := make([]float64, len(a))
	for d := range z {
		m := p.Marginal(d)
		v := m.Quantile((1-t)*m.CDF(a[d]) + t*m.CDF(b[d]))
		// In the tails the distribution function is 0 or 1 for every code.
		z[d] = min(max(v, min(a[d], b[d])), max(a[d], b[d]))
	}
	return z
}

// Interpolate moves on the great circle through a and b in units of the prior's
// standard deviation from its mean: codes of many dimensions all lie near a
// sphere there, whose inside, where a straight line goes, the model has hardly
// seen (White 2016, "Sampling Generative Networks", section 2.1).
func (n *Normal) Interpolate(a, b []float64, t float64) []float64 {
	var aa, bb, ab float64
	for d := range a {
		x, y := (a[d]-n.mean[d])/n.std[d], (b[d]-n.mean[d])/n.std[d]
		aa, bb, ab = aa+x*x, bb+y*y, ab+x*y
	}
	from, to := 1-t, t
	angle := math.Acos(min(max(ab/math.Sqrt(aa*bb), -1), 1))
	// No circle is the only one through codes that are opposite, and none is
	// needed where they have one direction.
	if s := math.Sin(angle); s > 1e-6 {
		from, to = math.Sin((1-t)*angle)/s, math.Sin(t*angle)/s
	}
	z := make([]float64, len(a))
	for d := range z {
		z[d] = n.mean[d] + from*(a[d]-n.mean[d]) + to*(b[d]-n.mean[d])
	}
	return z
}
