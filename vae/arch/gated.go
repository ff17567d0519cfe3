package arch

import (
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// gated is f(x) * sigmoid(g(x)), a layer with a gate in place of an activation
// (Dauphin et al. 2017); for dense layers (x W^T + b) * sigmoid(x V^T + c). The gate
// is a layer of the same sizes that ends in a sigmoid; its parameters have ".gate"
// behind the layer's name.
type gated struct{ layer, gate Layer }

// Name begins the names of the parameters.
func (g *gated) Name() string { return g.layer.Name() }

// Text is that of the layer.
func (g *gated) Text() string { return g.layer.Text() }

// In is what both read.
func (g *gated) In() data.Shape { return g.layer.In() }

// Out is what both write.
func (g *gated) Out() data.Shape { return g.layer.Out() }

// Parameters are those of the layer and of its gate.
func (g *gated) Parameters() []Parameter {
	return slices.Concat(g.layer.Parameters(), g.gate.Parameters())
}

// FLOPs are those of both.
func (g *gated) FLOPs() float64 { return g.layer.FLOPs() + g.gate.FLOPs() }

// Values are those of both and their product.
func (g *gated) Values() float64 {
	return g.layer.Values() + g.gate.Values() + float64(g.Out().Values())
}

// Operations are the product of both.
func (g *gated) Operations() []Operation {
	return []Operation{{Kind: Gating, Name: g.Name(), In: g.In(), Out: g.Out(), Body: g.layer.Operations(), Gate: g.gate.Operations()}}
}

// Add puts the layer on a graph.
func (g *gated) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := g.layer.Add(b, x)
	if err != nil {
		return nil, err
	}
	gate, err := g.gate.Add(b, x)
	if err != nil {
		return nil, err
	}
	return b.graph.Gate(h, gate)
}
