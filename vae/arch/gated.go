package arch

import (
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/kernel"
)

// Gated is (x W^T + b) * sigmoid(x V^T + c), with a gate in place of an activation
// (Dauphin et al. 2017). The gate's parameters have ".gate" behind the layer's name.
type Gated struct{ linear, gate *Dense }

// NewGated makes a layer from in to out values whose two maps read one of the
// given number of labels too; 0 for none.
func NewGated(name string, in, out, classes int) *Gated {
	return &Gated{
		linear: NewDense(name, in, out, classes, kernel.Identity),
		gate:   NewDense(name+".gate", in, out, classes, kernel.Sigmoid),
	}
}

// Name begins the names of the parameters.
func (g *Gated) Name() string { return g.linear.Name() }

// Text is the number of units.
func (g *Gated) Text() string { return g.linear.Text() }

// In is a vector.
func (g *Gated) In() data.Shape { return g.linear.In() }

// Out is a vector.
func (g *Gated) Out() data.Shape { return g.linear.Out() }

// Parameters are those of the map and of its gate.
func (g *Gated) Parameters() []Parameter {
	return slices.Concat(g.linear.Parameters(), g.gate.Parameters())
}

// FLOPs are those of both maps.
func (g *Gated) FLOPs() float64 { return g.linear.FLOPs() + g.gate.FLOPs() }

// Values are the outputs of both maps and their product.
func (g *Gated) Values() float64 { return 3 * g.linear.Values() }

// Add puts the layer on a graph.
func (g *Gated) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := g.linear.Add(b, x)
	if err != nil {
		return nil, err
	}
	gate, err := g.gate.Add(b, x)
	if err != nil {
		return nil, err
	}
	return b.Graph.Gate(h, gate)
}
