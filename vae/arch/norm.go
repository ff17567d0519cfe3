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
	name   string
	of     data.Shape
	batch  bool
	groups int // of channels; one statistic each
}

// newNorm makes the norm that model.norm names.
func newNorm(name, kind string, of data.Shape) *normalisation {
	if kind == "batch" {
		return &normalisation{name: name, of: of, batch: true, groups: of.Channels}
	}
	// The largest number of groups up to normGroups that channels divide into.
	groups := min(normGroups, of.Channels)
	for of.Channels%groups != 0 {
		groups--
	}
	return &normalisation{name: name, of: of, groups: groups}
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

// operation is the norm in evaluation.
func (n *normalisation) operation() Operation {
	o := Operation{Kind: GroupNorm, Name: n.name, In: n.of, Out: n.of, Groups: n.groups, Eps: normEps}
	if n.batch {
		o.Kind = BatchNorm
	}
	return o
}

// Add puts the norm on a graph.
func (n *normalisation) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	scale, shift, of := b.Parameter(n.name+".weight"), b.Parameter(n.name+".bias"), mapOf(n.of)
	switch {
	case !n.batch:
		return b.graph.GroupNorm(x, scale, shift, of, n.groups, normEps)
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
