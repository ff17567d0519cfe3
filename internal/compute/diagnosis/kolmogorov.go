package diagnosis

import (
	"math"
	"slices"
)

// KolmogorovSmirnov is the largest distance between the distribution function of
// a sample and the one given, from 0 to 1. It sorts the sample.
func KolmogorovSmirnov(sample []float64, cdf func(x float64) float64) float64 {
	slices.Sort(sample)
	n := float64(len(sample))
	var worst float64
	for i, x := range sample {
		p := cdf(x)
		worst = max(worst, p-float64(i)/n, float64(i+1)/n-p)
	}
	return worst
}

// KolmogorovSmirnovLevel is the distance that a sample of n values of the very
// distribution stays below with probability 0.95, by Kolmogorov's limit for many
// values. For two samples of n and m values n is nm/(n+m).
func KolmogorovSmirnovLevel(n float64) float64 {
	const quantile = 1.3581 // 2 sum_k (-1)^(k-1) exp(-2 k^2 x^2) is 0.05 there
	return quantile / math.Sqrt(n)
}
