package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// Dense is act(x W^T + b) or, where the label is read beside x,
// act(x W^T + b + E[label]) (Sohn et al. 2015). W and b are named and shaped as
// nn.Linear has them, E as nn.Embedding: [W | E^T] is the weight of a layer that
// reads x and the one-hot code of the label.
type Dense struct {
	name       string
	in, out    int
	Activation Activation
	// Pair says that the outputs are two maps side by side, one for means and one
	// for log variances; each counts as a map of its own for initialisation.
	Pair bool
	// table is read beside x; nil where no label is.
	table *LabelTable
}

// NewDense makes a layer from in to out values that reads one of the given number
// of labels too; 0 for none.
func NewDense(name string, in, out, classes int, act Activation) *Dense {
	d := &Dense{name: name, in: in, out: out, Activation: act}
	if classes > 0 {
		d.table = &LabelTable{name: name + ".label.weight", classes: classes, width: out, init: d.fans(Table)}
	}
	return d
}

// NewHead makes a layer to n means and n log variances.
func NewHead(name string, in, n, classes int) *Dense {
	d := NewDense(name, in, 2*n, classes, Activation{})
	d.Pair = true
	if d.table != nil {
		d.table.init = d.fans(Table)
	}
	return d
}

// Name begins the names of weight and bias.
func (d *Dense) Name() string { return d.name }

// Text is the number of units.
func (d *Dense) Text() string { return fmt.Sprint(d.out) }

// In is a vector.
func (d *Dense) In() data.Shape { return Vector(d.in) }

// Out is a vector.
func (d *Dense) Out() data.Shape { return Vector(d.out) }

// fans are the numbers that initialisation goes by.
func (d *Dense) fans(r Role) Init {
	out := d.out
	if d.Pair {
		out /= 2
	}
	return Init{Role: r, FanIn: d.in, FanOut: out}
}

// Parameters are weight, [out, in], bias, [out], and the table of labels.
func (d *Dense) Parameters() []Parameter {
	all := []Parameter{
		{Name: d.name + ".weight", Shape: []int{d.out, d.in}, Init: d.fans(Weight)},
		{Name: d.name + ".bias", Shape: []int{d.out}, Init: d.fans(Bias)},
	}
	if d.table != nil {
		all = append(all, d.table.parameter())
	}
	return all
}

// FLOPs are two a weight.
func (d *Dense) FLOPs() float64 { return 2 * float64(d.in) * float64(d.out) }

// Values are the outputs.
func (d *Dense) Values() float64 { return float64(d.out) }

// Operations are the map and the activation.
func (d *Dense) Operations() []Operation {
	linear := Operation{Kind: Linear, Name: d.name, In: d.In(), Out: d.Out(), Labelled: d.table != nil}
	return append([]Operation{linear}, d.Activation.operations(d.Out())...)
}

// Add puts the layer on a graph.
func (d *Dense) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	weight, bias := b.Parameter(d.name+".weight"), b.Parameter(d.name+".bias")
	var y *gorgonia.Node
	var err error
	if d.table != nil {
		y, err = b.Graph.LabelledLinear(x, weight, bias, b.Parameter(d.table.name), b.Labels, d.Activation.Kernel)
	} else {
		y, err = b.Graph.Linear(x, weight, bias, d.Activation.Kernel)
	}
	if err != nil {
		return nil, err
	}
	return d.Activation.afterKernel(b.Graph, y)
}
