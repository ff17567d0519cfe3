package conv

import (
	"fmt"

	"vaectl/internal/compute/kernel"
)

// Net describes feature maps of one image and the operations that join them. It holds no memory. The methods that add
// operations panic where an operation does not fit its maps; [Shape.Check] says so beforehand.
type Net struct {
	dims       []dims // of each value
	operations []operation
	parameters []Parameter
	states     []int
}

// Value is a feature map of a Net.
type Value int

type dims struct{ height, width, channels int }

// Kind says what a parameter does.
type Kind uint8

// The kinds of parameters.
const (
	Weight Kind = iota // of a convolution, or of a transposed one, in memory's order: see [Shape.Pack]
	Bias               // one a channel, added
	Scale              // one a channel, of a normalisation
	Shift              // likewise
	Table              // of labels: a row for each, with one value a channel, which is added
)

// Parameter is what is learned of an operation.
type Parameter struct {
	Kind  Kind
	Size  int   // elements
	Shape Shape // of the convolution; of the transpose's, for a transposed one
}

// operationKind is what an operation computes.
type operationKind uint8

const (
	convolution operationKind = iota
	transposed
	activation
	silu
	gating
	addition
	upsampling
	labelling
	batchNorm
	groupNorm
)

// operation computes one value from others.
type operation struct {
	kind   operationKind
	in     [2]Value // the second of an addition and a gate only
	out    Value
	shape  Shape
	act    kernel.Activation
	params int // index of the first parameter
	norm   normalisation
	factor int // of an upsampling
}

// normalisation is what a batch or group norm is made with.
type normalisation struct {
	eps, momentum float64
	groups        int // of channels
	state         int // index of the running mean, before that of the variance
}

// inputs lists what the operation reads.
func (o *operation) inputs() []Value {
	if o.kind == addition || o.kind == gating {
		return o.in[:2]
	}
	return o.in[:1]
}

// readsInput reports whether the gradients of the operation depend on what it reads.
func (o *operation) readsInput() bool {
	switch o.kind {
	case activation, addition, upsampling, labelling:
		return false
	}
	return true
}

// isProduct reports whether the operation has weights and a bias.
func (o *operation) isProduct() bool { return o.kind == convolution || o.kind == transposed }

// NewNet returns a net of images of the given size and nothing else.
func NewNet(height, width, channels int) *Net {
	return &Net{dims: []dims{{height, width, channels}}}
}

// Input is the images.
func (n *Net) Input() Value { return 0 }

// Dims are the sides and channels of a map.
func (n *Net) Dims(v Value) (height, width, channels int) {
	d := n.dims[v]
	return d.height, d.width, d.channels
}

// FLOPs counts the multiplications and additions of the products of one image, forward.
func (n *Net) FLOPs() float64 {
	var sum float64
	for _, o := range n.operations {
		if o.isProduct() {
			sum += o.shape.FLOPs()
		}
	}
	return sum
}

func (n *Net) add(o operation, d dims) Value {
	n.dims = append(n.dims, d)
	o.out = Value(len(n.dims) - 1)
	n.operations = append(n.operations, o)
	return o.out
}

// Convolution adds nn.Conv2d(channels of x, out, w.Kernel, w.Stride, w.Padding) of PyTorch, with its weight and bias.
func (n *Net) Convolution(x Value, w Window, out int) Value {
	d := n.dims[x]
	s := Shape{Height: d.height, Width: d.width, In: d.channels, Out: out, Window: w}
	return n.product(convolution, x, s, dims{0, 0, out})
}

// TransposeOf adds the transposed convolution from the small map of s to its large one.
func (n *Net) TransposeOf(x Value, s Shape) Value {
	if d := (dims{s.OutHeight(), s.OutWidth(), s.Out}); n.dims[x] != d {
		panic(fmt.Sprintf("conv: map of %v for the transpose of a convolution to %v", n.dims[x], d))
	}
	return n.product(transposed, x, s, dims{s.Height, s.Width, s.In})
}

