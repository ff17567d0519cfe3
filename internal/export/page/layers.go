package page

import (
	"slices"

	"vaectl/data"
	"vaectl/vae/arch"
)

// operation is a step of a network as js/layers.js computes it. Its weights are
// arrays of the archive, under PyTorch's names.
type operation struct {
	Kind     string      `json:"kind"`
	Name     string      `json:"name,omitempty"`
	In       data.Shape  `json:"in"`
	Out      data.Shape  `json:"out"`
	Labelled bool        `json:"labelled,omitempty"`
	Kernel   int         `json:"kernel,omitempty"`
	Stride   int         `json:"stride,omitempty"`
	Padding  int         `json:"padding,omitempty"`
	Groups   int         `json:"groups,omitempty"`
	Eps      float64     `json:"eps,omitempty"`
	Function string      `json:"function,omitempty"`
	Factor   int         `json:"factor,omitempty"`
	Body     []operation `json:"body,omitempty"`
	Gate     []operation `json:"gate,omitempty"`
}

// computed lists the kinds of operations and the functions that js/layers.js has.
func computed() (kinds []arch.OperationKind, functions []string) {
	return []arch.OperationKind{
			arch.Linear, arch.Convolving, arch.Transposing, arch.BatchNorm, arch.GroupNorm, arch.Activating, arch.Upsampling, arch.Gating, arch.Summing,
		}, []string{
			"relu", "leaky-relu", "silu", "tanh", "softplus", "elu", "sigmoid",
		}
}

// describeOperations lists operations. One that the page cannot compute is an error.
func describeOperations(all []arch.Operation) ([]operation, error) {
	kinds, functions := computed()
	var out []operation
	for _, o := range all {
		if !slices.Contains(kinds, o.Kind) {
			return nil, cannot("%s of layer %s", o.Kind, o.Name)
		}
		if o.Kind == arch.Activating && !slices.Contains(functions, string(o.Function)) {
			return nil, cannot("activation %s", o.Function)
		}
		one := operation{
			Kind: string(o.Kind), Name: o.Name, In: o.In, Out: o.Out, Labelled: o.Labelled, Kernel: o.Window.Kernel, Stride: o.Window.Stride,
			Padding: o.Window.Padding, Groups: o.Groups, Eps: o.Eps, Function: string(o.Function), Factor: o.Factor,
		}
		var err error
		if one.Body, err = describeOperations(o.Body); err != nil {
			return nil, err
		}
		if one.Gate, err = describeOperations(o.Gate); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
