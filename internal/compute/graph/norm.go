package graph

import (
	"fmt"
	"math"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// Running is the mean and variance of every channel over the batches so far, as
// batch normalisation keeps them for evaluation: each batch moves them by Momentum.
type Running struct {
	Mean, Variance []float32
	Momentum       float64
}

// BatchNorm adds nn.BatchNorm2d of PyTorch in training (Ioffe & Szegedy 2015): each
// channel, over the images of the batch and its pixels, is shifted to mean 0,
// scaled to variance 1, with eps added to the variance, multiplied by scale and
// moved by shift, which have one value a channel. Every run moves r, where r is not
// nil, which nothing on the graph reads. x, scale and shift are differentiable.
func (g *Graph) BatchNorm(x, scale, shift *gorgonia.Node, of Map, eps float64, r *Running) (*gorgonia.Node, error) {
	return g.norm("batch norm", x, scale, shift, of, eps, 0, r)
}

// GroupNorm adds nn.GroupNorm of PyTorch (Wu & He 2018): as [Graph.BatchNorm], with
// mean and variance of the pixels of a group of channels of one image.
func (g *Graph) GroupNorm(x, scale, shift *gorgonia.Node, of Map, groups int, eps float64) (*gorgonia.Node, error) {
	if groups < 1 || of.Channels%groups != 0 {
		return nil, fmt.Errorf("graph: %d channels in %d groups", of.Channels, groups)
	}
	return g.norm("group norm", x, scale, shift, of, eps, groups, nil)
}

func (g *Graph) norm(name string, x, scale, shift *gorgonia.Node, of Map, eps float64, groups int, r *Running) (*gorgonia.Node, error) {
	rows, err := of.maps("input of a "+name, x)
	if err != nil {
		return nil, err
	}
	if err := of.perChannel("scale", scale); err != nil {
		return nil, err
	}
	if err := of.perChannel("shift", shift); err != nil {
		return nil, err
	}
	n := &normalised{engine: g.engine, rows: rows, of: of, groups: groups, eps: eps, running: r}
	n.mean, n.inverse = make([]float64, n.sets()), make([]float64, n.sets())
	grad := func(in gorgonia.Nodes, y, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		dx, err := g.apply("d("+name+")", &normalisedGrad{of: n, gradientOf: gradientOf{forward: n}}, tensor.Shape{rows, of.Values()}, nil, nil, in[0], in[1], y, dy)
		if err != nil {
			return nil, err
		}
		dScale, err := g.apply("d(scale)", &normScaleGrad{of: n, gradientOf: gradientOf{n, 1}}, in[1].Shape(), nil, nil, in[0], y, dy)
		if err != nil {
			return nil, err
		}
		dShift, err := g.apply("d(shift)", &channelSums{engine: g.engine, rows: rows, of: of, gradientOf: gradientOf{n, 2}}, in[2].Shape(), nil, nil, dy)
		return gorgonia.Nodes{dx, dScale, dShift}, err
	}
	return g.apply(name, n, tensor.Shape{rows, of.Values()}, grad, []bool{true, true, true}, x, scale, shift)
}

// normalised leaves the mean and the inverse standard deviation of each set of
// values that are normalised together for the gradients: a channel of all images
// or, with groups, a group of channels of one image.
type normalised struct {
	engine  *kernel.Engine
	rows    int
	of      Map
	groups  int // 0 for sets of whole channels
	eps     float64
	running *Running

	mean, inverse []float64

	out, x, scale, shift []float32
}

func (n *normalised) sets() int {
	if n.groups == 0 {
		return n.of.Channels
	}
	return n.rows * n.groups
}

// each calls f with every run of pixels of a set: where it begins, and its channel.
func (n *normalised) each(set int, f func(at, channel int)) {
	if n.groups == 0 {
		for row := range n.rows {
			f(row*n.of.Values()+set*n.of.Pixels(), set)
		}
		return
	}
	row, group := set/n.groups, set%n.groups
	width := n.of.Channels / n.groups
	for channel := group * width; channel < (group+1)*width; channel++ {
		f(row*n.of.Values()+channel*n.of.Pixels(), channel)
	}
}

// size is the number of values of a set.
func (n *normalised) size() float64 {
	return float64(n.rows*n.of.Values()) / float64(n.sets())
}

func (n *normalised) Run(out []float32, in [][]float32) {
	n.out, n.x, n.scale, n.shift = out, in[0], in[1], in[2]
	n.engine.Run(n.sets(), n)
}

// Chunk normalises one set.
func (n *normalised) Chunk(set int) {
	pixels := n.of.Pixels()
	var sum float64
	n.each(set, func(at, _ int) { sum += n.engine.Sum(n.x[at : at+pixels]) })
	mean := sum / n.size()
	var square float64
	n.each(set, func(at, _ int) {
		for _, v := range n.x[at : at+pixels] {
			d := float64(v) - mean
			square += d * d
		}
	})
	variance := square / n.size()
	inverse := 1 / math.Sqrt(variance+n.eps)
	n.mean[set], n.inverse[set] = mean, inverse
	n.each(set, func(at, channel int) {
		slope := float32(inverse) * n.scale[channel]
		for i, v := range n.x[at : at+pixels] {
			n.out[at+i] = (v-float32(mean))*slope + n.shift[channel]
		}
	})
	if n.running != nil {
		n.running.move(set, mean, variance, n.size())
	}
}

// move takes one batch of size values a channel into account. The variance of the
// batch is the unbiased one, as PyTorch has it; of a single value, 0.
func (r *Running) move(channel int, mean, variance, size float64) {
	unbiased := variance * size / max(size-1, 1)
	kept := 1 - r.Momentum
	r.Mean[channel] = float32(kept*float64(r.Mean[channel]) + r.Momentum*mean)
	r.Variance[channel] = float32(kept*float64(r.Variance[channel]) + r.Momentum*unbiased)
}

// normalisedGrad: with u the normalised values, g = dy * scale and means over a set,
// dx = (g - mean(g) - u mean(g u)) / deviation.
type normalisedGrad struct {
	gradientOf
	of *normalised

	out, x, scale, dy []float32
}

func (b *normalisedGrad) Run(out []float32, in [][]float32) {
	b.out, b.x, b.scale, b.dy = out, in[0], in[1], in[3]
	b.of.engine.Run(b.of.sets(), b)
}

// Chunk computes one set.
func (b *normalisedGrad) Chunk(set int) {
	n, pixels := b.of, b.of.of.Pixels()
	mean, inverse := n.mean[set], n.inverse[set]
	var sum, product float64
	n.each(set, func(at, channel int) {
		scale := float64(b.scale[channel])
		for i, v := range b.dy[at : at+pixels] {
			g := scale * float64(v)
			sum += g
			product += g * (float64(b.x[at+i]) - mean) * inverse
		}
	})
	sum /= n.size()
	product /= n.size()
	n.each(set, func(at, channel int) {
		scale := float64(b.scale[channel])
		for i, v := range b.dy[at : at+pixels] {
			u := (float64(b.x[at+i]) - mean) * inverse
			b.out[at+i] = float32(inverse * (scale*float64(v) - sum - u*product))
		}
	})
}

// normScaleGrad is the sum of dy times the normalised values, one a channel.
type normScaleGrad struct {
	gradientOf
	of *normalised

	out, x, dy []float32
}

func (b *normScaleGrad) Run(out []float32, in [][]float32) {
	b.out, b.x, b.dy = out, in[0], in[2]
	b.of.engine.Run(b.of.of.Channels, b)
}

// Chunk computes one channel.
func (b *normScaleGrad) Chunk(channel int) {
	n, m := b.of, b.of.of
	var sum float64
	for row := range n.rows {
		set := channel
		if n.groups > 0 {
			set = row*n.groups + channel*n.groups/m.Channels
		}
		mean, inverse := n.mean[set], n.inverse[set]
		at := row*m.Values() + channel*m.Pixels()
		for i, v := range b.dy[at:][:m.Pixels()] {
			sum += float64(v) * (float64(b.x[at+i]) - mean) * inverse
		}
	}
	b.out[channel] = float32(sum)
}

// FixedNorm adds nn.BatchNorm2d of PyTorch in evaluation: each channel is shifted by
// the given mean and divided by the given deviation, and then as [Graph.BatchNorm]
// has it. All parameters have one value a channel; none of it is differentiable.
func (g *Graph) FixedNorm(x, scale, shift, mean, variance *gorgonia.Node, of Map, eps float64) (*gorgonia.Node, error) {
	rows, err := of.maps("input of a norm", x)
	if err != nil {
		return nil, err
	}
	for what, n := range map[string]*gorgonia.Node{"scale": scale, "shift": shift, "mean": mean, "variance": variance} {
		if err := of.perChannel(what, n); err != nil {
			return nil, err
		}
	}
	f := &fixedNorm{engine: g.engine, rows: rows, of: of, eps: eps}
	return g.apply("fixed norm", f, tensor.Shape{rows, of.Values()}, nil, nil, x, scale, shift, mean, variance)
}

type fixedNorm struct {
	engine *kernel.Engine
	rows   int
	of     Map
	eps    float64

	out, x, scale, shift, mean, variance []float32
}

func (n *fixedNorm) Run(out []float32, in [][]float32) {
	n.out, n.x, n.scale, n.shift, n.mean, n.variance = out, in[0], in[1], in[2], in[3], in[4]
	n.engine.Run(n.rows, n)
}

// Chunk computes one image.
func (n *fixedNorm) Chunk(row int) {
	pixels := n.of.Pixels()
	for c := range n.of.Channels {
		slope := float32(1/math.Sqrt(float64(n.variance[c])+n.eps)) * n.scale[c]
		at := row*n.of.Values() + c*pixels
		for i, v := range n.x[at : at+pixels] {
			n.out[at+i] = (v-n.mean[c])*slope + n.shift[c]
		}
	}
}
