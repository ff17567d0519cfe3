package conv

import (
	"math"

	"vaectl/internal/compute/kernel"
)

// A normalisation works on lines of pixels, whose channels repeat: what is one a channel is repeated as often, so that
// vectors are long.

// normSums are sums over some lines, an element for every one of a line.
type normSums struct{ first, second []float32 }

// norm is what a batch norm knows of the batch under way. Elements are one a channel, or, where said, of a line.
type norm struct {
	parts         []normSums // of a line, one a part of the batch
	partMean      [][]float64
	mean, inverse []float64 // and 1 over the standard deviation
	scale, shift  []float32 // of a line: what makes a normalised value of one
	// The gradient of a value is byGrad times that of its normalised one, plus byValue times the value, plus constant.
	byGrad, byValue, constant []float32
	negativeMean              []float32
}

func newNorm(v *value, parts int) *norm {
	line := v.width * v.channels
	n := &norm{mean: make([]float64, v.channels), inverse: make([]float64, v.channels)}
	for range parts {
		n.parts = append(n.parts, normSums{kernel.Floats(line), kernel.Floats(line)})
		n.partMean = append(n.partMean, make([]float64, v.channels))
	}
	for _, s := range []*[]float32{&n.scale, &n.shift, &n.byGrad, &n.byValue, &n.constant, &n.negativeMean} {
		*s = kernel.Floats(line)
	}
	return n
}

// floats counts the elements of its memory.
func (n *norm) floats() int { return len(n.scale) * (6 + 2*len(n.parts)) }

// repeat writes f of every channel to all pixels of a line.
func repeat(line []float32, channels int, f func(c int) float64) {
	for c := range channels {
		line[c] = float32(f(c))
	}
	for x := channels; x < len(line); x += channels {
		copy(line[x:], line[:channels])
	}
}

// total adds the pixels of a line up, a sum for each channel.
func total(dst []float64, line []float32) {
	clear(dst)
	for i := 0; i < len(line); i += len(dst) {
		for c := range dst {
			dst[c] += float64(line[i+c])
		}
	}
}

// measure finds the mean of some images and the sum of squared distances from it.
func (w *work) measure(n *norm, part int, m *featureMap) {
	s := n.parts[part]
	clear(s.first)
	clear(s.second)
	for i := range m.images {
		for y := range m.height {
			w.engine.Accumulate(s.first, m.line(i, y))
		}
	}
	mean := n.partMean[part]
	total(mean, s.first)
	count := float64(m.images * m.height * m.width)
	for c := range mean {
		mean[c] /= count
	}
	negative, t := w.lineBuffer(0, len(s.first)), w.lineBuffer(1, len(s.first))
	repeat(negative, m.channels, func(c int) float64 { return -mean[c] })
	for i := range m.images {
		for y := range m.height {
			copy(t, m.line(i, y))
			w.engine.Accumulate(t, negative)
			w.engine.MultiplyAdd(s.second, t, t, s.second)
		}
	}
}

// combine makes one mean and variance of those of the parts (Chan, Golub and LeVeque 1983), and moves the running ones.
func (s *Stack) combine(i int) {
	o := &s.plan.operations[i]
	n := s.norms[i]
	v := &s.plan.values[o.in[0]]
	pixels := float64(v.height * v.width)
	variance := s.variance[:v.channels]
	clear(variance)
	clear(n.mean)
	seen := 0.0
	for k, p := range s.parts {
		count := float64(p.to-p.from) * pixels
		total(s.squares[:v.channels], n.parts[k].second)
		for c := range n.mean {
			d := n.partMean[k][c] - n.mean[c]
			n.mean[c] += d * count / (seen + count)
			variance[c] += s.squares[c] + d*d*seen*count/(seen+count)
		}
		seen += count
	}
	for c := range variance {
		n.inverse[c] = 1 / math.Sqrt(variance[c]/seen+o.norm.eps)
		if s.state != nil {
			mean, unbiased := &s.state[o.norm.state][c], &s.state[o.norm.state+1][c]
			*mean += float32(o.norm.momentum * (n.mean[c] - float64(*mean)))
			*unbiased += float32(o.norm.momentum * (variance[c]/max(seen-1, 1) - float64(*unbiased)))
		}
	}
	s.scaleBy(i)
}

// recall takes the running mean and variance in place of the batch's.
func (s *Stack) recall(i int) {
	o := &s.plan.operations[i]
	n := s.norms[i]
	for c := range n.mean {
		n.mean[c] = float64(s.state[o.norm.state][c])
		n.inverse[c] = 1 / math.Sqrt(float64(s.state[o.norm.state+1][c])+o.norm.eps)
	}
	s.scaleBy(i)
}

