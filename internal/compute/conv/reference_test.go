package conv

import (
	"math"

	"vaectl/internal/compute/kernel"
)

// reference computes a net and its gradients in float64, as the definitions have it, for a batch of images and with weights
// in PyTorch's order.
type reference struct {
	net    *Net
	images int
	params [][]float64
	values [][]float64 // of each map, [images][channels][height][width]
	dvalue [][]float64
	dparam [][]float64
	size   [][]float64 // of each gradient's terms: what rounding is measured against
	state  [][]float64 // in evaluation; nil in training
	moved  [][]float64 // the running statistics after a training step that began with those given
	labels []float32   // of the images
}

func newReference(n *Net, images int, params [][]float32) *reference {
	r := &reference{net: n, images: images}
	for i, p := range n.parameters {
		v := params[i]
		if p.Kind == Weight {
			torch := make([]float32, p.Size)
			p.Shape.Unpack(torch, v)
			v = torch
		}
		r.params = append(r.params, doubles(v))
		r.dparam = append(r.dparam, make([]float64, p.Size))
		r.size = append(r.size, make([]float64, p.Size))
	}
	for _, d := range n.dims {
		r.values = append(r.values, make([]float64, images*d.height*d.width*d.channels))
		r.dvalue = append(r.dvalue, make([]float64, images*d.height*d.width*d.channels))
	}
	return r
}

func doubles(v []float32) []float64 {
	d := make([]float64, len(v))
	for i := range v {
		d[i] = float64(v[i])
	}
	return d
}

// links calls f for every pair of pixels of an image that a weight of a convolution joins.
func links(s Shape, f func(large, small, weight int)) {
	for out := range s.Out {
		for oy := range s.OutHeight() {
			for ox := range s.OutWidth() {
				for in := range s.In {
					for ky := range s.Kernel {
						for kx := range s.Kernel {
							y, x := oy*s.Stride-s.Padding+ky, ox*s.Stride-s.Padding+kx
							if y < 0 || x < 0 || y >= s.Height || x >= s.Width {
								continue
							}
							f((in*s.Height+y)*s.Width+x, (out*s.OutHeight()+oy)*s.OutWidth()+ox, ((out*s.In+in)*s.Kernel+ky)*s.Kernel+kx)
						}
					}
				}
			}
		}
	}
}

// image is one image of a map.
func (r *reference) image(values []float64, i int) []float64 {
	n := len(values) / r.images
	return values[i*n:][:n]
}

func (r *reference) forward(in []float32) []float64 {
	copy(r.values[0], doubles(in))
	return r.again()
}

// again is forward of the input that is there.
func (r *reference) again() []float64 {
	for i := range r.net.operations {
		o := &r.net.operations[i]
		x, y := r.values[o.in[0]], r.values[o.out]
		switch o.kind {
		case convolution, transposed:
			w, b := r.params[o.params], r.params[o.params+1]
			for i := range r.images {
				x, y := r.image(x, i), r.image(y, i)
				for i := range y {
					y[i] = b[i/(len(y)/len(b))]
				}
				links(o.shape, func(large, small, weight int) {
					if o.kind == convolution {
						y[small] += x[large] * w[weight]
					} else {
						y[large] += x[small] * w[weight]
					}
				})
			}
		case activation:
			for i := range y {
				y[i] = activate(o.act, x[i])
			}
		case silu:
			for i := range y {
				y[i] = x[i] * sigmoid(x[i])
			}
		case gating:
			for i := range y {
				y[i] = x[i] * sigmoid(r.values[o.in[1]][i])
			}
		case addition:
			for i := range y {
				y[i] = x[i] + r.values[o.in[1]][i]
			}
		case upsampling:
			r.squares(o, func(small, large int) { y[large] = x[small] })
		case labelling:
			r.rows(o, func(at, row int) { y[at] = x[at] + r.params[o.params][row] })
		case batchNorm, groupNorm:
			gamma, beta := r.params[o.params], r.params[o.params+1]
			r.norms(o, func(of []int, channel func(at int) int) {
				mean, variance := r.moments(o, x, of, channel(of[0]))
				for _, at := range of {
					c := channel(at)
					y[at] = gamma[c]*(x[at]-mean)/math.Sqrt(variance+o.norm.eps) + beta[c]
				}
			})
		}
	}
	return r.values[len(r.values)-1]
}

// squares calls f with every pixel of an enlarged map and the one that it is a copy of.
func (r *reference) squares(o *operation, f func(small, large int)) {
	from, to := r.net.dims[o.in[0]], r.net.dims[o.out]
	for at := range r.values[o.out] {
		x, y, plane := at%to.width, at/to.width%to.height, at/(to.width*to.height)
		f((plane*from.height+y/o.factor)*from.width+x/o.factor, at)
	}
}

// rows calls f with every element of a map and the element of the table that belongs to it.
func (r *reference) rows(o *operation, f func(at, row int)) {
	d := r.net.dims[o.out]
	plane := d.height * d.width
	perLabel := r.images / len(r.labels)
	for at := range r.values[o.out] {
		label := int(r.labels[at/(plane*d.channels)/perLabel])
		f(at, label*d.channels+at/plane%d.channels)
	}
}

