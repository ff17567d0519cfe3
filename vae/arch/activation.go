package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// Activation is the function that the outputs of a layer go through. The zero value
// leaves them as they are.
type Activation struct {
	// Kernel is what a product can end in, [kernel.Identity] where Silu is set.
	Kernel kernel.Activation
	// Silu is x * sigmoid(x), which no product ends in.
	Silu bool
}

// Add applies an activation to x.
func (a Activation) Add(g *graph.Graph, x *gorgonia.Node) (*gorgonia.Node, error) {
	if a.Silu {
		return g.Silu(x)
	}
	return g.Activate(x, a.Kernel)
}

// afterKernel applies what is left of an activation behind a product that ended in
// a.Kernel.
func (a Activation) afterKernel(g *graph.Graph, x *gorgonia.Node) (*gorgonia.Node, error) {
	if a.Silu {
		return g.Silu(x)
	}
	return x, nil
}

// activation is the function that model.activation names.
func activation(name string) (Activation, error) {
	switch name {
	case "relu":
		return Activation{Kernel: kernel.Relu}, nil
	case "leaky-relu":
		return Activation{Kernel: kernel.LeakyRelu}, nil
	case "silu":
		return Activation{Silu: true}, nil
	case "tanh":
		return Activation{Kernel: kernel.Tanh}, nil
	case "softplus":
		return Activation{Kernel: kernel.Softplus}, nil
	case "elu":
		return Activation{Kernel: kernel.Elu}, nil
	}
	return Activation{}, fmt.Errorf("unknown activation %q", name)
}
