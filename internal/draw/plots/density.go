package plots

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/compute/diagnosis"
	"vaectl/internal/finite"
)

// Density is the prior of one latent as a curve.
type Density struct {
	// X rises strictly and covers what should be drawn and compared, tails
	// included; P is the density there, per unit of X. A density that ends
	// abruptly has its first or last point where it ends, with the value just
	// inside.
	X, P []float64
	// Mean and Std are the prior's, for the words; a Std of 0 leaves them out,
	// for priors without moments.
	Mean, Std float64
}

func (d Density) check(of string) error {
	if len(d.X) != len(d.P) || len(d.X) < 2 {
		return fmt.Errorf("plots: density of %s has %d x and %d values; at least 2 of each are needed", of, len(d.X), len(d.P))
	}
	area := 0.0
	for i := range d.X {
		if !finite.Is(d.X[i]) || !finite.Is(d.P[i]) || d.P[i] < 0 {
			return fmt.Errorf("plots: density of %s is %g at %g", of, d.P[i], d.X[i])
		}
		if i == 0 {
			continue
		}
		if d.X[i] <= d.X[i-1] {
			return fmt.Errorf("plots: x of the density of %s does not rise from %g to %g", of, d.X[i-1], d.X[i])
		}
		area += (d.X[i] - d.X[i-1]) * (d.P[i] + d.P[i-1]) / 2
	}
	if area == 0 || !finite.Is(area) {
		return fmt.Errorf("plots: density of %s has the integral %g", of, area)
	}
	return nil
}

// at interpolates the density; outside its grid it is 0.
func (d Density) at(x float64) float64 {
	i := sort.SearchFloat64s(d.X, x)
	switch {
	case i == len(d.X) || x < d.X[0]:
		return 0
	case i == 0:
		return d.P[0]
	}
	t := (x - d.X[i-1]) / (d.X[i] - d.X[i-1])
	return d.P[i-1] + t*(d.P[i]-d.P[i-1])
}

func (d Density) highest() float64 {
	return slices.Max(d.P)
}

// core is the part of the grid where the density is at least a thousandth of
// its maximum: 3.7 standard deviations to each side of a normal's mean, all of
// a uniform.
func (d Density) core() Density {
	least := d.highest() / 1000
	first := slices.IndexFunc(d.P, func(p float64) bool { return p >= least })
	last := first
	for i, p := range d.P {
		if p >= least {
			last = i
		}
	}
	if first == last {
		// A single point above the rest still has the width of its neighbours.
		first, last = max(first-1, 0), min(last+1, len(d.X)-1)
	}
	d.X, d.P = d.X[first:last+1], d.P[first:last+1]
	return d
}

// mixture is the mean of the densities: what values pooled over latents with
// different priors should look like. Its moments are those of the mixture, or
// left out where one density has none.
func mixture(ds []Density) Density {
	if len(ds) == 1 {
		return ds[0]
	}
	var m Density
	n := float64(len(ds))
	second := 0.0
	known := true
	for _, d := range ds {
		m.X = append(m.X, d.X...)
		m.Mean += d.Mean / n
		second += (d.Std*d.Std + d.Mean*d.Mean) / n
		known = known && d.Std > 0
	}
	slices.Sort(m.X)
	m.X = slices.Compact(m.X)
	for _, x := range m.X {
		p := 0.0
		for _, d := range ds {
			p += d.at(x) / n
		}
		m.P = append(m.P, p)
	}
	m.Std = math.Sqrt(max(second-m.Mean*m.Mean, 0))
	if !known {
		m.Mean, m.Std = 0, 0
	}
	return m
}

// kolmogorov is the largest distance between the distribution of the values,
// which it sorts, and the density's, the statistic of Kolmogorov and Smirnov.
// The values are finite.
func (d Density) kolmogorov(values []float64) float64 {
	return diagnosis.KolmogorovSmirnov(values, d.cdf())
}

// cdf is the distribution function of the density, which is taken as linear
// between its points and scaled to the integral 1.
func (d Density) cdf() func(v float64) float64 {
	total := make([]float64, len(d.X))
	for i := 1; i < len(d.X); i++ {
		total[i] = total[i-1] + (d.X[i]-d.X[i-1])*(d.P[i]+d.P[i-1])/2
	}
	last := len(d.X) - 1
	return func(v float64) float64 {
		switch {
		case v <= d.X[0]:
			return 0
		case v >= d.X[last]:
			return 1
		}
		i, _ := slices.BinarySearch(d.X, v)
		return (total[i-1] + (v-d.X[i-1])*(d.P[i-1]+d.at(v))/2) / total[last]
	}
}

// densityLine draws the density as far as it can be told from 0, with its steep
// ends down to the axis.
type densityLine struct {
	density Density
	line    draw.LineStyle
}

// Plot implements plot.Plotter.
func (l densityLine) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	d := l.density.core()
	points := []vg.Point{{X: trX(d.X[0]), Y: trY(0)}}
	for i, x := range d.X {
		points = append(points, vg.Point{X: trX(x), Y: trY(d.P[i])})
	}
	points = append(points, vg.Point{X: points[len(points)-1].X, Y: trY(0)})
	c.StrokeLines(l.line, c.ClipLinesXY(points)...)
}