// scaleBy finds the factors of a batch norm from its mean and variance.
func (s *Stack) scaleBy(i int) {
	o := &s.plan.operations[i]
	n := s.norms[i]
	gamma, beta := s.params[o.params], s.params[o.params+1]
	repeat(n.scale, len(n.mean), func(c int) float64 { return float64(gamma[c]) * n.inverse[c] })
	repeat(n.shift, len(n.mean), func(c int) float64 { return float64(beta[c]) - n.mean[c]*float64(gamma[c])*n.inverse[c] })
	repeat(n.negativeMean, len(n.mean), func(c int) float64 { return -n.mean[c] })
}

// normalise applies a batch norm, and the activation joined to it.
func (w *work) normalise(i int) {
	o := &w.stack.plan.operations[i]
	n := w.stack.norms[i]
	in, out := &w.values[o.in[0]], &w.values[o.out]
	for image := range in.images {
		for y := range in.height {
			line := out.line(image, y)
			w.engine.MultiplyAdd(line, in.line(image, y), n.scale, n.shift)
			if o.relu {
				w.engine.Activate(o.joined, line, line)
			}
		}
	}
}

// sumGradients adds up, for a part, the gradients of a batch norm's outputs and their products with the distances of its
// inputs from the mean.
func (w *work) sumGradients(i, part int) {
	o := &w.stack.plan.operations[i]
	n := w.stack.norms[i]
	s := n.parts[part]
	clear(s.first)
	clear(s.second)
	x, y, dy := &w.values[o.in[0]], &w.values[o.out], &w.dvalue[o.out]
	t := w.lineBuffer(0, len(s.first))
	open := o.relu && !w.stack.plan.values[o.out].closed
	for image := range x.images {
		for row := range x.height {
			d := dy.line(image, row)
			if open {
				w.engine.ActivateGrad(o.joined, d, y.line(image, row), d)
			}
			copy(t, x.line(image, row))
			w.engine.Accumulate(t, n.negativeMean)
			w.engine.Accumulate(s.first, d)
			w.engine.MultiplyAdd(s.second, d, t, s.second)
		}
	}
}

// combineGradients makes the gradients of scale and shift, and the factors of those of the inputs.
func (s *Stack) combineGradients(i int) {
	o := &s.plan.operations[i]
	n := s.norms[i]
	v := &s.plan.values[o.in[0]]
	channels := v.channels
	count := float64(s.options.Images * v.height * v.width)
	sum, dot := s.variance[:channels], s.squares[:channels]
	clear(sum)
	clear(dot)
	line := s.partial[:channels]
	for _, p := range n.parts {
		total(line, p.first)
		for c, g := range line {
			sum[c] += g
		}
		total(line, p.second)
		for c, g := range line {
			dot[c] += g
		}
	}
	gamma := s.params[o.params]
	first := s.parts[0].grads
	dGamma, dBeta := first[s.offsets[o.params]:], first[s.offsets[o.params+1]:]
	for c := range channels {
		dGamma[c] += float32(dot[c] * n.inverse[c])
		dBeta[c] += float32(sum[c])
	}
	factor := func(c int) float64 { return float64(gamma[c]) * n.inverse[c] }
	byValue := func(c int) float64 { return -factor(c) * n.inverse[c] * n.inverse[c] * dot[c] / count }
	repeat(n.byGrad, channels, factor)
	repeat(n.byValue, channels, byValue)
	repeat(n.constant, channels, func(c int) float64 { return -factor(c)*sum[c]/count - byValue(c)*n.mean[c] })
}

// unnormalise computes the gradient of a batch norm's inputs.
func (w *work) unnormalise(i int) {
	o := &w.stack.plan.operations[i]
	n := w.stack.norms[i]
	x, dy := &w.values[o.in[0]], &w.dvalue[o.out]
	dx := &w.dvalue[o.in[0]]
	if !w.stack.plan.wanted(o.in[0]) {
		return
	}
	t := w.lineBuffer(0, len(n.byGrad))
	first := w.first(i, o.in[0])
	for image := range x.images {
		for row := range x.height {
			w.engine.MultiplyAdd(t, x.line(image, row), n.byValue, n.constant)
			line := dx.line(image, row)
			if !first {
				w.engine.Accumulate(t, line)
			}
			w.engine.MultiplyAdd(line, dy.line(image, row), n.byGrad, t)
		}
	}
}
