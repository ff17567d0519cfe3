package diagnosis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

func TestKolmogorovSmirnovOfKnownSamples(t *testing.T) {
	unit := distuv.Uniform{Min: 0, Max: 1}.CDF
	grid := make([]float64, 100)
	for i := range grid {
		grid[i] = (float64(i) + 0.5) / 100
	}
	for name, c := range map[string]struct {
		sample []float64
		cdf    func(float64) float64
		want   float64
	}{
		"the middle":         {[]float64{0.5}, unit, 0.5},
		"a quarter":          {[]float64{0.25}, unit, 0.75},
		"outside":            {[]float64{3, 4}, unit, 1},
		"even":               {grid, unit, 0.005},
		"half of the points": {[]float64{0.1, 0.3, 0.2, 0.4}, unit, 0.6},
		"ties":               {[]float64{0.5, 0.5, 0.5, 0.5}, unit, 0.5},
		"shifted by one":     {[]float64{1}, distuv.UnitNormal.CDF, distuv.UnitNormal.CDF(1)},
	} {
		slices.Reverse(c.sample)
		if got := KolmogorovSmirnov(c.sample, c.cdf); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %g, want %g", name, got, c.want)
		}
	}
}

// A large sample of N(m, 1) is as far from N(0, 1) as the two distribution
// functions are, which is at m/2.
func TestKolmogorovSmirnovOfAShift(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sample := make([]float64, 20000)
	for i := range sample {
		sample[i] = 0.4 + rng.NormFloat64()
	}
	want := 2*distuv.UnitNormal.CDF(0.2) - 1
	if got := KolmogorovSmirnov(sample, distuv.UnitNormal.CDF); math.Abs(got-want) > 0.01 {
		t.Errorf("%g, want %g", got, want)
	}
}

// One sample in twenty of the distribution itself passes the level.
func TestKolmogorovSmirnovLevel(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const trials, n = 2000, 400
	above, aboveOfTwo := 0, 0
	a, b := make([]float64, n), make([]float64, n)
	for range trials {
		for i := range a {
			a[i], b[i] = rng.Float64(), rng.Float64()
		}
		if KolmogorovSmirnov(a, distuv.UnitUniform.CDF) > KolmogorovSmirnovLevel(n) {
			above++
		}
		slices.Sort(b)
		if stat.KolmogorovSmirnov(a, nil, b, nil) > KolmogorovSmirnovLevel(n/2) {
			aboveOfTwo++
		}
	}
	for _, count := range []int{above, aboveOfTwo} {
		if share := float64(count) / trials; share < 0.025 || share > 0.07 {
			t.Errorf("%d of %d samples are above the level of 1 in 20", count, trials)
		}
	}
}
