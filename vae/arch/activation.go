package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// Activation names the function that the outputs of a layer go through.
type Activation string

// Activations, under the names that PyTorch has for them. LeakyRelu has the slope 0.01
// below zero, Elu the limit -1; Silu is x * sigmoid(x).
const (
	Identity  Activation = ""
	Relu      Activation = "relu"
	LeakyRelu Activation = "leaky-relu"
	Silu      Activation = "silu"
	Tanh      Activation = "tanh"
	Softplus  Activation = "softplus"
	Elu       Activation = "elu"
	Sigmoid   Activation = "sigmoid"
)

// checkHidden refuses what model.activation cannot name.
func (a Activation) checkHidden() error {
	switch a {
	case Relu, LeakyRelu, Silu, Tanh, Softplus, Elu:
		return nil
	}
	return fmt.Errorf("unknown activation %q", string(a))
}

// ending is what a product can end in. For the others, which [Activation.rest] applies,
// it is the identity.
func (a Activation) ending() kernel.Activation {
	switch a {
	case Relu:
		return kernel.Relu
	case LeakyRelu:
		return kernel.LeakyRelu
	case Tanh:
		return kernel.Tanh
	case Softplus:
		return kernel.Softplus
	case Elu:
		return kernel.Elu
	case Sigmoid:
		return kernel.Sigmoid
	}
	return kernel.Identity
}

// rest applies what is left of an activation behind a product that ended in
// a.ending().
func (a Activation) rest(g *graph.Graph, x *gorgonia.Node) (*gorgonia.Node, error) {
	if a == Silu {
		return g.Silu(x)
	}
	return x, nil
}

// add applies an activation to x.
func (a Activation) add(g *graph.Graph, x *gorgonia.Node) (*gorgonia.Node, error) {
	if a == Silu {
		return g.Silu(x)
	}
	return g.Activate(x, a.ending())
}

// operations is the activation of values of a shape; none where there is none.
func (a Activation) operations(of data.Shape) []Operation {
	if a == Identity {
		return nil
	}
	return []Operation{{Kind: Activating, In: of, Out: of, Function: a}}
}
