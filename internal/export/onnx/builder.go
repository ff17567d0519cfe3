package onnx

import (
	"fmt"
	"slices"

	"vaectl/data"
	"vaectl/internal/export/latent"
	"vaectl/internal/format/onnx"
	"vaectl/vae"
)

// batch names the dimension that is any number of images.
const batch = "N"

// Names of inputs and outputs.
const (
	nameImage       = "x"
	nameLabel       = "label"
	nameMean        = "mean"
	nameLogVariance = "log_variance"
	nameZ           = "z"
	namePixels      = "pixels"
	nameNoise       = "noise"
	nameChoice      = "choice"
)

// builder makes one graph of a model.
type builder struct {
	model *vae.Model
	prior latent.Prior
	graph onnx.Graph
	// scope begins the names of nodes.
	scope   string
	made    int // values so far
	tensors map[string]bool
	weights map[string]vae.Parameter
}

func newBuilder(m *vae.Model, prior latent.Prior, name, doc string) *builder {
	b := &builder{model: m, prior: prior, graph: onnx.Graph{Name: name, Doc: doc}, tensors: make(map[string]bool), weights: make(map[string]vae.Parameter)}
	for _, p := range m.Parameters() {
		b.weights[p.Name] = p
	}
	return b
}

// value is something that nodes read. A flat one is [N, size], another [N, channels,
// height, width].
type value struct {
	name string
	flat bool
}

// flat is a name as a value of rows.
func flat(name string) value { return value{name, true} }

// input adds an input whose first dimension is the batch.
func (b *builder) input(name, doc string, kind onnx.Type, sizes ...int) string {
	b.graph.Inputs = append(b.graph.Inputs, onnx.Value{Name: name, Doc: doc, Type: kind, Shape: batched(sizes)})
	return name
}

// output names a value as an output.
func (b *builder) output(name, doc, of string, sizes ...int) {
	b.graph.Nodes = append(b.graph.Nodes, onnx.Node{Name: "output/" + name, Operator: "Identity", Inputs: []string{of}, Outputs: []string{name}})
	b.graph.Outputs = append(b.graph.Outputs, onnx.Value{Name: name, Doc: doc, Type: onnx.Float32, Shape: batched(sizes)})
}

func batched(sizes []int) []onnx.Dimension {
	shape := []onnx.Dimension{{Name: batch}}
	for _, s := range sizes {
		shape = append(shape, onnx.Dimension{Size: s})
	}
	return shape
}

// planes is the shape of an image in a graph, without the batch.
func planes(s data.Shape) []int { return []int{s.Channels, s.Height, s.Width} }

// attributes are arguments by name, in turn.
type attributes []onnx.Attribute

func with(name string, value any) attributes { return attributes{{Name: name, Value: value}} }

func (a attributes) with(name string, value any) attributes {
	return append(a, onnx.Attribute{Name: name, Value: value})
}

// call adds a node and returns its output.
func (b *builder) call(operator string, a attributes, inputs ...string) string {
	return b.split(operator, a, 1, inputs...)[0]
}

// split adds a node of several outputs.
func (b *builder) split(operator string, a attributes, outputs int, inputs ...string) []string {
	name := fmt.Sprintf("%s/%s_%d", b.scope, operator, b.made)
	b.made++
	var names []string
	for i := range outputs {
		names = append(names, fmt.Sprintf("%s:%d", name, i))
	}
	b.graph.Nodes = append(b.graph.Nodes, onnx.Node{Name: name, Operator: operator, Inputs: inputs, Outputs: slices.Clone(names), Attributes: a})
	return names
}

// constant adds a tensor of its own.
func (b *builder) constant(values any, shape ...int) string {
	name := fmt.Sprintf("%s/constant_%d", b.scope, b.made)
	b.made++
	b.graph.Tensors = append(b.graph.Tensors, onnx.Tensor{Name: name, Shape: shape, Values: values})
	return name
}

// number and double are scalars.
func (b *builder) number(v float64) string { return b.constant([]float32{float32(v)}) }
func (b *builder) double(v float64) string { return b.constant([]float64{v}) }

// integers is a vector, as shapes and axes are given.
func (b *builder) integers(values ...int) string {
	all := make([]int64, len(values))
	for i, v := range values {
		all[i] = int64(v)
	}
	return b.constant(all, len(all))
}

// vector is a row of numbers.
func (b *builder) vector(values []float64) string {
	return b.constant(latent.Narrow(values), len(values))
}

// vector64 is one of float64.
func (b *builder) vector64(values []float64) string {
	return b.constant(slices.Clone(values), len(values))
}

// weight is a parameter of the model under its own name.
func (b *builder) weight(name string) string {
	return b.named(name, b.values(name), b.weights[name].Shape...)
}

// named adds a tensor once.
func (b *builder) named(name string, values []float32, shape ...int) string {
	if !b.tensors[name] {
		b.tensors[name] = true
		b.graph.Tensors = append(b.graph.Tensors, onnx.Tensor{Name: name, Shape: shape, Values: values})
	}
	return name
}

// values are those of a parameter, in PyTorch's order.
func (b *builder) values(name string) []float32 {
	p, ok := b.weights[name]
	if !ok {
		panic("onnx: no parameter " + name)
	}
	return p.Export(p.Data)
}

// affine adds x * scale + shift, and leaves out what changes nothing.
func (b *builder) affine(x string, shift, scale []float64) string {
	if slices.ContainsFunc(scale, func(v float64) bool { return v != 1 }) {
		x = b.call("Mul", nil, x, b.vector(scale))
	}
	if slices.ContainsFunc(shift, func(v float64) bool { return v != 0 }) {
		x = b.call("Add", nil, x, b.vector(shift))
	}
	return x
}

func (b *builder) cast(x string, to onnx.Type) string {
	return b.call("Cast", with("to", int(to)), x)
}

func (b *builder) add(x, y string) string { return b.call("Add", nil, x, y) }
func (b *builder) sub(x, y string) string { return b.call("Sub", nil, x, y) }
func (b *builder) mul(x, y string) string { return b.call("Mul", nil, x, y) }
func (b *builder) div(x, y string) string { return b.call("Div", nil, x, y) }
