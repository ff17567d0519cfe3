package gallery

import (
	"math"
	"slices"

	"vaectl/internal/draw/plots"
	"vaectl/internal/finite"
	"vaectl/loss"
)

// Densities are the prior's densities of z, one a dimension, or one for all
// where they are the same.
func Densities(p loss.Prior) []plots.Density {
	var all []plots.Density
	same := true
	for d := range p.Latents() {
		density := densityOf(p.Marginal(d))
		all = append(all, density)
		same = same && equal(density, all[0])
	}
	if same {
		all = all[:1]
	}
	return all
}

const (
	corePoints = 400  // over what is drawn
	tailPoints = 60   // from there to the end of each tail
	coreTail   = 1e-4 // probability beyond the core on each side
	endTail    = 1e-9 // probability beyond the curve where the support has no end
)

// densityOf samples a density: densely where nearly all of it is, and at
// quantiles in the tails, which may be a million times as long.
func densityOf(m loss.Marginal) plots.Density {
	low, high := end(m, 0), end(m, 1)
	left, right := max(m.Quantile(coreTail), low), min(m.Quantile(1-coreTail), high)
	var x []float64
	for i := range tailPoints {
		x = append(x, m.Quantile(math.Exp(between(math.Log(endTail), math.Log(coreTail), i, tailPoints))))
	}
	for i := range corePoints + 1 {
		x = append(x, between(left, right, i, corePoints))
	}
	for i := range tailPoints {
		x = append(x, m.Quantile(1-math.Exp(between(math.Log(coreTail), math.Log(endTail), i+1, tailPoints))))
	}
	x = append(x, peakPoints(m, low)...)
	x = append(x, peakPoints(m, high)...)
	slices.Sort(x)
	density := plots.Density{}
	add := func(x float64) {
		p := math.Exp(m.LogProb(x))
		if n := len(density.X); !finite.Is(x) || !finite.Is(p) || n > 0 && x <= density.X[n-1] {
			return
		}
		density.X, density.P = append(density.X, x), append(density.P, p)
	}
	add(low)
	for _, v := range x {
		add(v)
	}
	add(high)
	if mean, std := m.Mean(), m.StdDev(); finite.Is(mean) && finite.Is(std) {
		density.Mean, density.Std = mean, std
	}
	return density
}

const (
	// sharpPeak is how much shorter than one side of the density its peak is where
	// evenly spaced points would miss the shape of it, as of a Student's t with few
	// degrees of freedom.
	sharpPeak = 20
	// peakDetail is the share of the peak's width in which its points begin, and
	// peakStep the ratio of their distances from the median.
	peakDetail, peakStep = 1e-3, 1.1
)

// peakPoints are points from the median outwards to an end, ever farther apart, where
// the density has a sharp peak at the median: within a small part of that side it falls
// to a thousandth.
func peakPoints(m loss.Marginal, end float64) []float64 {
	median := m.Quantile(0.5)
	if !finite.Is(median) || !finite.Is(end) || end == median {
		return nil
	}
	least := m.LogProb(median) - math.Log(1000)
	peak := end - median
	for m.LogProb(median+peak) < least && median+peak/2 != median {
		peak /= 2
	}
	if math.Abs(peak)*sharpPeak > math.Abs(end-median) {
		return nil
	}
	points := []float64{median}
	for d := peak * peakDetail; math.Abs(d) < math.Abs(end-median); d *= peakStep {
		points = append(points, median+d)
	}
	return points
}

// end is where a support ends, at the probability p of 0 or 1, or else where hardly
// anything is left of it: so far out that it still is a number.
func end(m loss.Marginal, p float64) float64 {
	if x := m.Quantile(p); finite.Is(x) {
		return x
	}
	tail := endTail
	for tail < 0.1 && !finite.Is(m.Quantile(math.Abs(p-tail))) {
		tail *= 10
	}
	return m.Quantile(math.Abs(p - tail))
}

// between is the i-th of n steps from a to b.
func between(a, b float64, i, n int) float64 { return a + (b-a)*float64(i)/float64(n) }

func equal(a, b plots.Density) bool {
	if len(a.X) != len(b.X) {
		return false
	}
	for i := range a.X {
		if a.X[i] != b.X[i] || a.P[i] != b.P[i] {
			return false
		}
	}
	return true
}
