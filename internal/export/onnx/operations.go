package onnx

import (
	"math"

	"vaectl/data"
	"vaectl/internal/export/latent"
	"vaectl/vae/arch"
)

// leakySlope is that of leaky-relu below zero.
const leakySlope = 0.01

// run adds operations. Label is the name of the labels, which some of them read.
func (b *builder) run(all []arch.Operation, x value, label string) (value, error) {
	for i := 0; i < len(all); i++ {
		o := all[i]
		if o.Name != "" {
			b.scope = o.Name
		}
		var folded *arch.Operation
		if convolves(o) && i+1 < len(all) && all[i+1].Kind == arch.BatchNorm {
			i++
			folded = &all[i]
		}
		var err error
		if x, err = b.operation(o, folded, x, label); err != nil {
			return x, err
		}
	}
	return x, nil
}

func convolves(o arch.Operation) bool { return o.Kind == arch.Convolving || o.Kind == arch.Transposing }

// operation adds one; folded is the batch norm behind a convolution, or nil.
func (b *builder) operation(o arch.Operation, folded *arch.Operation, x value, label string) (value, error) {
	switch o.Kind {
	case arch.Linear:
		return b.linear(o, x, label), nil
	case arch.Convolving, arch.Transposing:
		return b.convolution(o, folded, x, label), nil
	case arch.BatchNorm:
		scale, shift := b.normed(o)
		return b.channels(b.maps(x, o.In), scale, shift, o.In), nil
	case arch.GroupNorm:
		return b.groupNorm(o, x), nil
	case arch.Activating:
		return b.activation(o, x)
	case arch.Upsampling:
		scales := b.constant([]float32{1, 1, float32(o.Factor), float32(o.Factor)}, 4)
		a := with("mode", "nearest").with("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor")
		return value{name: b.call("Resize", a, b.maps(x, o.In).name, "", scales)}, nil
	case arch.Gating, arch.Summing:
		return b.branches(o, x, label)
	}
	return x, cannot("%s of layer %s", o.Kind, o.Name)
}

// rows makes a value flat.
func (b *builder) rows(x value) string {
	if x.flat {
		return x.name
	}
	return b.call("Flatten", with("axis", 1), x.name)
}

// maps makes a value maps of a shape.
func (b *builder) maps(x value, s data.Shape) value {
	if !x.flat {
		return x
	}
	return value{name: b.call("Reshape", nil, x.name, b.integers(append([]int{-1}, planes(s)...)...))}
}

func (b *builder) linear(o arch.Operation, x value, label string) value {
	y := b.call("Gemm", with("transB", 1), b.rows(x), b.weight(o.Name+".weight"), b.weight(o.Name+".bias"))
	if o.Labelled {
		y = b.add(y, b.call("Gather", with("axis", 0), b.weight(o.Name+".label.weight"), label))
	}
	return flat(y)
}

// normed is what a batch norm multiplies each channel by, and what it adds.
func (b *builder) normed(o arch.Operation) (scale, shift []float64) {
	weight, bias := b.values(o.Name+".weight"), b.values(o.Name+".bias")
	mean, variance := b.values(o.Name+".running_mean"), b.values(o.Name+".running_var")
	for c := range weight {
		s := float64(weight[c]) / math.Sqrt(float64(variance[c])+o.Eps)
		scale, shift = append(scale, s), append(shift, float64(bias[c])-float64(mean[c])*s)
	}
	return scale, shift
}

// channels adds a number times each channel and another.
func (b *builder) channels(x value, scale, shift []float64, s data.Shape) value {
	y := b.mul(x.name, b.constant(latent.Narrow(scale), s.Channels, 1, 1))
	return value{name: b.add(y, b.constant(latent.Narrow(shift), s.Channels, 1, 1))}
}

