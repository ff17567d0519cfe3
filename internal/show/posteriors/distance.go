// Package posteriors looks at what a model makes of many images: [Encode] and [Score] walk
// a split, [Nearest] finds the images whose codes are near another one, and [DirectionOf]
// where those of a class lie.
package posteriors

import (
	"fmt"
	"math"
)

// Distance says how far two diagonal Gaussians are apart, each given by its means and
// standard deviations.
type Distance string

const (
	// KL is the symmetric Kullback-Leibler divergence in nats, KL(p || q) + KL(q || p)
	// (Jeffreys 1946). It counts differences in units of how sure the encoder is of a
	// dimension, and does not depend on the units of z. Where both are the prior, it is 0.
	KL Distance = "kl"
	// Wasserstein is the distance of optimal transport, W2: the root of the summed squares
	// of the differences of means and of standard deviations (Dowson and Landau 1982), in
	// units of z's Gaussian variable.
	Wasserstein Distance = "wasserstein"
)

// Distances are all there are.
func Distances() []Distance { return []Distance{KL, Wasserstein} }

// Between is the distance. It is 0 between equal ones and the same both ways.
func (d Distance) Between(meanA, stdA, meanB, stdB []float64) float64 {
	var sum float64
	switch d {
	case KL:
		for i, m := range meanA {
			a, b, delta := stdA[i]*stdA[i], stdB[i]*stdB[i], m-meanB[i]
			// a/b + b/a - 2, written so that it is 0 for equal ones.
			sum += 0.5 * ((a-b)*(a-b)/(a*b) + delta*delta*(1/a+1/b))
		}
		return sum
	case Wasserstein:
		for i, m := range meanA {
			delta, spread := m-meanB[i], stdA[i]-stdB[i]
			sum += delta*delta + spread*spread
		}
		return math.Sqrt(sum)
	}
	panic(fmt.Sprintf("posteriors: no distance %q", d))
}
