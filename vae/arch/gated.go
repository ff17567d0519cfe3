package arch

import (
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// Gated is f(x) * sigmoid(g(x)), a layer with a gate in place of an activation
// (Dauphin et al. 2017); for dense layers (x W^T + b) * sigmoid(x V^T + c). The gate
// is a layer of the same sizes that ends in a sigmoid; its parameters have ".gate"
// behind the layer's name.
type Gated struct{ layer, gate Layer }

// Name begins the names of the parameters.
func (g *Gated) Name() string { return g.layer.Name() }

// Text is that of the layer.
func (g *Gated) Text() string { return g.layer.Text() }

// In is what both read.
func (g *Gated) In() data.Shape { return g.layer.In() }

// Out is what both write.
func (g *Gated) Out() data.Shape { return g.layer.Out() }

// Parameters are those of the layer and of its gate.
func (g *Gated) Parameters() []Parameter {
	return slices.Concat(g.layer.Parameters(), g.gate.Parameters())
}

// FLOPs are those of both.
func (g *Gated) FLOPs() float64 { return g.layer.FLOPs() + g.gate.FLOPs() }

// Values are those of both and their product.
func (g *Gated) Values() float64 {
	return g.layer.Values() + g.gate.Values() + float64(g.Out().Values())
}

// Operations are the product of both.
func (g *Gated) Operations() []Operation {
	return []Operation{{Kind: Gating, Name: g.Name(), In: g.In(), Out: g.Out(), Body: g.layer.Operations(), Gate: g.gate.Operations()}}
}

// Add puts the layer on a graph.
func (g *Gated) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := g.layer.Add(b, x)
	if err != nil {
		return nil, err
	}
	gate, err := g.gate.Add(b, x)
	if err != nil {
		return nil, err
	}
	return b.Graph.Gate(h, gate)
}

// Parts are the layer and its gate, which ends in a sigmoid.
func (g *Gated) Parts() (layer, gate Layer) { return g.layer, g.gate }
