package vae

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/noise"
)

// Encoding is the posterior of some images: means and standard deviations of
// the Gaussian variable u, [images, latents], and the z that belongs to each
// mean. For a prior on the whole line u is z. With two stochastic layers it is
// the posterior of the upper one at the mean of the lower.
type Encoding struct {
	Mean, Std []float64
	Z         []float64
}

// Encode computes the posterior of rows of pixels in [0, 1]. Labels, one an
// image, are for a conditional model; those of one that is [Model.Given] its
// label may be left out.
func (m *Model) Encode(pixels []float32, labels ...int) (Encoding, error) {
	count, err := rowsOf("pixels", pixels, m.Pixels())
	if err != nil || count == 0 {
		return Encoding{}, err
	}
	e, err := m.NewEncoder(min(evalRows, count))
	if err != nil {
		return Encoding{}, err
	}
	return e.Encode(pixels, labels...)
}

// function is a graph from rows of one width to rows of another.
type function struct {
	program *graph.Program
	in, out []float32
	labels  []float32 // one a row; nil where the model reads none
}

func (m *Model) newFunction(rows, width int, build func(*network, *gorgonia.Node) (*gorgonia.Node, error)) (*function, error) {
	n, err := m.network()
	if err != nil {
		return nil, err
	}
	in, err := n.graph.Input("in", rows, width)
	if err != nil {
		return nil, err
	}
	if err := n.addLabels(rows); err != nil {
		return nil, err
	}
	out, err := build(n, in)
	if err != nil {
		return nil, err
	}
	program, err := n.graph.Compile(out)
	if err != nil {
		return nil, err
	}
	return &function{program: program, in: n.graph.Data(in), out: program.Value(out), labels: n.labelData()}, nil
}

// Decode computes the mean of each pixel, in [0, 1], for rows of z in the
// prior's own units. With two stochastic layers it is that at the mean of the
// lower one. Labels are as those of [Model.Encode], one a row of z.
func (m *Model) Decode(z []float64, labels ...int) ([]float32, error) {
	count, err := rowsOf("z", z, m.Latents())
	if err != nil || count == 0 {
		return nil, err
	}
	d, err := m.NewDecoder(min(evalRows, count))
	if err != nil {
		return nil, err
	}
	means := make([]float32, count*m.Pixels())
	return means, d.Decode(means, z, labels...)
}

// means are those of the pixels given the decoder's outputs, in their place.
func (m *Model) means(outputs []float32) []float32 {
	m.pixels.Means(m.engine, outputs, outputs)
	return outputs
}

// Samples are draws from the model: z from the prior, [count, latents], and
// the mean of each pixel given z, [count, pixels]. With two stochastic layers
// the mean is that given the draw of the lower one.
type Samples struct {
	Z       []float64
	Means   []float32
	outputs []float32 // the decoder's
}

// DrawLatents draws z from the prior as [Model.Prior] has it, [count, latents].
// Draw i is a pure function of the prior, the seed and i.
func (m *Model) DrawLatents(count int, seed uint64) []float64 {
	z := make([]float64, count*m.Latents())
	for i := range count {
		rng := rand.New(noise.NewSource(noise.Key(seed, noise.Sample, uint64(i))))
		m.prior.Sample(z[i*m.Latents():(i+1)*m.Latents()], rng)
	}
	return z
}

// Sample draws from the prior and decodes. Sample i is a pure function of the
// weights, the seed, i and, in a conditional model, its label: one a sample,
// which may be left out where the model is [Model.Given] its label.
func (m *Model) Sample(count int, seed uint64, labels ...int) (Samples, error) {
	if count < 1 {
		return Samples{}, fmt.Errorf("%d samples", count)
	}
	if err := m.refreshPrior(); err != nil {
		return Samples{}, err
	}
	s, err := m.NewSampler(min(evalRows, count))
	if err != nil {
		return Samples{}, err
	}
	return s.Sample(count, seed, labels...)
}

// DrawPixels draws the pixels of samples from p(x|z), in [0, 1]; of a Bernoulli
// likelihood they are 0 or 1. Pixel j of image i depends on the seed, i and j.
func (m *Model) DrawPixels(s Samples, seed uint64) []float32 {
	drawn := make([]float32, len(s.outputs))
	m.pixels.Draw(m.engine, drawn, s.outputs, noise.Key(seed, noise.SamplePixels, 0))
	return drawn
}
