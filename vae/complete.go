package vae

import (
	"context"
	"fmt"

	"vaectl/data"
	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

// Completion fills in the missing pixels of images: a Markov chain that draws z from the
// posterior of the image as it stands, and the missing pixels from p(x|z), again and again
// while the others stay as they are (Rezende, Mohamed and Wierstra 2014, appendix F). Were
// the posterior exact, this would be Gibbs sampling of p(missing | seen).
//
// Where pixels are read as probabilities of white, as by a Bernoulli likelihood of grey
// pixels, what is filled in is their means. A Completion follows the model's weights and
// is not safe for concurrent use.
type Completion struct {
	// Images are the images as the chain has them, [images, values]. Their missing pixels
	// start as those of draws from the model.
	Images []float32
	// Means are the images with the missing pixels at their means given the last z.
	Means []float32

	model   *Model
	trip    *roundTrip
	missing []bool // of the values of an image
	labels  []int
	seed    uint64
	steps   uint64 // taken
	// means and drawn are all values of the images, given the last z.
	means, drawn []float32
}

// NewCompletion starts a chain on a copy of a batch. missing says of each pixel of an image
// whether it is to be filled in: [pixels].
func (m *Model) NewCompletion(b Batch, missing []bool, seed uint64) (*Completion, error) {
	count, err := m.checkBatch(b)
	if err != nil {
		return nil, err
	}
	if count == 0 {
		return nil, fmt.Errorf("%w: no image to complete", errShape)
	}
	if len(missing) != m.Shape().Pixels() {
		return nil, fmt.Errorf("%w: a mask of %d pixels for images of %v", errShape, len(missing), m.Shape())
	}
	trip, err := m.newRoundTrip(count)
	if err != nil {
		return nil, err
	}
	start, err := m.Sample(count, seed, b.Labels)
	if err != nil {
		return nil, err
	}
	c := &Completion{model: m, trip: trip, labels: b.Labels, seed: seed}
	c.means, c.drawn = make([]float32, len(b.Pixels)), make([]float32, len(b.Pixels))
	for range m.Shape().Channels {
		c.missing = append(c.missing, missing...)
	}
	c.Means = append(c.Means, b.Pixels...)
	c.Images = append(c.Images, b.Pixels...)
	if c.fillsMeans() {
		c.fill(c.Images, start.Means)
	} else {
		c.fill(c.Images, m.DrawPixels(start, seed))
	}
	c.fill(c.Means, start.Means)
	return c, nil
}

// fillsMeans reports whether pixels are read as probabilities.
func (c *Completion) fillsMeans() bool {
	_, binary := c.model.network.Likelihood.(loss.Bernoulli)
	return binary && data.Binarization(c.model.config.Data.Binarize) == data.Grey
}

// fill replaces the missing values of images.
func (c *Completion) fill(images, by []float32) {
	for i := range images {
		if c.missing[i%len(c.missing)] {
			images[i] = by[i]
		}
	}
}

// Run takes so many steps of the chain. It stops early, with the context's error, when the
// context ends. The chain is a pure function of the weights, the images, the mask and the
// seed, however its steps are divided among calls.
func (c *Completion) Run(ctx context.Context, steps int) error {
	for range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.step()
	}
	return nil
}

func (c *Completion) step() {
	m, t := c.model, c.trip
	c.steps++
	t.set(Batch{Pixels: c.Images, Labels: c.labels}, 0, m.Values())
	for level, levels := range t.noise.levels {
		m.engine.Normal(levels, noise.Key(c.seed, noise.Complete, levelStream(2*c.steps, level)), 0)
	}
	t.program.Run()
	m.means(c.means, t.outputs)
	c.fill(c.Means, c.means)
	if c.fillsMeans() {
		c.fill(c.Images, c.means)
		return
	}
	m.network.Likelihood.Draw(loss.NewNoise((*Engine)(m.engine), loss.Key(noise.Key(c.seed, noise.CompletePixels, c.steps))), c.drawn, t.outputs)
	c.fill(c.Images, c.drawn)
}
