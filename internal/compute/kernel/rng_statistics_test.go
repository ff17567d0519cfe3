package kernel

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// The draws are fixed by their key, so that these tests always see the same samples. Bounds are those a fair generator
// exceeds once in some ten thousand keys.

const draws = 1 << 20

// A z is how many standard deviations an observation lies from what is expected.
func z(observed, expected, variance float64) float64 {
	return (observed - expected) / math.Sqrt(variance)
}

const zBound = 4

// kolmogorov returns sqrt(n) times the largest distance between the samples' distribution and a law's.
// Above 1.95 the law is rejected at a level of 0.001, above 2.2 at 0.0001.
func kolmogorov(samples []float64, cdf func(float64) float64) float64 {
	slices.Sort(samples)
	n := float64(len(samples))
	var distance float64
	for i, v := range samples {
		c := cdf(v)
		distance = max(distance, c-float64(i)/n, float64(i+1)/n-c)
	}
	return math.Sqrt(n) * distance
}

func widen(x []float32) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}

func TestNormalStatistics(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		for _, key := range []Key{{Seed: 1}, {Seed: 0xdecafbad, Step: 7, Purpose: 3}} {
			x32 := make([]float32, draws)
			e.Normal(x32, key, 0)
			x := widen(x32)
			var moments [5]float64
			for _, v := range x {
				for order, power := 1, v; order <= 4; order, power = order+1, power*v {
					moments[order] += power
				}
			}
			const n = draws
			for order, law := range map[int]struct{ mean, variance float64 }{1: {0, 1}, 2: {1, 2}, 3: {0, 15}, 4: {3, 96}} {
				if got := z(moments[order], n*law.mean, n*law.variance); math.Abs(got) > zBound {
					t.Errorf("moment %d is %g: z = %.2f", order, moments[order]/n, got)
				}
			}
			// Draws that share a radius or an angle, and neighbours, are uncorrelated.
			for _, lag := range []int{1, 16, 32, 64} {
				if got := stat.Correlation(x[:n-lag], x[lag:], nil) * math.Sqrt(float64(n-lag)); math.Abs(got) > zBound {
					t.Errorf("correlation at lag %d: z = %.2f", lag, got)
				}
			}
			if got := kolmogorov(x, distuv.UnitNormal.CDF); got > 2.2 {
				t.Errorf("distance from the normal law %.3f", got)
			}
			// Tails, where a poor logarithm or too few bits would show.
			for _, bound := range []float64{3, 4} {
				p := 2 * distuv.UnitNormal.Survival(bound)
				beyond := 0.0
				for _, v := range x {
					if math.Abs(v) > bound {
						beyond++
					}
				}
				if got := z(beyond, n*p, n*p*(1-p)); math.Abs(got) > zBound {
					t.Errorf("%g draws beyond %g: z = %.2f", beyond, bound, got)
				}
			}
		}
	})
}

func TestUniformStatistics(t *testing.T) {
	forEachEngine(t, func(t *testing.T, e *Engine) {
		x32 := make([]float32, draws)
		e.Uniform(x32, Key{Seed: 99, Step: 1, Purpose: 2}, 0)
		x := widen(x32)
		mean, variance := stat.MeanVariance(x, nil)
		if got := z(mean, 0.5, 1.0/12/draws); math.Abs(got) > zBound {
			t.Errorf("mean %g: z = %.2f", mean, got)
		}
		if got := z(variance, 1.0/12, 1.0/180/draws); math.Abs(got) > zBound {
			t.Errorf("variance %g: z = %.2f", variance, got)
		}
		if got := kolmogorov(x, distuv.Uniform{Min: 0, Max: 1}.CDF); got > 2.2 {
			t.Errorf("distance from the uniform law %.3f", got)
		}
	})
}

// Every bit of the words is fair, and steps and purposes one apart have nothing in common.
func TestWordsAreFairBits(t *testing.T) {
	e := newTestEngine(t, Options{Threads: 1})
	words, other := make([]uint32, draws), make([]uint32, draws)
	key := Key{Seed: 12, Step: 34, Purpose: 56}
	e.Words(words, key, 0)
	for name, k := range map[string]Key{"itself": {}, "next step": {12, 35, 56}, "next purpose": {12, 34, 57}, "next seed": {13, 34, 56}} {
		clear(other)
		if k != (Key{}) {
			e.Words(other, k, 0)
		}
		var set [32]float64
		for i, word := range words {
			for bit := range set {
				set[bit] += float64((word ^ other[i]) >> bit & 1)
			}
		}
		for bit, n := range set {
			if got := z(n, draws/2, draws/4); math.Abs(got) > 4.5 { // of 128 bits
				t.Errorf("%s: bit %d differs %g times of %d: z = %.2f", name, bit, n, draws, got)
			}
		}
	}
}

func TestBernoulliBytesFrequencies(t *testing.T) {
	const perByte = 1 << 13
	forEachEngine(t, func(t *testing.T, e *Engine) {
		src := make([]byte, 256*perByte)
		for i := range src {
			src[i] = byte(i)
		}
		dst := make([]float32, len(src))
		e.BernoulliBytes(dst, src, Key{Seed: 3, Step: 4, Purpose: 5}, 0)
		var ones [256]float64
		for i, v := range dst {
			ones[src[i]] += float64(v)
		}
		var chi2 float64
		for b, n := range ones {
			p := float64(b) / 255
			if b == 0 || b == 255 {
				if n != p*perByte {
					t.Errorf("byte %d was drawn as 1 %g times of %d", b, n, perByte)
				}
				continue
			}
			got := z(n, perByte*p, perByte*p*(1-p))
			chi2 += got * got
			if math.Abs(got) > 4.5 { // of 254 bytes
				t.Errorf("byte %d was drawn as 1 %g times of %d: z = %.2f", b, n, perByte, got)
			}
		}
		if p := (distuv.ChiSquared{K: 254}).Survival(chi2); p < 1e-4 || p > 1-1e-4 {
			t.Errorf("chi-squared of all bytes %.1f: p = %g", chi2, p)
		}
	})
}
