package loss

import (
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// ContinuousBernoulli is the likelihood of grey pixels whose density on [0, 1] is
// proportional to lambda^x (1 - lambda)^(1-x) (Loaiza-Ganem & Cunningham 2019).
// The decoder puts out l = logit(lambda), in which the density is
//
//	ln p(x) = x l - A(l),   A(l) = ln((e^l - 1)/l)
//
// A is ln of the integral of e^(lx) over [0, 1]; the authors' normaliser
// 2 artanh(1 - 2 lambda)/(1 - 2 lambda) is that of the same density written with
// lambda. Near l = 0, lambda = 1/2, the formula is 0/0 and its Taylor series
// takes its place.
type ContinuousBernoulli struct{ oneEach }

// Name is "continuous-bernoulli".
func (ContinuousBernoulli) Name() string { return "continuous-bernoulli" }

// Comparable is by likelihood: it is a density.
func (ContinuousBernoulli) Comparable() string {
	return "density of grey pixels on [0, 1]: comparable with continuous-bernoulli figures only"
}

// LogProb adds sum x l - A(l).
func (ContinuousBernoulli) LogProb(d *DecoderOutput) (*gorgonia.Node, error) {
	return d.graph.PixelLogProb(graph.PixelFunc{Name: "continuous bernoulli", Row: continuousBernoulliRow, Scratch: 3}, d.outputs, d.x, nil)
}

// seriesBelow is the |l| up to which the series is used: there four terms are
// exact in float32, and beyond it neither difference of the formula cancels more
// than two bits.
const seriesBelow = 0.5

// normaliserSeries is A(l) and A'(l) near 0.
func normaliserSeries(l float32) (value, mean float32) {
	s := l * l
	value = l/2 + s*(1.0/24-s*(1.0/2880-s/181440))
	mean = 0.5 + l*(1.0/12-s*(1.0/720-s*(1.0/30240-s/1209600)))
	return value, mean
}

func continuousBernoulliRow(e *kernel.Engine, residual, out, x []float32, _ float32, scratch [][]float32) (logProb, dScale float64) {
	decay, logRest, logSize := scratch[0], scratch[1], scratch[2]
	for i, l := range out {
		size := max(l, -l)
		logSize[i], decay[i] = size, -size
	}
	e.Exp(decay, decay)
	for i, v := range decay {
		logRest[i] = -v
	}
	e.Log1p(logRest, logRest)
	e.Log(logSize, logSize)
	var sum float64
	for i, l := range out {
		var value, mean float32
		if l > -seriesBelow && l < seriesBelow {
			value, mean = normaliserSeries(l)
		} else {
			// With a = |l|, A(l) = max(l, 0) + ln(1 - e^-a) - ln a.
			value = max(l, 0) + logRest[i] - logSize[i]
			mean = 1/(1-decay[i]) - 1/l
			if l < 0 {
				mean = -decay[i]/(1-decay[i]) - 1/l
			}
		}
		sum += float64(x[i]*l - value)
		if residual != nil {
			residual[i] = x[i] - mean
		}
	}
	return sum, 0
}

// continuousBernoulliMean is A'(l) in float64, with a series that is exact there.
func continuousBernoulliMean(l float64) float64 {
	if math.Abs(l) < 0.05 {
		s := l * l
		return 0.5 + l*(1.0/12-s*(1.0/720-s*(1.0/30240-s/1209600)))
	}
	return -1/math.Expm1(-l) - 1/l
}

// Means is A'(l), which is not the sigmoid of l: 1/(1 - e^-l) - 1/l.
func (ContinuousBernoulli) Means(_ Math, dst, outputs []float32) {
	for i, l := range outputs {
		dst[i] = float32(continuousBernoulliMean(float64(l)))
	}
}

// Draw inverts the distribution function (e^(lx) - 1)/(e^l - 1) at a uniform draw.
func (ContinuousBernoulli) Draw(n Noise, dst, outputs []float32) {
	n.Uniform(dst)
	for i, l := range outputs {
		dst[i] = float32(continuousBernoulliQuantile(float64(l), float64(dst[i])+0x1p-25))
	}
}

// continuousBernoulliQuantile is ln(1 + u (e^l - 1))/l, from whichever end keeps
// e^l from overflowing.
func continuousBernoulliQuantile(l, u float64) float64 {
	if l > 0 {
		return 1 - continuousBernoulliQuantile(-l, 1-u)
	}
	if l > -1e-6 {
		return u * (1 + l*(1-u)/2)
	}
	return min(max(math.Log1p(u*math.Expm1(l))/l, 0), 1)
}

// OutputsAt inverts the means.
func (ContinuousBernoulli) OutputsAt(dst []float32, means []float64) {
	outputsAt(dst, means, continuousBernoulliOutput)
}

// continuousBernoulliOutput inverts the mean by bisection: it rises with l from 0 to 1.
func continuousBernoulliOutput(mean float64) float64 {
	lo, hi := -1e6, 1e6
	for range 200 {
		middle := lo + (hi-lo)/2
		if continuousBernoulliMean(middle) < mean {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}
