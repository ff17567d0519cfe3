package diagnosis

import (
	"context"
	"fmt"
	"math"
	"slices"

	"vaectl/internal/compute/kernel"
)

// Gaussians are the posteriors of images: a Gaussian with independent dimensions
// each. Means and LogVars are [images, Dim].
type Gaussians struct {
	Dim            int
	Means, LogVars []float64
}

// Information is an estimate of a mutual information.
type Information struct {
	// Nats is the mean over images of log q(z|x) - log(1/N sum_j q(z|x_j)).
	Nats float64
	// StdErr is the standard error of that mean; 0 for one image.
	StdErr float64
	// Cap is ln N, which no set of N images can pass: a code cannot say more of
	// an image than which of them it is.
	Cap float64
}

// MutualInformation estimates the mutual information of code and image under q,
// the images being the N given, each as likely (Hoffman & Johnson 2016, "ELBO
// surgery", equation 6; the mixture of all posteriors is the aggregate posterior
// of Makhzani et al. 2016). z is one draw from each posterior, [images, Dim].
//
// All N^2 densities count, by log-sum-exp; those below e^-25 of an image's own
// are left out. progress, unless nil, hears now and then how many images are
// done. It stops early, with the context's error, when the context ends.
func MutualInformation(ctx context.Context, e *kernel.Engine, q Gaussians, z []float64, progress func(images int)) (Information, error) {
	if q.Dim < 1 || len(z) == 0 || len(z)%q.Dim != 0 || len(q.Means) != len(z) || len(q.LogVars) != len(z) {
		return Information{}, fmt.Errorf("draws of %d values for %d means and %d log variances in %d dimensions", len(z), len(q.Means), len(q.LogVars), q.Dim)
	}
	p := newPairs(q, z)
	s := newScreen(p)
	sums := make([]logSum, p.images)
	for first := 0; first < p.images; first += screenRows {
		end := min(first+screenRows, p.images)
		for block := 0; block < p.images; block += screenColumns {
			if err := ctx.Err(); err != nil {
				return Information{}, err
			}
			s.run(e, first, end, block, min(block+screenColumns, p.images), sums)
		}
		if progress != nil {
			progress(end)
		}
	}
	ratios := make([]float64, p.images)
	limit := math.Log(float64(p.images))
	for i := range ratios {
		ratios[i] = p.own[i] - (sums[i].value() - limit)
	}
	mean, stdErr := meanOf(ratios)
	return Information{Nats: mean, StdErr: stdErr, Cap: limit}, nil
}

const (
	// unrolled is the number of dimensions summed before it is seen whether a
	// density counts.
	unrolled = 4
	// negligible is the fall in log density, in nats, below which a density
	// does not count: 10,000 of them are a millionth of one.
	negligible = 25
)

// pairs computes log densities of draws under posteriors in float64.
type pairs struct {
	images, dim int // dim is a multiple of unrolled
	z           []float64
	means       []float64
	precisions  []float64 // half the inverse variances
	constants   []float64 // log densities at the means
	own         []float64 // log densities of draws under their own posteriors
}

// newPairs puts the dimensions that tell images apart best first, so that most
// densities need few of them, moves the codes to where their means are around 0,
// and fills up with dimensions that say nothing.
func newPairs(q Gaussians, z []float64) *pairs {
	images := len(z) / q.Dim
	p := &pairs{images: images, dim: (q.Dim + unrolled - 1) / unrolled * unrolled}
	p.z, p.means, p.precisions = make([]float64, images*p.dim), make([]float64, images*p.dim), make([]float64, images*p.dim)
	p.constants, p.own = make([]float64, images), make([]float64, images)
	for k, d := range byContrast(q, z) {
		var centre float64
		for at := d; at < len(z); at += q.Dim {
			centre += q.Means[at] / float64(images)
		}
		for i := range images {
			from, to := i*q.Dim+d, i*p.dim+k
			p.z[to], p.means[to], p.precisions[to] = z[from]-centre, q.Means[from]-centre, 0.5*math.Exp(-q.LogVars[from])
			p.constants[i] -= 0.5 * (math.Log(2*math.Pi) + q.LogVars[from])
		}
	}
	for i := range images {
		p.own[i], _ = p.logDensity(i, i, math.Inf(1))
	}
	return p
}

// byContrast orders the dimensions by how wide the draws lie in terms of the
// posteriors' widths.
func byContrast(q Gaussians, z []float64) []int {
	images := float64(len(z) / q.Dim)
	order, contrast := make([]int, q.Dim), make([]float64, q.Dim)
	for d := range q.Dim {
		var sum, square, precision float64
		for at := d; at < len(z); at += q.Dim {
			sum += z[at]
			square += z[at] * z[at]
			precision += math.Exp(-q.LogVars[at])
		}
		mean := sum / images
		order[d], contrast[d] = d, (square/images-mean*mean)*precision
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case contrast[a] > contrast[b]:
			return -1
		case contrast[a] < contrast[b]:
			return 1
		}
		return 0
	})
	return order
}

// logDensity is the log density of draw i under posterior j, unless it lies
// further than allowed below that at the mean.
func (p *pairs) logDensity(i, j int, allowed float64) (v float64, counts bool) {
	z := p.z[i*p.dim : (i+1)*p.dim]
	mean := p.means[j*p.dim:][:len(z)]
	precision := p.precisions[j*p.dim:][:len(z)]
	var fall float64
	for d := 0; d+unrolled <= len(z); d += unrolled {
		a, m, h := z[d:d+unrolled:d+unrolled], mean[d:d+unrolled:d+unrolled], precision[d:d+unrolled:d+unrolled]
		d0, d1, d2, d3 := a[0]-m[0], a[1]-m[1], a[2]-m[2], a[3]-m[3]
		fall += (d0*d0*h[0] + d1*d1*h[1]) + (d2*d2*h[2] + d3*d3*h[3])
		if fall > allowed {
			return 0, false
		}
	}
	return p.constants[j] - fall, true
}

// logSum is ln sum exp(v) of the values added so far.
type logSum struct{ largest, sum float64 }

func (s *logSum) add(v float64) {
	if s.sum == 0 || v > s.largest {
		s.sum = s.sum*math.Exp(s.largest-v) + 1
		s.largest = v
		return
	}
	s.sum += math.Exp(v - s.largest)
}

func (s *logSum) value() float64 { return s.largest + math.Log(s.sum) }

// meanOf is the mean of values and its standard error.
func meanOf(values []float64) (mean, stdErr float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if n < 2 {
		return mean, 0
	}
	var square float64
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(square / (n - 1) / n)
}