func (n *Net) product(kind operationKind, x Value, s Shape, d dims) Value {
	if err := s.Check(); err != nil {
		panic("conv: " + err.Error())
	}
	if kind == convolution {
		d.height, d.width = s.OutHeight(), s.OutWidth()
	}
	o := operation{kind: kind, in: [2]Value{x}, shape: s, params: len(n.parameters)}
	n.parameters = append(n.parameters, Parameter{Weight, s.Weights(), s}, Parameter{Kind: Bias, Size: d.channels})
	return n.add(o, d)
}

// Activate adds an activation of every element.
func (n *Net) Activate(x Value, a kernel.Activation) Value {
	if a == kernel.Identity {
		return x
	}
	return n.add(operation{kind: activation, in: [2]Value{x}, act: a}, n.dims[x])
}

// Silu adds x times its sigmoid.
func (n *Net) Silu(x Value) Value {
	return n.add(operation{kind: silu, in: [2]Value{x}}, n.dims[x])
}

// Gate adds h times the sigmoid of g, two maps of one size.
func (n *Net) Gate(h, g Value) Value {
	if h == g || n.dims[h] != n.dims[g] {
		panic(fmt.Sprintf("conv: gate of maps of %v and %v", n.dims[h], n.dims[g]))
	}
	return n.add(operation{kind: gating, in: [2]Value{h, g}}, n.dims[h])
}

// BatchNorm adds nn.BatchNorm2d(channels, eps, momentum) of PyTorch (Ioffe and Szegedy 2015), with its scale and shift. In
// training it normalises by the batch's own statistics and moves the running ones, in evaluation by the running ones.
func (n *Net) BatchNorm(x Value, eps, momentum float64) Value {
	c := n.dims[x].channels
	norm := normalisation{eps: eps, momentum: momentum, groups: c, state: len(n.states)}
	n.states = append(n.states, c, c)
	return n.normalised(batchNorm, x, norm)
}

// GroupNorm adds nn.GroupNorm(groups, channels, eps) of PyTorch (Wu and He 2018), with its scale and shift.
func (n *Net) GroupNorm(x Value, groups int, eps float64) Value {
	if c := n.dims[x].channels; groups < 1 || c%groups != 0 {
		panic(fmt.Sprintf("conv: %d groups of %d channels", groups, c))
	}
	return n.normalised(groupNorm, x, normalisation{eps: eps, groups: groups})
}

func (n *Net) normalised(kind operationKind, x Value, norm normalisation) Value {
	d := n.dims[x]
	o := operation{kind: kind, in: [2]Value{x}, params: len(n.parameters), norm: norm}
	n.parameters = append(n.parameters, Parameter{Kind: Scale, Size: d.channels}, Parameter{Kind: Shift, Size: d.channels})
	return n.add(o, d)
}

// Upsample adds a map enlarged by a whole factor: every pixel becomes a square of them (nn.Upsample of PyTorch, nearest).
func (n *Net) Upsample(x Value, factor int) Value {
	if factor < 1 {
		panic(fmt.Sprintf("conv: map enlarged by %d", factor))
	}
	d := n.dims[x]
	return n.add(operation{kind: upsampling, in: [2]Value{x}, factor: factor}, dims{d.height * factor, d.width * factor, d.channels})
}

// Label adds to every pixel of an image what a table, [classes][channels], says of its label; see [Stack.UseLabels].
func (n *Net) Label(x Value, classes int) Value {
	if classes < 1 {
		panic(fmt.Sprintf("conv: labels of %d classes", classes))
	}
	d := n.dims[x]
	o := operation{kind: labelling, in: [2]Value{x}, params: len(n.parameters)}
	n.parameters = append(n.parameters, Parameter{Kind: Table, Size: classes * d.channels})
	return n.add(o, d)
}

// Add adds the sum of two maps of one size.
func (n *Net) Add(a, b Value) Value {
	if a == b || n.dims[a] != n.dims[b] {
		panic(fmt.Sprintf("conv: sum of maps of %v and %v", n.dims[a], n.dims[b]))
	}
	return n.add(operation{kind: addition, in: [2]Value{a, b}}, n.dims[a])
}
