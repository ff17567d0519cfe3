package loss

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// NormalScorer is a prior on the whole line whose z is turned into a standard
// normal variable by its own distribution function F, dimension by dimension.
// It is what the decoder reads under the full standardization ([Full]).
type NormalScorer interface {
	// NormalScore is v = Phi^-1(F(z)) and dv/dz for dimension d.
	NormalScore(d int, z float64) (v, slope float64)
}

// normalScores adds Phi^-1(F(z)), [rows, latents].
func normalScores(q *Posterior, scorer NormalScorer, z *gorgonia.Node) (*gorgonia.Node, error) {
	return q.graph.Rows(graph.RowFunc{
		Name:           "normal score",
		Columns:        q.latents,
		Differentiable: []bool{true},
		Forward: func(out []float32, in [][]float32) {
			for d, z := range in[0] {
				v, _ := scorer.NormalScore(d, float64(z))
				out[d] = float32(v)
			}
		},
		Backward: func(_ int, dz []float32, in [][]float32, _, dout []float32) {
			for d, z := range in[0] {
				_, slope := scorer.NormalScore(d, float64(z))
				dz[d] += dout[d] * float32(slope)
			}
		},
	}, z)
}

// normalScore turns the logarithms of F(z), of 1 - F(z) and of the density at z
// into Phi^-1(F(z)) and its derivative. It uses the smaller tail alone, so the
// result has full precision however far out z is.
func normalScore(logLower, logUpper, logDensity float64) (v, slope float64) {
	if logLower <= logUpper {
		v = quantileOfLog(logLower)
	} else {
		v = -quantileOfLog(logUpper)
	}
	return v, math.Exp(logDensity + v*v/2 + halfLog2Pi)
}

// quantileOfLog is Phi^-1(e^logP) for logP up to ln(1/2).
func quantileOfLog(logP float64) float64 {
	// Above this e^logP is a normal float64 and gonum's quantile is exact.
	const representable = -700
	if logP > representable {
		return distuv.UnitNormal.Quantile(min(math.Exp(logP), 1))
	}
	if math.IsInf(logP, -1) {
		return logP
	}
	// Newton's method on log Phi, which is almost a parabola here, from the
	// first two terms of its expansion.
	x := -math.Sqrt(-2*logP - math.Log(-2*logP) - 2*halfLog2Pi)
	for range 4 {
		logPhi, hazard := logNormalTail(x)
		x -= (logPhi - logP) / hazard
	}
	return x
}

// logPhi is ln Phi(x).
func logPhi(x float64) float64 {
	switch {
	case x < -30:
		value, _ := logNormalTail(x)
		return value
	case x < 1:
		return math.Log(0.5 * math.Erfc(-x/math.Sqrt2))
	}
	return math.Log1p(-0.5 * math.Erfc(x/math.Sqrt2))
}

// logNormalTail is ln Phi(x) and its derivative for x far below zero, from the
// asymptotic expansion of Phi (Abramowitz & Stegun 26.2.12), whose first term
// left out is below 1e-12 for x < -30.
func logNormalTail(x float64) (value, derivative float64) {
	w := 1 / (x * x)
	series := 1 - w*(1-3*w*(1-5*w*(1-7*w)))
	return -x*x/2 - math.Log(-x) - halfLog2Pi + math.Log(series), -x / series
}
