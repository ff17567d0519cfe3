package loss

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// Sphere is uniform on the surface of a sphere around the origin. In the space
// of z it has no density, so it is a [Sampler].
type Sphere struct {
	latents int
	radius  float64
}

// NewSphere makes the surface in at least two dimensions, with a positive radius
// in units of z.
func NewSphere(latents int, radius float64) (*Sphere, error) {
	if latents < 2 {
		return nil, fmt.Errorf("a sphere in %d dimensions: there must be two", latents)
	}
	if !(radius > 0) || math.IsInf(radius, 0) {
		return nil, fmt.Errorf("a sphere of radius %g: must be positive", radius)
	}
	return &Sphere{latents, radius}, nil
}

// Name is "sphere".
func (s *Sphere) Name() string { return "sphere" }

// Parameters has the radius.
func (s *Sphere) Parameters() []Parameter { return []Parameter{{"radius", []float64{s.radius}}} }

// Latents is the number of dimensions of z.
func (s *Sphere) Latents() int { return s.latents }

// Sample draws a direction, that of a standard normal z (Muller 1959).
func (s *Sphere) Sample(z []float64, rng *rand.Rand) {
	var square float64
	for square == 0 {
		for d := range z {
			z[d] = rng.NormFloat64()
			square += z[d] * z[d]
		}
	}
	scale := s.radius / math.Sqrt(square)
	for d := range z {
		z[d] *= scale
	}
}

// Marginal is that of one coordinate: (z/r + 1)/2 follows Beta((n-1)/2, (n-1)/2)
// in n dimensions.
func (s *Sphere) Marginal(int) Marginal {
	shape := float64(s.latents-1) / 2
	return coordinate{distuv.Beta{Alpha: shape, Beta: shape}, s.radius}
}

// coordinate stretches a Beta distribution over [-radius, radius].
type coordinate struct {
	beta   distuv.Beta
	radius float64
}

func (c coordinate) place(z float64) float64 { return (z/c.radius + 1) / 2 }

// LogProb is the log density in nats, -Inf outside.
func (c coordinate) LogProb(z float64) float64 {
	if math.Abs(z) > c.radius {
		return math.Inf(-1)
	}
	return c.beta.LogProb(c.place(z)) - math.Log(2*c.radius)
}

// CDF is the part below z.
func (c coordinate) CDF(z float64) float64 {
	return c.beta.CDF(max(0, min(1, c.place(z))))
}

// Quantile is the inverse of CDF.
func (c coordinate) Quantile(p float64) float64 { return c.radius * (2*c.beta.Quantile(p) - 1) }

// Mean is 0.
func (c coordinate) Mean() float64 { return 0 }

// StdDev is r / sqrt(n).
func (c coordinate) StdDev() float64 { return 2 * c.radius * c.beta.StdDev() }
