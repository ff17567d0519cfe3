package arch

import (
	"fmt"
	"slices"

	"vaectl/configs"
	"vaectl/data"
)

// convolutional is the value of model.network for a network with convolutions next
// to the image.
const convolutional = "conv"

// convolutions makes an encoder of convolutions, hidden layers and a head, and the
// decoder that mirrors it. Layers are numbered through.
func (n *Network) convolutions(c configs.Model, b stacks) (up, down Stack, err error) {
	m := mirror{model: c, stacks: b, image: n.Image}
	if up, err = m.up(n.Classes); err != nil {
		return nil, nil, err
	}
	outputs := n.Likelihood.Outputs(n.Image)
	pixels := n.Image.Height * n.Image.Width
	if outputs%pixels != 0 {
		return nil, nil, fmt.Errorf("likelihood %s reads %d numbers for %d pixels: a convolution puts out as many for each", n.Likelihood.Name(), outputs, pixels)
	}
	down, err = m.down(n.Classes, outputs/pixels)
	return up, down, err
}

// mirror makes an encoder and the decoder that leads back through its maps.
type mirror struct {
	model  configs.Model
	stacks stacks
	image  data.Shape
	maps   []data.Shape // that the convolutions write, the image before them
}

func (m *mirror) up(classes int) (Stack, error) {
	var s Stack
	m.maps = []data.Shape{m.image}
	for i, c := range m.model.Conv {
		name, in := fmt.Sprintf("encoder.%d", i), m.maps[i]
		layer, err := m.convolution(name, c, func(name string, norm string, act Activation) (*convolution, error) {
			return newConvolution(name, in, c, classes, norm, act)
		})
		if err != nil {
			return nil, fmt.Errorf("model.conv (--conv), layer %d, %v: %w", i, c, err)
		}
		s, classes = append(s, layer), 0
		m.maps = append(m.maps, layer.Out())
		if s, err = m.addBlocks(s, name, layer.Out()); err != nil {
			return nil, err
		}
	}
	width := s.Last().Out().Values()
	for i, out := range m.model.Hidden {
		s = append(s, m.stacks.dense(fmt.Sprintf("encoder.%d", len(m.model.Conv)+i), width, out, 0))
		width = out
	}
	return append(s, NewHead("head", width, m.model.Latent, 0)), nil
}

func (m *mirror) down(classes, channels int) (Stack, error) {
	var s Stack
	last := m.maps[len(m.maps)-1]
	width := m.model.Latent
	for i, out := range append(mirrored(m.model.Hidden), last.Values()) {
		s = append(s, m.stacks.dense(fmt.Sprintf("decoder.%d", i), width, out, classes))
		width, classes = out, 0
	}
	for i, c := range slices.Backward(m.model.Conv) {
		name := fmt.Sprintf("decoder.%d", len(m.model.Hidden)+len(m.model.Conv)-i)
		var err error
		if s, err = m.addBlocks(s, name, m.maps[i+1]); err != nil {
			return nil, err
		}
		to := m.maps[i]
		if i == 0 {
			name, to.Channels = "output", channels
		}
		if s, err = m.enlarge(s, name, m.maps[i+1], to, c, i == 0); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// convolution makes a hidden layer, with a gate where there is one.
func (m *mirror) convolution(name string, c configs.Convolution, layer func(name, norm string, act Activation) (*convolution, error)) (Layer, error) {
	if !m.stacks.gated {
		return layer(name, m.model.Norm, m.stacks.activation)
	}
	linear, err := layer(name, m.model.Norm, Identity)
	if err != nil {
		return nil, err
	}
	gate, err := layer(name+".gate", "none", Sigmoid)
	return &gated{layer: linear, gate: gate}, err
}

// enlarge adds what leads from one map of the encoder back to the one before: a
// transposed convolution, or copied pixels and a convolution of them.
func (m *mirror) enlarge(s Stack, name string, from, to data.Shape, c configs.Convolution, isLast bool) (Stack, error) {
	add := func(name, norm string, act Activation) (*convolution, error) {
		return newTransposed(name, to, c, 0, norm, act)
	}
	if m.model.Upsampling == "nearest" {
		if from.Height*c.Stride != to.Height || from.Width*c.Stride != to.Width {
			return nil, fmt.Errorf("model.upsampling (--upsampling) is nearest: maps of %v enlarged by %d are none of %v, which transposed convolutions lead to", from, c.Stride, to)
		}
		u := &upsample{name: name, in: from, factor: c.Stride}
		s = append(s, u)
		add = func(name, norm string, act Activation) (*convolution, error) {
			return newConvolution(name, u.Out(), configs.Convolution{Channels: to.Channels, Kernel: 3, Stride: 1, Padding: 1}, 0, norm, act)
		}
	}
	if isLast {
		layer, err := add(name, "none", Identity)
		return append(s, layer), err
	}
	layer, err := m.convolution(name, c, add)
	return append(s, layer), err
}

// addBlocks adds residual blocks.
func (m *mirror) addBlocks(s Stack, name string, shape data.Shape) (Stack, error) {
	for i := range m.model.Blocks {
		block, err := newResidual(fmt.Sprintf("%s.block%d", name, i), shape, m.model.Norm, m.stacks.activation)
		if err != nil {
			return nil, err
		}
		s = append(s, block)
	}
	return s, nil
}
