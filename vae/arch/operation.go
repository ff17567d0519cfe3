package arch

import "vaectl/data"

// Operation is one plain step of a layer in evaluation, for those who compute a
// network elsewhere or write it in another form: they know these few kinds, and not
// what layers are made of them. Every array that an operation reads is a [Parameter]
// whose name begins with the operation's.
type Operation struct {
	Kind OperationKind
	// Name begins the names of the parameters.
	Name string
	// In and Out are the shapes of what it reads and writes, one image.
	In, Out data.Shape
	// Labelled: what the label's row of the table Name.label.weight holds is added to
	// the outputs, to every pixel of a channel.
	Labelled bool
	// Window is that of a convolution, or of the one that it is the transpose of.
	Window Window
	// Groups of channels and Eps are those of a norm.
	Groups int
	Eps    float64
	// Function is that of an Activation.
	Function Activation
	// Factor is that of an Upsampling.
	Factor int
	// Body and Gate are what a Gating or a Summing is of.
	Body, Gate []Operation
}

// Window is what one output of a convolution reads, in pixels, the same both ways.
type Window struct {
	Kernel  int // height and width
	Stride  int // from one window to the next
	Padding int // zeros on each side of the map
}

// OperationKind says what an [Operation] does.
type OperationKind string

// Kinds of operations. Parameters have the shapes that PyTorch gives the module of
// the same name.
const (
	// Linear is nn.Linear: Name.weight, Name.bias.
	Linear OperationKind = "linear"
	// Convolving is nn.Conv2d and Transposing nn.ConvTranspose2d, whose output
	// padding is what Out wants: Name.weight, Name.bias.
	Convolving  OperationKind = "convolution"
	Transposing OperationKind = "transposed-convolution"
	// BatchNorm is nn.BatchNorm2d in evaluation: Name.weight, Name.bias,
	// Name.running_mean, Name.running_var.
	BatchNorm OperationKind = "batch-norm"
	// GroupNorm is nn.GroupNorm: Name.weight, Name.bias.
	GroupNorm OperationKind = "group-norm"
	// Activating applies Function to every value.
	Activating OperationKind = "activation"
	// Upsampling copies every pixel Factor times each way.
	Upsampling OperationKind = "upsampling"
	// Gating is the product of Body and Gate, both of the same input.
	Gating OperationKind = "gate"
	// Summing is the input and what Body makes of it, added up.
	Summing OperationKind = "sum"
)

// Operations lists the steps of all layers.
func (s Stack) Operations() []Operation {
	var all []Operation
	for _, l := range s {
		all = append(all, l.Operations()...)
	}
	return all
}
