package arch

import (
	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/conv"
)

// convolution is nn.Conv2d or, transposed, nn.ConvTranspose2d of PyTorch, followed
// by a normalisation and an activation where there are any. A transposed one goes
// back through the windows of the convolution from its output to its input. Where
// the label is read too, each channel of the output is moved by a row of a table.
type convolution struct {
	name       string
	shape      conv.Shape // of the convolution that this is or is the transpose of
	transposed bool
	norm       *normalisation // nil for none
	activation Activation
	table      *labelTable // nil where no label is read
}

// newConvolution makes a layer from maps of the given shape.
func newConvolution(name string, in data.Shape, c configs.Convolution, classes int, norm string, act Activation) (*convolution, error) {
	s := conv.Shape{
		Height: in.Height, Width: in.Width, In: in.Channels, Out: c.Channels,
		Window: conv.Window{Kernel: c.Kernel, Stride: c.Stride, Padding: c.Padding},
	}
	return finishConvolution(&convolution{name: name, shape: s, activation: act}, classes, norm)
}

// newTransposed makes a layer from the output of a convolution of maps of the given
// shape back to those.
func newTransposed(name string, back data.Shape, c configs.Convolution, classes int, norm string, act Activation) (*convolution, error) {
	l, err := newConvolution(name, back, c, 0, "none", act)
	if err != nil {
		return nil, err
	}
	l.transposed = true
	return finishConvolution(l, classes, norm)
}

func finishConvolution(c *convolution, classes int, norm string) (*convolution, error) {
	if err := c.shape.Check(); err != nil {
		return nil, err
	}
	if norm != "none" {
		c.norm = newNorm(c.name+".norm", norm, c.Out())
	}
	if classes > 0 {
		c.table = &labelTable{name: c.name + ".label.weight", classes: classes, width: c.Out().Channels, init: c.fans(Table)}
	}
	return c, nil
}

// Name begins the names of the parameters.
func (c *convolution) Name() string { return c.name }

// Text is "conv" and the channels of the output, with the window where it is not
// the usual one.
func (c *convolution) Text() string {
	w := c.shape.Window
	return "conv" + configs.Convolution{Channels: c.Out().Channels, Kernel: w.Kernel, Stride: w.Stride, Padding: w.Padding}.String()
}

func (c *convolution) large() data.Shape {
	return data.Shape{Height: c.shape.Height, Width: c.shape.Width, Channels: c.shape.In}
}

func (c *convolution) small() data.Shape {
	return data.Shape{Height: c.shape.OutHeight(), Width: c.shape.OutWidth(), Channels: c.shape.Out}
}

// In is the shape of the maps it reads.
func (c *convolution) In() data.Shape {
	if c.transposed {
		return c.small()
	}
	return c.large()
}

// Out is the shape of the maps it writes.
func (c *convolution) Out() data.Shape {
	if c.transposed {
		return c.large()
	}
	return c.small()
}

// fans are the numbers that initialisation goes by. PyTorch takes the second
// dimension of a weight for its inputs, which of a transposed convolution are its
// outputs.
func (c *convolution) fans(r Role) Init {
	window := c.shape.Kernel * c.shape.Kernel
	return Init{Role: r, FanIn: window * c.shape.In, FanOut: window * c.shape.Out}
}

// Parameters are weight, [out, in, kernel, kernel], of a transposed convolution [in,
// out, kernel, kernel], bias, [out], the table of labels and those of the norm.
func (c *convolution) Parameters() []Parameter {
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
func (c *convolution) FLOPs() float64 { return c.shape.FLOPs() }

// Values are the outputs, before and after norm and activation.
func (c *convolution) Values() float64 {
	n := 2
	if c.norm != nil {
		n++
	}
	return float64(n * c.Out().Values())
}

// Operations are the convolution, the norm and the activation.
func (c *convolution) Operations() []Operation {
	one := Operation{Kind: Convolving, Name: c.name, In: c.In(), Out: c.Out(), Labelled: c.table != nil, Window: Window(c.shape.Window)}
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
func (c *convolution) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	put := b.graph.Convolution
	if c.transposed {
		put = b.graph.TransposedConvolution
	}
	x, err := put(x, b.Parameter(c.name+".weight"), b.Parameter(c.name+".bias"), c.shape)
	if err != nil {
		return nil, err
	}
	if c.table != nil {
		if x, err = b.graph.LabelChannels(x, b.Parameter(c.table.name), b.Labels, mapOf(c.Out())); err != nil {
			return nil, err
		}
	}
	if c.norm != nil {
		if x, err = c.norm.Add(b, x); err != nil {
			return nil, err
		}
	}
	return c.activation.add(b.graph, x)
}
