package page

import (
	"fmt"

	"vaectl/internal/compute/kernel"
	"vaectl/vae/arch"
)

// layer is a layer as js/layers.js computes it. Its weights are arrays of the
// archive, under PyTorch's names.
type layer struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Activation string `json:"activation,omitempty"`
}

// describeStack lists layers. A kind that the page cannot compute is an error.
func describeStack(s arch.Stack) ([]layer, error) {
	all := make([]layer, 0, len(s))
	for _, l := range s {
		described, err := describeLayer(l)
		if err != nil {
			return nil, err
		}
		all = append(all, described)
	}
	return all, nil
}

func describeLayer(l arch.Layer) (layer, error) {
	switch l := l.(type) {
	case *arch.Dense:
		name, err := activationName(l.Activation)
		return layer{Kind: "dense", Name: l.Name(), Activation: name}, err
	case *arch.Gated:
		return layer{Kind: "gated", Name: l.Name()}, nil
	}
	return layer{}, cannot("layer %s (%T)", l.Name(), l)
}

func activationName(a arch.Activation) (string, error) {
	if a.Silu {
		return "", cannot("activation silu")
	}
	switch a.Kernel {
	case kernel.Identity:
		return "", nil
	case kernel.Relu:
		return "relu", nil
	case kernel.Tanh:
		return "tanh", nil
	case kernel.Softplus:
		return "softplus", nil
	case kernel.Elu:
		return "elu", nil
	case kernel.Sigmoid:
		return "sigmoid", nil
	case kernel.LeakyRelu:
		return "leaky-relu", nil
	}
	return "", cannot("activation %v", a.Kernel)
}

// cannot is an error about a part that a page cannot express.
func cannot(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
