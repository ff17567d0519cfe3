package loss

import (
	"math"

	"vaectl/internal/compute/kernel"
)

// mixtureTemporaries is the planes that a row needs beside one a channel and one a
// component.
const mixtureTemporaries = 8

// scratch is the number of slices, as long as an image, that hold the planes.
func (l *LogisticMixture) scratch() int {
	c := l.image.Channels
	return (c + l.components + mixtureTemporaries + c - 1) / c
}

// mixtureRow is the work on one row: the log mass of an image and its derivatives.
type mixtureRow struct {
	engine     *kernel.Engine
	out, slope mixturePlanes // slope has no values where nobody wants derivatives
	channels   int
	components int
	scratch    [][]float32
}

// y is the plane of a channel's values in [-1, 1].
func (r *mixtureRow) y(c int) []float32 { return r.plane(c) }

// logs is the plane of the log of a component's weight and mass.
func (r *mixtureRow) logs(k int) []float32 { return r.plane(r.channels + k) }

func (r *mixtureRow) temporary(i int) []float32 { return r.plane(r.channels + r.components + i) }

func (r *mixtureRow) plane(i int) []float32 {
	n := r.out.pixels
	return r.scratch[i/r.channels][i%r.channels*n:][:n]
}

func (l *LogisticMixture) row(e *kernel.Engine, residual, out, x []float32, _ float32, scratch [][]float32) (logProb, dScale float64) {
	r := mixtureRow{engine: e, out: l.planes(out), channels: l.image.Channels, components: l.components, scratch: scratch}
	if residual != nil {
		r.slope = l.planes(residual)
	}
	for c := range r.channels {
		y := r.y(c)
		for i, v := range x[c*len(y) : (c+1)*len(y)] {
			y[i] = 2*v - 1
		}
	}
	for k := range r.components {
		copy(r.logs(k), r.out.logits(k))
		for c := range r.channels {
			r.channel(k, c)
		}
	}
	return r.mix(), 0
}

// halfLevel is half the width of a level's cell in units of y.
const halfLevel = 1.0 / (levels - 1)

// channel adds the log mass of a channel under a component and leaves its
// derivatives.
func (r *mixtureRow) channel(k, c int) {
	centre, inverse, above, below, decay := r.temporary(0), r.temporary(1), r.temporary(2), r.temporary(3), r.temporary(4)
	copy(centre, r.out.means(k, c))
	for j := range c {
		r.engine.Tanh(above, r.out.share(k, c, j))
		r.engine.Mul(above, above, r.y(j))
		r.engine.Accumulate(centre, above)
	}
	logScales := r.out.logScales(k, c)
	for i, s := range logScales {
		inverse[i] = -max(s, minLogScale)
	}
	r.engine.Exp(inverse, inverse)
	for i, y := range r.y(c) {
		above[i] = -(y + halfLevel - centre[i]) * inverse[i]
		below[i] = (y - halfLevel - centre[i]) * inverse[i]
		// No cell ends below the lowest level or above the highest.
		if isLowest(y) {
			below[i] = float32(math.Inf(-1))
		}
		if isHighest(y) {
			above[i] = float32(math.Inf(-1))
		}
		decay[i] = -2 * halfLevel * inverse[i]
	}
	r.engine.Exp(decay, decay)
	r.mass(k, c, inverse, above, below, decay)
	if r.slope.values != nil {
		r.slopes(k, c, inverse, above, below, decay)
	}
}

func isLowest(y float32) bool  { return y <= halfLevel-1 }
func isHighest(y float32) bool { return y >= 1-halfLevel }

// mass adds -softplus(-a) - softplus(b) + ln(1 - e^(b-a)), whose last term is that of
// cells with two ends alone.
func (r *mixtureRow) mass(k, c int, inverse, above, below, decay []float32) {
	soft, rest := r.temporary(5), r.temporary(6)
	logs := r.logs(k)
	r.engine.Softplus(soft, above)
	for i, v := range soft {
		logs[i] -= v
	}
	r.engine.Softplus(soft, below)
	for i, v := range decay {
		rest[i] = -v
	}
	r.engine.Log1p(rest, rest)
	for i, y := range r.y(c) {
		logs[i] -= soft[i]
		if isLowest(y) || isHighest(y) {
			continue
		}
		if w := 2 * halfLevel * inverse[i]; w < narrow {
			logs[i] += logWidth - max(r.out.logScales(k, c)[i], minLogScale) - w*(0.5-w*(1.0/24-w*w/2880))
		} else {
			logs[i] += rest[i]
		}
	}
}

