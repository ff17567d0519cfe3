package loss

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// gaussians is a mixture of K Gaussians with diagonal covariances over all
// dimensions of z, in memory that training may change.
type gaussians struct {
	latents        int
	logits         []float32 // [K]; nil for equal weights
	means, logVars []float32 // [K, latents]
}

func (g gaussians) components() int { return len(g.means) / g.latents }

// logWeights is the logarithms of the weights, which sum to one.
func (g gaussians) logWeights() []float64 {
	w := make([]float64, g.components())
	for k := range w {
		if g.logits != nil {
			w[k] = float64(g.logits[k])
		}
	}
	norm := floats.LogSumExp(w)
	for k := range w {
		w[k] -= norm
	}
	return w
}

func (g gaussians) logDensity(z []float64) float64 {
	terms := g.logWeights()
	for k := range terms {
		for d, v := range z {
			at := k*g.latents + d
			logVar := float64(g.logVars[at])
			delta := v - float64(g.means[at])
			terms[k] -= halfLog2Pi + 0.5*(logVar+delta*delta*math.Exp(-logVar))
		}
	}
	return floats.LogSumExp(terms)
}

func (g gaussians) sample(z []float64, rng *rand.Rand) {
	k := pick(g.logWeights(), rng)
	for d := range z {
		at := k*g.latents + d
		z[d] = float64(g.means[at]) + math.Exp(0.5*float64(g.logVars[at]))*rng.NormFloat64()
	}
}

// marginal is the distribution of dimension d.
func (g gaussians) marginal(d int) mixtureCurve {
	m := mixtureCurve{logWeights: g.logWeights()}
	for k := range m.logWeights {
		at := k*g.latents + d
		m.parts = append(m.parts, distuv.Normal{Mu: float64(g.means[at]), Sigma: math.Exp(0.5 * float64(g.logVars[at]))})
	}
	return m
}

// pick draws an index with the probabilities whose logarithms are given.
func pick(logWeights []float64, rng *rand.Rand) int {
	left := rng.Float64()
	for k, w := range logWeights {
		if left -= math.Exp(w); left < 0 {
			return k
		}
	}
	// What rounding left over of the last weights.
	return len(logWeights) - 1
}
