package conv

import (
	"math"

	"vaectl/internal/compute/kernel"
)

// reference computes a net and its gradients in float64, as the definitions have it, from images and weights in PyTorch's
// order.
type reference struct {
	net    *Net
	params [][]float64
	values [][]float64 // of each map, [channels][height][width]
	dvalue [][]float64
	dparam [][]float64
	size   [][]float64 // of each gradient's terms: what rounding is measured against
}

func newReference(n *Net, params [][]float32) *reference {
	r := &reference{net: n}
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
		r.values = append(r.values, make([]float64, d.height*d.width*d.channels))
		r.dvalue = append(r.dvalue, make([]float64, d.height*d.width*d.channels))
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

// links calls f for every pair of pixels that a weight of a convolution joins.
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

func (r *reference) forward(image []float32) []float64 {
	copy(r.values[0], doubles(image))
	for _, o := range r.net.operations {
		x, y := r.values[o.in[0]], r.values[o.out]
		switch o.kind {
		case convolution, transposed:
			w, b := r.params[o.params], r.params[o.params+1]
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
		case activation:
			for i := range y {
				y[i] = activate(o.act, x[i])
			}
		case addition:
			for i := range y {
				y[i] = x[i] + r.values[o.in[1]][i]
			}
		}
	}
	return r.values[len(r.values)-1]
}

// backward adds the gradients of one image, whose values forward left, to those of the parameters.
func (r *reference) backward(dout []float64) []float64 {
	for i := range r.dvalue {
		clear(r.dvalue[i])
	}
	copy(r.dvalue[len(r.dvalue)-1], dout)
	for i := len(r.net.operations) - 1; i >= 0; i-- {
		o := r.net.operations[i]
		x, dx, dy := r.values[o.in[0]], r.dvalue[o.in[0]], r.dvalue[o.out]
		switch o.kind {
		case convolution, transposed:
			w := r.params[o.params]
			learn := func(parameter, i int, term float64) {
				r.dparam[parameter][i] += term
				r.size[parameter][i] += math.Abs(term)
			}
			for i, d := range dy {
				learn(o.params+1, i/(len(dy)/r.net.dims[o.out].channels), d)
			}
			links(o.shape, func(large, small, weight int) {
				if o.kind == convolution {
					dx[large] += dy[small] * w[weight]
					learn(o.params, weight, dy[small]*x[large])
				} else {
					dx[small] += dy[large] * w[weight]
					learn(o.params, weight, dy[large]*x[small])
				}
			})
		case activation:
			for i := range dx {
				dx[i] += dy[i] * slope(o.act, x[i])
			}
		case addition:
			for i := range dy {
				dx[i] += dy[i]
				r.dvalue[o.in[1]][i] += dy[i]
			}
		}
	}
	return r.dvalue[0]
}

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