// narrow is the width of a cell, in scales, below which ln(1 - e^-w) is taken from
// its series ln w - w/2 + w^2/24 - w^4/2880, as the difference would cancel.
const narrow = 0.5

// logWidth is ln(2/255), that of the width of a cell in units of y.
const logWidth = -4.848116364598481

// slopes leaves the derivatives of the log mass with respect to mean, log scale and
// the shares of the channels before.
func (r *mixtureRow) slopes(k, c int, inverse, above, below, decay []float32) {
	sa, sb := r.temporary(5), r.temporary(6)
	r.engine.Sigmoid(sa, above)
	r.engine.Sigmoid(sb, below)
	means, scales := r.slope.means(k, c), r.slope.logScales(k, c)
	for i, y := range r.y(c) {
		means[i] = (sb[i] - sa[i]) * inverse[i]
		slope := float32(edge(above[i], sa[i]) + edge(below[i], sb[i]))
		if !isLowest(y) && !isHighest(y) {
			w := 2 * halfLevel * inverse[i]
			if w < narrow {
				slope -= 1 - w*(0.5-w*(1.0/12-w*w/720))
			} else {
				slope -= w * decay[i] / (1 - decay[i])
			}
		}
		scales[i] = slope
	}
	for j := range c {
		share, y := r.slope.share(k, c, j), r.y(j)
		r.engine.Tanh(share, r.out.share(k, c, j))
		for i, t := range share {
			share[i] = means[i] * y[i] * (1 - t*t)
		}
	}
}

// mix returns the log of the mixture's mass, summed over pixels, and weighs the
// derivatives of each component by its part of the mass.
func (r *mixtureRow) mix() float64 {
	joint, norm := r.temporary(0), r.temporary(1)
	total := r.logSum(joint, r.logs) - r.logSum(norm, r.out.logits)
	if r.slope.values == nil {
		return total
	}
	part, prior := r.temporary(2), r.temporary(3)
	for k := range r.components {
		logs := r.logs(k)
		for i := range part {
			part[i] = logs[i] - joint[i]
			prior[i] = r.out.logits(k)[i] - norm[i]
		}
		r.engine.Exp(part, part)
		r.engine.Exp(prior, prior)
		for i, p := range part {
			r.slope.logits(k)[i] = p - prior[i]
		}
		first := r.slope.first(k)
		for plane := first; plane < first+r.slope.of.perComponent(); plane++ {
			r.engine.Mul(r.slope.plane(plane), r.slope.plane(plane), part)
		}
		r.holdScales(k)
	}
	return total
}

// holdScales stops log scales at their limit where a step would lead further down.
func (r *mixtureRow) holdScales(k int) {
	for c := range r.channels {
		slopes := r.slope.logScales(k, c)
		for i, s := range r.out.logScales(k, c) {
			if s < minLogScale && slopes[i] < 0 {
				slopes[i] = 0
			}
		}
	}
}

// logSum writes ln sum_k e^(planes of k) and returns its sum over pixels.
func (r *mixtureRow) logSum(dst []float32, planes func(k int) []float32) float64 {
	sum, term := r.temporary(6), r.temporary(7)
	copy(dst, planes(0))
	for k := 1; k < r.components; k++ {
		for i, v := range planes(k) {
			dst[i] = max(dst[i], v)
		}
	}
	clear(sum)
	for k := range r.components {
		for i, v := range planes(k) {
			term[i] = v - dst[i]
		}
		r.engine.Exp(term, term)
		r.engine.Accumulate(sum, term)
	}
	r.engine.Log(sum, sum)
	r.engine.Accumulate(dst, sum)
	return r.engine.Sum(dst)
}
