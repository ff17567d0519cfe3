package loss

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// A curve of many components is that of N(1, 2^2), to which the KL is known.
func TestDivergenceToACurveOfManyComponents(t *testing.T) {
	const n, bandwidth = 2048, 0.3
	var p mixtureCurve
	spread := math.Sqrt(4 - bandwidth*bandwidth)
	for i := range n {
		place := 1 + spread*distuv.UnitNormal.Quantile((float64(i)+0.5)/n)
		p.parts = append(p.parts, distuv.Normal{Mu: place, Sigma: bandwidth})
		p.logWeights = append(p.logWeights, -math.Log(n))
	}
	for _, c := range [][2]float64{{1, 2}, {0, 0.05}, {3, 1}, {-2, 0.4}} {
		mu, sigma := c[0], c[1]
		want := math.Log(2/sigma) + (sigma*sigma+(mu-1)*(mu-1))/8 - 0.5
		d := p.divergence(mu, sigma)
		if math.Abs(d.KL-want) > 5e-3 || math.Abs(d.DMu-(mu-1)/4) > 2e-2 || math.Abs(d.DSigma-(sigma/4-1/sigma)) > 2e-2 {
			t.Errorf("N(%g, %g^2): KL %g, want %g; gradients %g and %g, want %g and %g", mu, sigma, d.KL, want, d.DMu, d.DSigma, (mu-1)/4, sigma/4-1/sigma)
		}
	}
}
