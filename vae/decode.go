package vae

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

// Encoding is the posterior of some images: means and standard deviations of
// the Gaussian variable u, [images, latents], and the z that belongs to each
// mean. For a prior on the whole line u is z. With several stochastic levels it is
// the posterior of the top one at the means of those below.
type Encoding struct {
	Mean, Std []float64
	Z         []float64
}

// Encode computes the posterior of some images.
func (m *Model) Encode(b Batch) (Encoding, error) {
	count, err := m.checkBatch(b)
	if err != nil || count == 0 {
		return Encoding{}, err
	}
	e, err := m.NewEncoder(m.atATime(evalRows, count))
	if err != nil {
		return Encoding{}, err
	}
	return e.Encode(b)
}

// encoderGraph is a graph from images to parameters of a Gaussian.
type encoderGraph struct {
	leaves
	program *graph.Program
	out     []float32
}

func (m *Model) newEncoderGraph(images int, build func(*network, *gorgonia.Node) (*gorgonia.Node, error)) (*encoderGraph, error) {
	n, err := m.newNetwork()
	if err != nil {
		return nil, err
	}
	g := &encoderGraph{}
	if err := g.addImages(n.graph, m, images); err != nil {
		return nil, err
	}
	n.layers.Labels = g.labels
	out, err := build(n, g.x)
	if err != nil {
		return nil, err
	}
	if g.program, err = n.graph.Compile(out); err != nil {
		return nil, err
	}
	g.out = g.program.Value(out)
	return g, nil
}

// Decode computes the mean of each value of an image, in [0, 1], [codes, values].
// With several stochastic levels it is that at the means of those below z's.
func (m *Model) Decode(c Codes) ([]float32, error) {
	count, err := m.checkCodes(c)
	if err != nil || count == 0 {
		return nil, err
	}
	d, err := m.NewDecoder(m.atATime(evalRows, count))
	if err != nil {
		return nil, err
	}
	means := make([]float32, count*m.Values())
	return means, d.Decode(means, c)
}

// Samples are draws from the model: z from the prior, [count, latents], and
// the mean of each value of the images given z, [count, values]. With several
// stochastic levels the mean is that given the draws of the lower ones.
type Samples struct {
	Codes
	Means   []float32
	outputs []float32 // the decoder's
}

// DrawLatents draws z from the prior as [Model.Prior] has it, [count, latents].
// Draw i is a pure function of the prior, the seed and i.
func (m *Model) DrawLatents(count int, seed uint64) []float64 {
	z := make([]float64, count*m.Latents())
	for i := range count {
		rng := rand.New(noise.NewSource(noise.Key(seed, noise.Sample, uint64(i))))
		m.network.Prior.Sample(z[i*m.Latents():(i+1)*m.Latents()], rng)
	}
	return z
}

// Sample draws from the prior and decodes. Sample i is a pure function of the weights,
// the seed, i and, in a conditional model, its label: labels has one per sample, and is
// nil for a model that reads none.
func (m *Model) Sample(count int, seed uint64, labels []int) (Samples, error) {
	if count < 1 {
		return Samples{}, fmt.Errorf("%d samples", count)
	}
	if err := m.refreshPrior(); err != nil {
		return Samples{}, err
	}
	s, err := m.NewSampler(m.atATime(evalRows, count))
	if err != nil {
		return Samples{}, err
	}
	return s.Sample(count, seed, labels)
}

// SampleClasses draws count codes from the prior and decodes them under every label of
// a conditional model: first all of them under label 0, then the same codes under label
// 1, and so on.
func (m *Model) SampleClasses(count int, seed uint64) (Samples, error) {
	if m.Classes() == 0 {
		return Samples{}, fmt.Errorf("%w: samples of every label of a model that reads none", ErrLabels)
	}
	if count < 1 {
		return Samples{}, fmt.Errorf("%d samples", count)
	}
	if err := m.refreshPrior(); err != nil {
		return Samples{}, err
	}
	sampler, err := m.NewSampler(m.atATime(evalRows, count))
	if err != nil {
		return Samples{}, err
	}
	var all Samples
	for label := range m.Classes() {
		s, err := sampler.Sample(count, seed, m.SameLabel(label, count))
		if err != nil {
			return Samples{}, err
		}
		all.Z, all.Labels = append(all.Z, s.Z...), append(all.Labels, s.Labels...)
		all.Means, all.outputs = append(all.Means, s.Means...), append(all.outputs, s.outputs...)
	}
	return all, nil
}

// SameLabel repeats a label count times. It is nil for a model that reads no labels.
func (m *Model) SameLabel(label, count int) []int {
	if m.Classes() == 0 {
		return nil
	}
	labels := make([]int, count)
	for i := range labels {
		labels[i] = label
	}
	return labels
}

// DrawPixels draws images from p(x|z), in [0, 1]; of a Bernoulli likelihood their
// values are 0 or 1. What is drawn for image i depends on the seed and i alone.
func (m *Model) DrawPixels(s Samples, seed uint64) []float32 {
	drawn := make([]float32, len(s.Means))
	m.network.Likelihood.Draw(loss.NewNoise((*Engine)(m.engine), loss.Key(noise.Key(seed, noise.SamplePixels, 0))), drawn, s.outputs)
	return drawn
}
