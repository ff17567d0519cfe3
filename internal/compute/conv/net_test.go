package conv

import "fmt"

// What only tests ask of a net.

// Parameters lists what is learned, in the order of the operations: the weight of one before its bias.
func (n *Net) Parameters() []Parameter { return n.parameters }

// States lists the lengths of what is carried from batch to batch beside the parameters: of each batch norm the running
// mean, then the running variance.
func (n *Net) States() []int { return n.states }

// Transposed adds nn.ConvTranspose2d(channels of x, out, w.Kernel, w.Stride, w.Padding, outputPadding).
func (n *Net) Transposed(x Value, w Window, outputPadding, out int) Value {
	d := n.dims[x]
	if outputPadding < 0 || outputPadding >= w.Stride {
		panic(fmt.Sprintf("conv: output padding %d of a stride of %d", outputPadding, w.Stride))
	}
	large := func(small int) int { return (small-1)*w.Stride - 2*w.Padding + w.Kernel + outputPadding }
	return n.TransposeOf(x, Shape{Height: large(d.height), Width: large(d.width), In: out, Out: d.channels, Window: w})
}
