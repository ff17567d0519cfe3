package arch

import (
	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/conv"
)

// Convolution is nn.Conv2d or, transposed, nn.ConvTranspose2d of PyTorch, followed
// by a normalisation and an activation where there are any. A transposed one goes
// back through the windows of the convolution from its output to its input. Where
// the label is read too, each channel of the output is moved by a row of a table.
type Convolution struct {
	name       string
	shape      conv.Shape // of the convolution that this is or is the transpose of
	transposed bool
	norm       *Norm // nil for none
	activation Activation
	table      *LabelTable // nil where no label is read
}

// newConvolution makes a layer from maps of the given shape.
func newConvolution(name string, in data.Shape, c configs.Convolution, classes int, norm string, act Activation) (*Convolution, error) {
	s := conv.Shape{
		Height: in.Height, Width: in.Width, In: in.Channels, Out: c.Channels,
		Window: conv.Window{Kernel: c.Kernel, Stride: c.Stride, Padding: c.Padding},
	}
	return finishConvolution(&Convolution{name: name, shape: s, activation: act}, classes, norm)
}

// newTransposed makes a layer from the output of a convolution of maps of the given
// shape back to those.
func newTransposed(name string, back data.Shape, c configs.Convolution, classes int, norm string, act Activation) (*Convolution, error) {
	l, err := newConvolution(name, back, c, 0, "none", act)
	if err != nil {
		return nil, err
	}
	l.transposed = true
	return finishConvolution(l, classes, norm)
}

func finishConvolution(c *Convolution, classes int, norm string) (*Convolution, error) {
	if err := c.shape.Check(); err != nil {
		return nil, err
	}
	if norm != "none" {
		c.norm = &Norm{name: c.name + ".norm", of: c.Out(), batch: norm == "batch"}
	}
	if classes > 0 {
		c.table = &LabelTable{name: c.name + ".label.weight", classes: classes, width: c.Out().Channels, init: c.fans(Table)}
	}
	return c, nil
}

// Name begins the names of the parameters.
func (c *Convolution) Name() string { return c.name }

// Text is "conv" and the channels of the output, with the window where it is not
// the usual one.
func (c *Convolution) Text() string {
	w := c.shape.Window
	return "conv" + configs.Convolution{Channels: c.Out().Channels, Kernel: w.Kernel, Stride: w.Stride, Padding: w.Padding}.String()
}

func (c *Convolution) large() data.Shape {
	return data.Shape{Height: c.shape.Height, Width: c.shape.Width, Channels: c.shape.In}
}

func (c *Convolution) small() data.Shape {
	return data.Shape{Height: c.shape.OutHeight(), Width: c.shape.OutWidth(), Channels: c.shape.Out}
}

// In is the shape of the maps it reads.
func (c *Convolution) In() data.Shape {
	if c.transposed {
		return c.small()
	}
	return c.large()
}

// Out is the shape of the maps it writes.
func (c *Convolution) Out() data.Shape {
	if c.transposed {
		return c.large()
	}
	return c.small()
}

// fans are the numbers that initialisation goes by. PyTorch takes the second
// dimension of a weight for its inputs, which of a transposed convolution are its
// outputs.
func (c *Convolution) fans(r Role) Init {
	window := c.shape.Kernel * c.shape.Kernel
	return Init{Role: r, FanIn: window * c.shape.In, FanOut: window * c.shape.Out}
}

// Parameters are weight, [out, in, kernel, kernel], of a transposed convolution [in,
// out, kernel, kernel], bias, [out], the table of labels and those of the norm.
func (c *Convolution) Parameters() []Parameter {
	k := c.shape.Kernel
	all := []Parameter{
		{Name: c.name + ".weight", Shape: []int{c.shape.Out, c.shape.In, k, k}, Init: c.fans(Weight), Layout: panels{c.shape}},
		{Name: c.name + ".bias", Shape: []int{c.Out().Channels}, Init: c.fans(Bias)},
	}
	if c.table != nil {
		all = append(all, c.table.parameter())
	}
	if c.norm != nil {
		all = append(all, c.norm.Parameters()...)
	}
	return all
}

// panels is the layout of a convolution's weights.
type panels struct{ shape conv.Shape }

func (p panels) Space() int                      { return p.shape.Weights() }
func (p panels) Import(memory, values []float32) { p.shape.Pack(memory, values) }
func (p panels) Export(values, memory []float32) { p.shape.Unpack(values, memory) }

// FLOPs are two a weight and pixel of the smaller map.
func (c *Convolution) FLOPs() float64 { return c.shape.FLOPs() }

// Values are the outputs, before and after norm and activation.
func (c *Convolution) Values() float64 {
	n := 2
	if c.norm != nil {
		n++
	}
	return float64(n * c.Out().Values())
}

// Operations are the convolution, the norm and the activation.
func (c *Convolution) Operations() []Operation {
	one := Operation{Kind: Convolving, Name: c.name, In: c.In(), Out: c.Out(), Labelled: c.table != nil, Window: c.shape.Window}
	if c.transposed {
		one.Kind = Transposing
	}
	all := []Operation{one}
	if c.norm != nil {
		all = append(all, c.norm.operation())
	}
	return append(all, c.activation.operations(c.Out())...)
}

// Add puts the layer on a graph.
func (c *Convolution) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	put := b.Graph.Convolution
	if c.transposed {
		put = b.Graph.TransposedConvolution
	}
	x, err := put(x, b.Parameter(c.name+".weight"), b.Parameter(c.name+".bias"), c.shape)
	if err != nil {
		return nil, err
	}
	if c.table != nil {
		if x, err = b.Graph.LabelChannels(x, b.Parameter(c.table.name), b.Labels, mapOf(c.Out())); err != nil {
			return nil, err
		}
	}
	if c.norm != nil {
		if x, err = c.norm.Add(b, x); err != nil {
			return nil, err
		}
	}
	return c.activation.Add(b.Graph, x)
}

// Transposed says that the layer is nn.ConvTranspose2d.
func (c *Convolution) Transposed() bool { return c.transposed }

// Window is the kernel, stride and padding, the same in both directions.
func (c *Convolution) Window() (kernel, stride, padding int) {
	return c.shape.Kernel, c.shape.Stride, c.shape.Padding
}

// OutputPadding is what a transposed convolution adds below and to the right, as
// nn.ConvTranspose2d wants it: what the strides of the convolution left over.
func (c *Convolution) OutputPadding() (rows, columns int) {
	left := func(large, small int) int {
		return large - ((small-1)*c.shape.Stride - 2*c.shape.Padding + c.shape.Kernel)
	}
	return left(c.shape.Height, c.shape.OutHeight()), left(c.shape.Width, c.shape.OutWidth())
}

// Norm is the normalisation behind the convolution; nil for none.
func (c *Convolution) Norm() *Norm { return c.norm }

// Activation is the function behind the normalisation.
func (c *Convolution) Activation() Activation { return c.activation }

// LabelTable is the name of the table of labels that is added to each channel before
// the normalisation; empty where no label is read.
func (c *Convolution) LabelTable() string {
	if c.table == nil {
		return ""
	}
	return c.table.name
}
