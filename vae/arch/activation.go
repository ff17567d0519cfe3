package arch

import (
	"fmt"

	"vaectl/internal/compute/kernel"
)

// activation is the function that model.activation names.
func activation(name string) (kernel.Activation, error) {
	switch name {
	case "relu":
		return kernel.Relu, nil
	case "tanh":
		return kernel.Tanh, nil
	case "softplus":
		return kernel.Softplus, nil
	case "elu":
		return kernel.Elu, nil
	}
	return kernel.Identity, fmt.Errorf("unknown activation %q", name)
}
