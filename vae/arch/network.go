package arch

import (
	"fmt"
	"slices"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
)

// Network describes a variational autoencoder.
type Network struct {
	// Image is what the encoder reads.
	Image data.Shape
	// Classes is the number of labels; the encoder reads one with every image and the
	// decoder with every z. 0 where neither reads any.
	Classes int
	// Levels are the stochastic levels, the one next to the image first. The last
	// one's variable is z, under the prior.
	Levels []Level
	// Prior and Likelihood may have weights of their own, which come after those of
	// the levels.
	Prior      loss.Prior
	Likelihood loss.Likelihood

	words string // of the hidden layers
}

// Level is one stochastic level: a Gaussian variable with a mean and a variance a
// dimension, given the level below on the way up and the level above on the way
// down.
type Level struct {
	// Size is the number of dimensions of the variable.
	Size int
	// Up leads from the image, or the variable of the level below, to the variable's
	// posterior given it: Size means and Size log variances.
	Up Stack
	// Down leads from the variable to what is below it: the likelihood's outputs, or
	// means and log variances of the variable of the level below.
	Down Stack
}

// New describes the network that a configuration asks for, on images of the given
// shape. The error names the setting that cannot be.
func New(c configs.Config, image data.Shape) (*Network, error) {
	return NewWith(c, Parts{}, image)
}

// Parts are a prior and a likelihood of the caller's own; nil ones are those that the
// configuration names. A [loss.LearnedPrior], or likelihood, belongs to one network.
type Parts struct {
	Prior      loss.Prior
	Likelihood loss.Likelihood
}

// complete makes the parts that the configuration names.
func (p Parts) complete(c configs.Config, image data.Shape) (Parts, error) {
	var err error
	if p.Prior == nil {
		if p.Prior, err = loss.NewPrior(c.Prior, c.Model.TopLatent()); err != nil {
			return p, err
		}
	}
	if p.Likelihood == nil {
		p.Likelihood, err = loss.NewLikelihood(c.Settled(image.Channels).Model, image)
	}
	return p, err
}

// NewWith is [New] with parts of the caller's own.
func NewWith(c configs.Config, own Parts, image data.Shape) (*Network, error) {
	if err := checkImage(image); err != nil {
		return nil, err
	}
	parts, err := own.complete(c, image)
	if err != nil {
		return nil, err
	}
	prior := parts.Prior
	if prior.Latents() != c.Model.TopLatent() {
		return nil, fmt.Errorf("prior %s has %d dimensions, the model has %d", prior.Name(), prior.Latents(), c.Model.TopLatent())
	}
	n := &Network{Image: image, Prior: prior, Likelihood: parts.Likelihood}
	if c.Model.Conditional {
		if n.Classes = c.Model.Classes; n.Classes < 1 {
			return nil, fmt.Errorf("a conditional model of %d labels (model.classes, --classes)", n.Classes)
		}
		if _, ok := prior.(loss.EncodedPrior); ok {
			return nil, fmt.Errorf("prior %s encodes images without labels, which a conditional model cannot", prior.Name())
		}
	}
	if p, ok := prior.(loss.EncodedPrior); ok {
		p.Fit(image.Values())
	}
	b := stacks{gated: c.Model.Gated, activation: Activation(c.Model.Activation)}
	if err := b.activation.checkHidden(); err != nil {
		return nil, err
	}
	if n.Levels, err = n.levels(c.Model, b); err != nil {
		return nil, err
	}
	n.words = c.Model.Activation
	if c.Model.Gated {
		n.words = "gated"
	}
	if c.Model.Network == convolutional && c.Model.Norm != "none" {
		n.words += ", " + c.Model.Norm + " norm"
	}
	return n, n.checkWeights()
}

