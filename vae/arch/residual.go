package arch

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
)

// residual adds to its input two 3x3 convolutions of it, with normalisation, where
// there is one, and activation before each (pre-activation, He et al. 2016).
type residual struct {
	name       string
	shape      data.Shape
	norms      [2]*normalisation // nil for none
	activation Activation
	convs      [2]*convolution
}

func newResidual(name string, shape data.Shape, norm string, act Activation) (*residual, error) {
	r := &residual{name: name, shape: shape, activation: act}
	same := configs.Convolution{Channels: shape.Channels, Kernel: 3, Stride: 1, Padding: 1}
	for i := range r.convs {
		if norm != "none" {
			r.norms[i] = newNorm(fmt.Sprintf("%s.norm%d", name, i+1), norm, shape)
		}
		var err error
		if r.convs[i], err = newConvolution(fmt.Sprintf("%s.conv%d", name, i+1), shape, same, 0, "none", Identity); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Name begins the names of the parameters.
func (r *residual) Name() string { return r.name }

// Text is "res".
func (r *residual) Text() string { return "res" }

// In is the shape of the maps.
func (r *residual) In() data.Shape { return r.shape }

// Out is that of In.
func (r *residual) Out() data.Shape { return r.shape }

// Parameters are those of norm1, conv1, norm2 and conv2.
func (r *residual) Parameters() []Parameter {
	var all []Parameter
	for i, c := range r.convs {
		if n := r.norms[i]; n != nil {
			all = append(all, n.Parameters()...)
		}
		all = slices.Concat(all, c.Parameters())
	}
	return all
}

// FLOPs are those of both convolutions.
func (r *residual) FLOPs() float64 { return r.convs[0].FLOPs() + r.convs[1].FLOPs() }

// Values are what norms, activations and convolutions put out, and the sum.
func (r *residual) Values() float64 {
	n := 5
	if r.norms[0] != nil {
		n += 2
	}
	return float64(n * r.shape.Values())
}

// Operations are the sum of the input and norms, activations and convolutions of it.
func (r *residual) Operations() []Operation {
	var body []Operation
	for i, c := range r.convs {
		if n := r.norms[i]; n != nil {
			body = append(body, n.operation())
		}
		body = append(body, r.activation.operations(r.shape)...)
		body = append(body, c.Operations()...)
	}
	return []Operation{{Kind: Summing, Name: r.name, In: r.shape, Out: r.shape, Body: body}}
}

// Add puts the block on a graph.
func (r *residual) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := x, error(nil)
	for i, c := range r.convs {
		if n := r.norms[i]; n != nil {
			if h, err = n.Add(b, h); err != nil {
				return nil, err
			}
		}
		if h, err = r.activation.add(b.graph, h); err != nil {
			return nil, err
		}
		if h, err = c.Add(b, h); err != nil {
			return nil, err
		}
	}
	return b.graph.Sum(x, h)
}
