package diagnosis

import (
	"fmt"
	"math"
	"slices"

	"vaectl/internal/compute/kernel"
)

// Discrepancy is the maximum mean discrepancy between two samples of as many
// draws each (Gretton et al. 2012).
type Discrepancy struct {
	// Squared is the unbiased estimate of its square (their equation 3): 0 in
	// the mean where both samples come from one distribution, then as often
	// negative as positive.
	Squared float64
	// NullStd is the standard deviation of Squared where both samples come from
	// the distribution of the second.
	NullStd float64
	// Bandwidth is the scale c of the kernel c/(c + |x-y|^2): the median of the
	// squared distances between the draws of the second sample.
	Bandwidth float64
	Draws     int // of each sample
}

// MeanDiscrepancy compares two samples x and y, [draws, dim] each, with the
// inverse multiquadric kernel c/(c + |x-y|^2), whose tails are heavy enough to
// see far and near at once. The distance is the plain one: dimensions should be
// of like scale. It needs 4 draws at least, and takes time with their square.
func MeanDiscrepancy(e *kernel.Engine, x, y []float64, dim int) (Discrepancy, error) {
	if dim < 1 || len(x) != len(y) || len(x)%dim != 0 || len(x)/dim < 4 {
		return Discrepancy{}, fmt.Errorf("samples of %d and %d values in %d dimensions: want as many draws each, 4 at least", len(x), len(y), dim)
	}
	n := len(x) / dim
	d := Discrepancy{Draws: n, Bandwidth: medianSquaredDistance(y, dim)}
	if d.Bandwidth == 0 { // most draws of the second sample are one point
		d.Bandwidth = 1
	}
	within := newSimilarities(e, x, x, dim, d.Bandwidth)
	null := newSimilarities(e, y, y, dim, d.Bandwidth)
	across := newSimilarities(e, x, y, dim, d.Bandwidth)
	pairs := float64(n) * float64(n-1)
	// The kernel of a draw with itself is 1 and does not count.
	d.Squared = (within.sum()-float64(n))/pairs + (null.sum()-float64(n))/pairs - 2*across.sum()/(float64(n)*float64(n))
	variance := null.centredSquare()
	d.NullStd = math.Sqrt(variance * (4/pairs + 4/(float64(n)*float64(n))))
	return d, nil
}

// medianSquaredDistance is that between pairs of draws, of the first ones where
// there are many.
func medianSquaredDistance(x []float64, dim int) float64 {
	n := min(len(x)/dim, 400)
	var distances []float64
	for i := range n {
		for j := range i {
			distances = append(distances, squaredDistance(x[i*dim:(i+1)*dim], x[j*dim:(j+1)*dim]))
		}
	}
	slices.Sort(distances)
	return distances[len(distances)/2]
}

func squaredDistance(x, y []float64) float64 {
	y = y[:len(x)]
	var even, odd float64
	d := 0
	for ; d+2 <= len(x); d += 2 {
		a, b := x[d]-y[d], x[d+1]-y[d+1]
		even += a * a
		odd += b * b
	}
	if d < len(x) {
		a := x[d] - y[d]
		even += a * a
	}
	return even + odd
}

// similarities sums the kernel between each draw of one sample and all of
// another.
type similarities struct {
	x, y      []float64
	dim       int
	bandwidth float64
	rows      []float64 // sums over y
	squares   []float64 // sums of squares over y
}

const (
	similarityRows  = 16
	similarityBlock = 256
)

func newSimilarities(e *kernel.Engine, x, y []float64, dim int, bandwidth float64) *similarities {
	n := len(x) / dim
	s := &similarities{x: x, y: y, dim: dim, bandwidth: bandwidth, rows: make([]float64, n), squares: make([]float64, n)}
	e.Run((n+similarityRows-1)/similarityRows, s)
	return s
}

// Chunk computes some rows.
func (s *similarities) Chunk(i int) {
	first, n := i*similarityRows, len(s.rows)
	count := len(s.y) / s.dim
	for block := 0; block < count; block += similarityBlock {
		end := min(block+similarityBlock, count)
		for r := first; r < min(first+similarityRows, n); r++ {
			row := s.x[r*s.dim : (r+1)*s.dim]
			for j := block; j < end; j++ {
				k := s.bandwidth / (s.bandwidth + squaredDistance(row, s.y[j*s.dim:(j+1)*s.dim]))
				s.rows[r] += k
				s.squares[r] += k * k
			}
		}
	}
}

func (s *similarities) sum() float64 { return total(s.rows) }

// centredSquare is the mean square, over pairs of different draws of one
// sample, of the kernel less its means over either draw: the variance of the
// estimate is made of it where both samples are alike (Gretton et al. 2012,
// theorem 12).
func (s *similarities) centredSquare() float64 {
	n := float64(len(s.rows))
	pairs := n * (n - 1)
	mean := (s.sum() - n) / pairs
	square := (total(s.squares) - n) / pairs
	var ofMeans float64
	for _, sum := range s.rows {
		m := (sum - 1) / (n - 1)
		ofMeans += (m - mean) * (m - mean) / n
	}
	// The means over n draws vary by themselves, by what is left over n.
	spread := square - mean*mean
	between := max(0, (ofMeans-spread/n)/(1-2/n))
	return max(0, spread-2*between)
}

func total(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum
}
