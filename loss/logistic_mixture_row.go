package loss

import "vaectl/internal/compute/kernel"

const (
	// mixtureTemporaries is the planes that a block needs beside one a channel, one a component and one a share.
	mixtureTemporaries = 4
	// mixtureBlock is the pixels that are worked on at a time: all planes of so many stay in the second-level cache, and
	// what is needed at once in the first.
	mixtureBlock = 512
)

// scratch is the number of slices, as long as an image, that hold the planes of a block.
func (l *LogisticMixture) scratch() int {
	c := l.image.Channels
	planes := c + l.components*(1+c*(c-1)/2) + mixtureTemporaries
	perSlice := l.image.Values() / min(mixtureBlock, l.image.Pixels())
	return (planes + perSlice - 1) / perSlice
}

// mixtureRow is the work on one row: the log mass of an image and its derivatives.
type mixtureRow struct {
	engine     *kernel.Engine
	out, slope mixturePlanes // slope has no values where nobody wants derivatives
	channels   int
	components int
	scratch    [][]float32
	from, to   int // pixels of the block under way
}

// block is a block's part of a plane.
func (r *mixtureRow) block(plane []float32) []float32 { return plane[r.from:r.to] }

// y is the plane of a channel's values in [-1, 1].
func (r *mixtureRow) y(c int) []float32 { return r.plane(c) }

// logs is the plane of the log of a component's weight and mass.
func (r *mixtureRow) logs(k int) []float32 { return r.plane(r.channels + k) }

// followed is the plane of tanh a_cj under a component, by which channel c follows channel j.
func (r *mixtureRow) followed(k, c, j int) []float32 {
	shares := r.channels * (r.channels - 1) / 2
	return r.plane(r.channels + r.components + k*shares + c*(c-1)/2 + j)
}

func (r *mixtureRow) temporary(i int) []float32 {
	shares := r.channels * (r.channels - 1) / 2
	return r.plane(r.channels + r.components*(1+shares) + i)
}

// plane is one of scratch: as many as fit lie in each slice.
func (r *mixtureRow) plane(i int) []float32 {
	size := min(mixtureBlock, r.out.pixels)
	perSlice := len(r.scratch[0]) / size
	return r.scratch[i/perSlice][i%perSlice*size:][:r.to-r.from]
}

func (l *LogisticMixture) row(e *kernel.Engine, residual, out, x []float32, _ float32, scratch [][]float32) (logProb, dScale float64) {
	r := mixtureRow{engine: e, out: l.planes(out), channels: l.image.Channels, components: l.components, scratch: scratch}
	if residual != nil {
		r.slope = l.planes(residual)
	}
	for r.from = 0; r.from < r.out.pixels; r.from = r.to {
		r.to = min(r.from+mixtureBlock, r.out.pixels)
		for c := range r.channels {
			y := r.y(c)
			for i, v := range r.block(x[c*r.out.pixels:][:r.out.pixels]) {
				y[i] = 2*v - 1
			}
		}
		for k := range r.components {
			copy(r.logs(k), r.block(r.out.logits(k)))
			for c := range r.channels {
				r.channel(k, c)
			}
		}
		logProb += r.mix()
	}
	return logProb, 0
}

// channel adds the log mass of a channel under a component and leaves its derivatives with respect to mean and log scale.
func (r *mixtureRow) channel(k, c int) {
	centre := r.temporary(0)
	copy(centre, r.block(r.out.means(k, c)))
	for j := range c {
		t := r.followed(k, c, j)
		r.engine.Tanh(t, r.block(r.out.share(k, c, j)))
		r.engine.MultiplyAdd(centre, t, r.y(j), centre)
	}
	logScale := r.block(r.out.logScales(k, c))
	if r.slope.values == nil {
		r.engine.LogisticCell(r.logs(k), r.y(c), centre, logScale)
		return
	}
	r.engine.LogisticCellGrad(r.logs(k), r.block(r.slope.means(k, c)), r.block(r.slope.logScales(k, c)), r.y(c), centre, logScale)
}

// mix returns the log of the mixture's mass, summed over pixels, and weighs the derivatives of each component by its part
// of the mass.
func (r *mixtureRow) mix() float64 {
	joint, norm := r.temporary(0), r.temporary(1)
	r.logSum(joint, r.logs)
	r.logSum(norm, func(k int) []float32 { return r.block(r.out.logits(k)) })
	total := r.engine.Sum(joint) - r.engine.Sum(norm)
	if r.slope.values == nil {
		return total
	}
	part, prior := r.temporary(2), r.temporary(3)
	for k := range r.components {
		r.ratio(part, r.logs(k), joint)
		r.ratio(prior, r.block(r.out.logits(k)), norm)
		logits := r.block(r.slope.logits(k))
		copy(logits, part)
		r.engine.AccumulateScaled(logits, -1, prior)
		for c := range r.channels {
			means, scales := r.block(r.slope.means(k, c)), r.block(r.slope.logScales(k, c))
			r.engine.Mul(means, means, part)
			r.engine.Mul(scales, scales, part)
			for j := range c {
				share := r.block(r.slope.share(k, c, j))
				r.engine.Mul(share, means, r.y(j))
				r.engine.ActivateGrad(kernel.Tanh, share, r.followed(k, c, j), share)
			}
		}
	}
	return total
}

// ratio writes e^(a-b).
func (r *mixtureRow) ratio(dst, a, b []float32) {
	copy(dst, a)
	r.engine.AccumulateScaled(dst, -1, b)
	r.engine.Exp(dst, dst)
}

// logSum writes ln sum_k e^(planes of k), term by term: ln(e^a + e^b) is a + softplus(b-a).
func (r *mixtureRow) logSum(dst []float32, planes func(k int) []float32) {
	term := r.temporary(2)
	copy(dst, planes(0))
	for k := 1; k < r.components; k++ {
		copy(term, planes(k))
		r.engine.AccumulateScaled(term, -1, dst)
		r.engine.Softplus(term, term)
		r.engine.Accumulate(dst, term)
	}
}
