package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// dense is act(x W^T + b) or, where the label is read beside x,
// act(x W^T + b + E[label]) (Sohn et al. 2015). W and b are named and shaped as
// nn.Linear has them, E as nn.Embedding: [W | E^T] is the weight of a layer that
// reads x and the one-hot code of the label.
type dense struct {
	name       string
	in, out    int
	activation Activation
	// pair says that the outputs are two maps side by side, one for means and one
	// for log variances; each counts as a map of its own for initialisation.
	pair bool
	// table is read beside x; nil where no label is.
	table *labelTable
}

// NewDense makes a layer act(x W^T + b) from in to out values, named and shaped as
// nn.Linear. With classes above 0 it reads one of so many labels too.
func NewDense(name string, in, out, classes int, act Activation) Layer {
	return newDense(name, in, out, classes, act)
}

func newDense(name string, in, out, classes int, act Activation) *dense {
	d := &dense{name: name, in: in, out: out, activation: act}
	if classes > 0 {
		d.table = &labelTable{name: name + ".label.weight", classes: classes, width: out, init: d.fans(Table)}
	}
	return d
}

// NewHead makes a layer to n means and n log variances.
func NewHead(name string, in, n, classes int) Layer {
	d := newDense(name, in, 2*n, classes, Identity)
	d.pair = true
	if d.table != nil {
		d.table.init = d.fans(Table)
	}
	return d
}

// Name begins the names of weight and bias.
func (d *dense) Name() string { return d.name }

// Text is the number of units.
func (d *dense) Text() string { return fmt.Sprint(d.out) }

// In is a vector.
func (d *dense) In() data.Shape { return Vector(d.in) }

// Out is a vector.
func (d *dense) Out() data.Shape { return Vector(d.out) }

// fans are the numbers that initialisation goes by.
func (d *dense) fans(r Role) Init {
	out := d.out
	if d.pair {
		out /= 2
	}
	return Init{Role: r, FanIn: d.in, FanOut: out}
}

// Parameters are weight, [out, in], bias, [out], and the table of labels.
func (d *dense) Parameters() []Parameter {
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
func (d *dense) FLOPs() float64 { return 2 * float64(d.in) * float64(d.out) }

// Values are the outputs.
func (d *dense) Values() float64 { return float64(d.out) }

// Operations are the map and the activation.
func (d *dense) Operations() []Operation {
	linear := Operation{Kind: Linear, Name: d.name, In: d.In(), Out: d.Out(), Labelled: d.table != nil}
	return append([]Operation{linear}, d.activation.operations(d.Out())...)
}

// Add puts the layer on a graph.
func (d *dense) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	weight, bias := b.Parameter(d.name+".weight"), b.Parameter(d.name+".bias")
	var y *gorgonia.Node
	var err error
	if d.table != nil {
		y, err = b.graph.LabelledLinear(x, weight, bias, b.Parameter(d.table.name), b.Labels, d.activation.ending())
	} else {
		y, err = b.graph.Linear(x, weight, bias, d.activation.ending())
	}
	if err != nil {
		return nil, err
	}
	return d.activation.rest(b.graph, y)
}
