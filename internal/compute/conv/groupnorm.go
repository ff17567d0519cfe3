package conv

import "math"

// groupStatistics are of one image's channels, and of its groups.
type groupStatistics struct {
	sum, dot      []float64 // a channel
	mean, inverse []float64 // a group
}

// statistics finds mean and 1 over the standard deviation of each group of one image.
func (w *work) statistics(o *step, m *featureMap, image int) *groupStatistics {
	g := &w.groups
	g.sum, g.dot = w.doubles[0][:m.channels], w.doubles[1][:m.channels]
	g.mean, g.inverse = w.doubles[2][:o.norm.groups], w.doubles[3][:o.norm.groups]
	line := m.width * m.channels
	sums, t := w.lineBuffer(0, line), w.lineBuffer(1, line)
	clear(sums)
	for y := range m.height {
		w.engine.Accumulate(sums, m.line(image, y))
	}
	total(g.sum, sums)
	count := float64(m.height * m.width * m.channels / o.norm.groups)
	byGroup(g.mean, g.sum)
	for i := range g.mean {
		g.mean[i] /= count
	}
	size := m.channels / o.norm.groups
	negative := w.lineBuffer(2, line)
	repeat(negative, m.channels, func(c int) float64 { return -g.mean[c/size] })
	clear(sums)
	for y := range m.height {
		copy(t, m.line(image, y))
		w.engine.Accumulate(t, negative)
		w.engine.MultiplyAdd(sums, t, t, sums)
	}
	total(g.sum, sums)
	byGroup(g.inverse, g.sum)
	for i := range g.inverse {
		g.inverse[i] = 1 / math.Sqrt(g.inverse[i]/count+o.norm.eps)
	}
	return g
}

// byGroup adds up the channels of each group.
func byGroup(groups, channels []float64) {
	clear(groups)
	size := len(channels) / len(groups)
	for c, v := range channels {
		groups[c/size] += v
	}
}

// normaliseGroups computes a group norm, and the activation joined to it.
func (w *work) normaliseGroups(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	gamma, beta := s.params[o.params], s.params[o.params+1]
	in, out := &w.values[o.in[0]], &w.values[o.out]
	line := in.width * in.channels
	size := in.channels / o.norm.groups
	for image := range in.images {
		g := w.statistics(o, in, image)
		scale, shift := w.lineBuffer(0, line), w.lineBuffer(1, line)
		repeat(scale, in.channels, func(c int) float64 { return float64(gamma[c]) * g.inverse[c/size] })
		repeat(shift, in.channels, func(c int) float64 {
			return float64(beta[c]) - float64(gamma[c])*g.mean[c/size]*g.inverse[c/size]
		})
		for y := range in.height {
			to := out.line(image, y)
			w.engine.MultiplyAdd(to, in.line(image, y), scale, shift)
			if o.relu {
				w.engine.Activate(o.joined, to, to)
			}
		}
	}
}

// groupGradients adds the gradients of a group norm's scale and shift and computes that of its input.
func (w *work) groupGradients(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	gamma := s.params[o.params]
	dGamma, dBeta := w.gradOf(o.params), w.gradOf(o.params+1)
	x, y, dy, dx := &w.values[o.in[0]], &w.values[o.out], &w.dvalue[o.out], &w.dvalue[o.in[0]]
	open := o.relu && !s.plan.values[o.out].closed
	wanted, first := s.plan.wanted(o.in[0]), w.first(i, o.in[0])
	line := x.width * x.channels
	size := x.channels / o.norm.groups
	count := float64(x.height * x.width * size)
	for image := range x.images {
		g := w.statistics(o, x, image)
		sums, dots, t, negative := w.lineBuffer(0, line), w.lineBuffer(1, line), w.lineBuffer(2, line), w.lineBuffer(3, line)
		clear(sums)
		clear(dots)
		repeat(negative, x.channels, func(c int) float64 { return -g.mean[c/size] })
		for row := range x.height {
			d := dy.line(image, row)
			if open {
				w.engine.ActivateGrad(o.joined, d, y.line(image, row), d)
			}
			copy(t, x.line(image, row))
			w.engine.Accumulate(t, negative)
			w.engine.Accumulate(sums, d)
			w.engine.MultiplyAdd(dots, d, t, dots)
		}
		total(g.sum, sums)
		total(g.dot, dots)
		sum, dot := w.doubles[4][:o.norm.groups], w.doubles[5][:o.norm.groups]
		clear(sum)
		clear(dot)
		for c := range gamma {
			k := c / size
			dBeta[c] += float32(g.sum[c])
			dGamma[c] += float32(g.dot[c] * g.inverse[k])
			sum[k] += g.sum[c] * float64(gamma[c])
			dot[k] += g.dot[c] * float64(gamma[c])
		}
		if !wanted {
			continue
		}
		byGrad, byValue, constant := sums, dots, negative
		slope := func(k int) float64 { return -g.inverse[k] * g.inverse[k] * g.inverse[k] * dot[k] / count }
		repeat(byGrad, x.channels, func(c int) float64 { return float64(gamma[c]) * g.inverse[c/size] })
		repeat(byValue, x.channels, func(c int) float64 { return slope(c / size) })
		repeat(constant, x.channels, func(c int) float64 {
			k := c / size
			return -g.inverse[k]*sum[k]/count - slope(k)*g.mean[k]
		})
		for row := range x.height {
			w.engine.MultiplyAdd(t, x.line(image, row), byValue, constant)
			to := dx.line(image, row)
			if !first {
				w.engine.Accumulate(t, to)
			}
			w.engine.MultiplyAdd(to, dy.line(image, row), byGrad, t)
		}
	}
}