// levels makes the stochastic levels that a configuration asks for. Only the first
// layers of what leads from and to the image read the label.
func (n *Network) levels(c configs.Model, b stacks) ([]Level, error) {
	lowest := Level{
		Size: c.Latent,
		Up:   b.up("", n.Image.Values(), c.Hidden, c.Latent, n.Classes),
		Down: b.stack("decoder", c.Latent, mirrored(c.Hidden), n.Classes, func(in, classes int) Layer {
			return NewDense("output", in, n.Likelihood.Outputs(n.Image), classes, Identity)
		}),
	}
	if c.Network == convolutional {
		var err error
		if lowest.Up, lowest.Down, err = n.convolutions(c, b); err != nil {
			return nil, err
		}
	}
	levels := []Level{lowest}
	if c.UpperLatent > 0 {
		levels = append(levels, Level{
			Size: c.UpperLatent,
			Up:   b.up("upper_", c.Latent, c.UpperHidden, c.UpperLatent, 0),
			Down: b.stack("upper_decoder", c.UpperLatent, mirrored(c.UpperHidden), 0, func(in, classes int) Layer {
				return NewHead("conditional", in, c.Latent, classes)
			}),
		})
	}
	return levels, nil
}

func mirrored(widths []int) []int {
	m := slices.Clone(widths)
	slices.Reverse(m)
	return m
}

// stacks makes stacks whose hidden layers are all of one kind.
type stacks struct {
	gated      bool
	activation Activation
}

// dense makes one hidden layer.
func (b stacks) dense(name string, in, out, classes int) Layer {
	if b.gated {
		return &gated{
			layer: NewDense(name, in, out, classes, Identity),
			gate:  NewDense(name+".gate", in, out, classes, Sigmoid),
		}
	}
	return NewDense(name, in, out, classes, b.activation)
}

// up makes hidden layers and the head of a posterior.
func (b stacks) up(prefix string, in int, hidden []int, latents, classes int) Stack {
	return b.stack(prefix+"encoder", in, hidden, classes, func(in, classes int) Layer {
		return NewHead(prefix+"head", in, latents, classes)
	})
}

// stack makes hidden layers called name.0, name.1 and so on, and a last layer. The
// first of them all reads the label.
func (b stacks) stack(name string, in int, hidden []int, classes int, last func(in, classes int) Layer) Stack {
	var s Stack
	for i, out := range hidden {
		s = append(s, b.dense(fmt.Sprintf("%s.%d", name, i), in, out, classes))
		in, classes = out, 0
	}
	return append(s, last(in, classes))
}

// Layers lists all layers in the order of memory: up through the levels, then down.
func (n *Network) Layers() Stack {
	var all Stack
	for _, l := range n.Levels {
		all = append(all, l.Up...)
	}
	for _, l := range slices.Backward(n.Levels) {
		all = append(all, l.Down...)
	}
	return all
}

// Parameters lists every array of the network in the order of memory: those of the
// layers, of the prior under "prior." and of the likelihood under "likelihood.".
func (n *Network) Parameters() []Parameter {
	return slices.Concat(n.Layers().Parameters(), n.PriorParameters(), n.LikelihoodParameters())
}

// PriorParameters lists what the prior learns.
func (n *Network) PriorParameters() []Parameter {
	if p, ok := n.Prior.(loss.LearnedPrior); ok {
		return own("prior.", p.Weights())
	}
	return nil
}

// LikelihoodParameters lists what the likelihood learns.
func (n *Network) LikelihoodParameters() []Parameter {
	if l, ok := n.Likelihood.(loss.LearnedLikelihood); ok {
		return own("likelihood.", l.Weights())
	}
	return nil
}

func own(prefix string, weights []loss.Weight) []Parameter {
	var all []Parameter
	for _, w := range weights {
		all = append(all, Parameter{Name: prefix + w.Name, Shape: w.Shape, Init: Init{Role: Own, Draw: w.Init}})
	}
	return all
}

// Sizes are the numbers of dimensions of the levels' variables, the lowest first.
func (n *Network) Sizes() []int {
	var sizes []int
	for _, l := range n.Levels {
		sizes = append(sizes, l.Size)
	}
	return sizes
}

// Top is the level whose variable is z.
func (n *Network) Top() Level { return n.Levels[len(n.Levels)-1] }

// String is the network in a line, such as "784-400-20, relu", or with two levels
// "784-200-100 below 100-100-50, tanh".
func (n *Network) String() string {
	var levels []string
	for _, l := range n.Levels {
		levels = append(levels, fmt.Sprintf("%s-%d", l.Up.text(), l.Size))
	}
	return strings.Join(levels, " below ") + ", " + n.words
}