func (b *builder) convolution(o arch.Operation, folded *arch.Operation, x value, label string) value {
	w := o.Window
	a := with("kernel_shape", []int{w.Kernel, w.Kernel}).with("strides", []int{w.Stride, w.Stride}).with("pads", []int{w.Padding, w.Padding, w.Padding, w.Padding})
	operator := "Conv"
	if o.Kind == arch.Transposing {
		operator = "ConvTranspose"
		left := func(out, in int) int { return out - ((in-1)*w.Stride - 2*w.Padding + w.Kernel) }
		a = a.with("output_padding", []int{left(o.Out.Height, o.In.Height), left(o.Out.Width, o.In.Width)})
	}
	weight, bias, table := b.folded(o, folded)
	y := b.call(operator, a, b.maps(x, o.In).name, weight, bias)
	if o.Labelled {
		moved := b.call("Gather", with("axis", 0), table, label)
		y = b.add(y, b.call("Unsqueeze", nil, moved, b.integers(2, 3)))
	}
	return value{name: y}
}

// folded are the arrays of a convolution with those of a batch norm, unless nil, in
// them; table is that of labels, where it reads any.
func (b *builder) folded(o arch.Operation, norm *arch.Operation) (weight, bias, table string) {
	names := []string{o.Name + ".weight", o.Name + ".bias", o.Name + ".label.weight"}
	if norm == nil {
		weight, bias = b.weight(names[0]), b.weight(names[1])
		if o.Labelled {
			table = b.weight(names[2])
		}
		return weight, bias, table
	}
	scale, shift := b.normed(*norm)
	shape := b.weights[names[0]].Shape
	w := b.values(names[0])
	each := shape[2] * shape[3] // numbers of a pair of channels
	scaled := make([]float32, len(w))
	for i, v := range w {
		channel := i / each / shape[1]
		if o.Kind == arch.Transposing {
			channel = i / each % shape[1]
		}
		scaled[i] = float32(float64(v) * scale[channel])
	}
	moved := make([]float32, len(scale))
	for c, v := range b.values(names[1]) {
		moved[c] = float32(float64(v)*scale[c] + shift[c])
	}
	if o.Labelled {
		rows := append([]float32(nil), b.values(names[2])...)
		for i := range rows {
			rows[i] = float32(float64(rows[i]) * scale[i%len(scale)])
		}
		table = b.named(names[2], rows, b.weights[names[2]].Shape...)
	}
	return b.named(names[0], scaled, shape...), b.named(names[1], moved, len(moved)), table
}

// groupNorm is the norm of instances that are groups, and then a number times each
// channel and another.
func (b *builder) groupNorm(o arch.Operation, x value) value {
	ones, zeros := make([]float32, o.Groups), make([]float32, o.Groups)
	for i := range ones {
		ones[i] = 1
	}
	y := b.call("Reshape", nil, x.name, b.integers(-1, o.Groups, o.In.Values()/o.Groups))
	y = b.call("InstanceNormalization", with("epsilon", float32(o.Eps)), y, b.constant(ones, o.Groups), b.constant(zeros, o.Groups))
	maps := b.maps(flat(y), o.In)
	var scale, shift []float64
	for c, v := range b.values(o.Name + ".weight") {
		scale, shift = append(scale, float64(v)), append(shift, float64(b.values(o.Name + ".bias")[c]))
	}
	return b.channels(maps, scale, shift, o.In)
}

func (b *builder) activation(o arch.Operation, x value) (value, error) {
	switch o.Function {
	case "relu":
		x.name = b.call("Relu", nil, x.name)
	case "leaky-relu":
		x.name = b.call("LeakyRelu", with("alpha", float32(leakySlope)), x.name)
	case "silu":
		x.name = b.mul(x.name, b.call("Sigmoid", nil, x.name))
	case "tanh":
		x.name = b.call("Tanh", nil, x.name)
	case "softplus":
		x.name = b.call("Softplus", nil, x.name)
	case "elu":
		x.name = b.call("Elu", nil, x.name)
	case "sigmoid":
		x.name = b.call("Sigmoid", nil, x.name)
	default:
		return x, cannot("activation %s", o.Function)
	}
	return x, nil
}

// branches adds the product of two branches, or the sum of one and its input.
func (b *builder) branches(o arch.Operation, x value, label string) (value, error) {
	body, err := b.run(o.Body, x, label)
	if err != nil {
		return x, err
	}
	if o.Kind == arch.Summing {
		other := x
		if !body.flat {
			other = b.maps(x, o.In)
		}
		return value{b.add(other.name, body.name), body.flat}, nil
	}
	gate, err := b.run(o.Gate, x, label)
	return value{b.mul(body.name, gate.name), body.flat}, err
}
