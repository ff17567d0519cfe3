package arch

import (
	"gorgonia.org/gorgonia"

	"vaectl/data"
	"vaectl/internal/compute/graph"
)

// Numbers of the normalisations, PyTorch's own.
const (
	normEps      = 1e-5
	normMomentum = 0.1
	normGroups   = 32 // at most; a group has the same number of channels as all others
)

// normalisation normalises maps. With batch it is nn.BatchNorm2d: over the images of a batch
// while training, by running statistics, which are kept in the model's buffers,
// otherwise. Without, it is nn.GroupNorm over groups of channels of one image.
type normalisation struct {
	name  string
	of    data.Shape
	batch bool
}

func (n *normalisation) mean() string     { return n.name + ".running_mean" }
func (n *normalisation) variance() string { return n.name + ".running_var" }

// Parameters are weight, which scales, and bias, which shifts, [channels] each, and
// the running statistics.
func (n *normalisation) Parameters() []Parameter {
	channels := []int{n.of.Channels}
	one := Init{Role: Constant, Value: 1}
	zero := Init{Role: Constant}
	all := []Parameter{
		{Name: n.name + ".weight", Shape: channels, Init: one},
		{Name: n.name + ".bias", Shape: channels, Init: zero},
	}
	if n.batch {
		all = append(all, Parameter{Name: n.mean(), Shape: channels, Init: zero, Buffer: true},
			Parameter{Name: n.variance(), Shape: channels, Init: one, Buffer: true})
	}
	return all
}

// groups is the largest number of groups up to normGroups that channels divide into.
func (n *normalisation) groups() int {
	g := min(normGroups, n.of.Channels)
	for n.of.Channels%g != 0 {
		g--
	}
	return g
}

// operation is the norm in evaluation.
func (n *normalisation) operation() Operation {
	if n.batch {
		return Operation{Kind: BatchNorm, Name: n.name, In: n.of, Out: n.of, Groups: n.of.Channels, Eps: normEps}
	}
	return Operation{Kind: GroupNorm, Name: n.name, In: n.of, Out: n.of, Groups: n.groups(), Eps: normEps}
}

// Add puts the norm on a graph.
func (n *normalisation) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	scale, shift, of := b.Parameter(n.name+".weight"), b.Parameter(n.name+".bias"), mapOf(n.of)
	switch {
	case !n.batch:
		return b.graph.GroupNorm(x, scale, shift, of, n.groups(), normEps)
	case b.Training:
		running := &graph.Running{
			Mean: b.graph.Data(b.Parameter(n.mean())), Variance: b.graph.Data(b.Parameter(n.variance())), Momentum: normMomentum,
		}
		return b.graph.BatchNorm(x, scale, shift, of, normEps, running)
	}
	return b.graph.FixedNorm(x, scale, shift, b.Parameter(n.mean()), b.Parameter(n.variance()), of, normEps)
}

// mapOf is a shape as the graph has it.
func mapOf(s data.Shape) graph.Map {
	return graph.Map{Height: s.Height, Width: s.Width, Channels: s.Channels}
}