// norms calls f with the elements that each mean of a normalisation is over, and their channels.
func (r *reference) norms(o *operation, f func(of []int, channel func(at int) int)) {
	d := r.net.dims[o.out]
	plane := d.height * d.width
	channel := func(at int) int { return at / plane % d.channels }
	sets := make([][]int, d.channels)
	if o.kind == groupNorm {
		sets = make([][]int, r.images*o.norm.groups)
	}
	for at := range r.values[o.out] {
		key := channel(at)
		if o.kind == groupNorm {
			key = at/(plane*d.channels)*o.norm.groups + channel(at)/(d.channels/o.norm.groups)
		}
		sets[key] = append(sets[key], at)
	}
	for _, of := range sets {
		f(of, channel)
	}
}

// moments are mean and variance of some elements, or in evaluation the running ones of a channel.
func (r *reference) moments(o *operation, x []float64, of []int, channel int) (mean, variance float64) {
	if o.kind == batchNorm && r.state != nil {
		return r.state[o.norm.state][channel], r.state[o.norm.state+1][channel]
	}
	n := float64(len(of))
	for _, at := range of {
		mean += x[at] / n
	}
	for _, at := range of {
		variance += (x[at] - mean) * (x[at] - mean) / n
	}
	if o.kind == batchNorm && r.moved != nil {
		m, v := &r.moved[o.norm.state][channel], &r.moved[o.norm.state+1][channel]
		*m += o.norm.momentum * (mean - *m)
		*v += o.norm.momentum * (variance*n/max(n-1, 1) - *v)
	}
	return mean, variance
}

// learn adds a term to the gradient of a parameter.
func (r *reference) learn(parameter, i int, term float64) {
	r.dparam[parameter][i] += term
	r.size[parameter][i] += math.Abs(term)
}

// backward computes the gradients from the values that forward left.
func (r *reference) backward(dout []float32) []float64 {
	copy(r.dvalue[len(r.dvalue)-1], doubles(dout))
	for i := len(r.net.operations) - 1; i >= 0; i-- {
		o := &r.net.operations[i]
		x, dx, dy := r.values[o.in[0]], r.dvalue[o.in[0]], r.dvalue[o.out]
		switch o.kind {
		case convolution, transposed:
			for i := range r.images {
				r.productGradients(o, r.image(x, i), r.image(dx, i), r.image(dy, i))
			}
		case activation:
			for i := range dx {
				dx[i] += dy[i] * slope(o.act, x[i])
			}
		case silu:
			for i := range dx {
				s := sigmoid(x[i])
				dx[i] += dy[i] * (s + x[i]*s*(1-s))
			}
		case gating:
			g, dg := r.values[o.in[1]], r.dvalue[o.in[1]]
			for i := range dx {
				s := sigmoid(g[i])
				dx[i] += dy[i] * s
				dg[i] += dy[i] * x[i] * s * (1 - s)
			}
		case addition:
			for i := range dy {
				dx[i] += dy[i]
				r.dvalue[o.in[1]][i] += dy[i]
			}
		case upsampling:
			r.squares(o, func(small, large int) { dx[small] += dy[large] })
		case labelling:
			r.rows(o, func(at, row int) {
				dx[at] += dy[at]
				r.learn(o.params, row, dy[at])
			})
		case batchNorm, groupNorm:
			r.normGradients(o, x, dx, dy)
		}
	}
	return r.dvalue[0]
}

func (r *reference) productGradients(o *operation, x, dx, dy []float64) {
	w := r.params[o.params]
	for i, d := range dy {
		r.learn(o.params+1, i/(len(dy)/r.net.dims[o.out].channels), d)
	}
	links(o.shape, func(large, small, weight int) {
		if o.kind == convolution {
			dx[large] += dy[small] * w[weight]
			r.learn(o.params, weight, dy[small]*x[large])
		} else {
			dx[small] += dy[large] * w[weight]
			r.learn(o.params, weight, dy[large]*x[small])
		}
	})
}

func (r *reference) normGradients(o *operation, x, dx, dy []float64) {
	gamma := r.params[o.params]
	r.norms(o, func(of []int, channel func(at int) int) {
		moved := r.moved
		r.moved = nil
		mean, variance := r.moments(o, x, of, channel(of[0]))
		r.moved = moved
		inverse := 1 / math.Sqrt(variance+o.norm.eps)
		var sum, dot float64
		for _, at := range of {
			c, normal := channel(at), (x[at]-mean)*inverse
			r.learn(o.params, c, dy[at]*normal)
			r.learn(o.params+1, c, dy[at])
			sum += dy[at] * gamma[c] / float64(len(of))
			dot += dy[at] * gamma[c] * normal / float64(len(of))
		}
		for _, at := range of {
			dx[at] += inverse * (dy[at]*gamma[channel(at)] - sum - (x[at]-mean)*inverse*dot)
		}
	})
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func activate(a kernel.Activation, x float64) float64 {
	switch a {
	case kernel.Relu:
		return max(x, 0)
	case kernel.LeakyRelu:
		return max(x, kernel.Leak*x)
	case kernel.Tanh:
		return math.Tanh(x)
	case kernel.Elu:
		if x > 0 {
			return x
		}
		return math.Expm1(x)
	case kernel.Softplus:
		return math.Log1p(math.Exp(x))
	}
	panic("activation without a reference")
}

func slope(a kernel.Activation, x float64) float64 {
	const h = 1e-6
	switch {
	case a == kernel.Relu && x <= 0:
		return 0
	case a == kernel.LeakyRelu && x <= 0:
		return kernel.Leak
	case a == kernel.Relu || a == kernel.LeakyRelu:
		return 1
	}
	return (activate(a, x+h) - activate(a, x-h)) / (2 * h)
}
