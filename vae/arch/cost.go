package arch

import (
	"vaectl/configs"
	"vaectl/loss"
)

// StepFLOPs counts the multiplications and additions that a training step makes for
// an image with one draw of z: those of the layers forward, and twice as many
// backward, for the gradients of inputs and of weights.
func (n *Network) StepFLOPs() float64 { return 3 * n.Layers().FLOPs() }

// Weights counts the numbers that are trained.
func (n *Network) Weights() float64 {
	var sum float64
	for _, p := range n.Parameters() {
		if !p.Buffer {
			sum += p.size()
		}
	}
	return sum
}

// size is [Parameter.Size] without overflow.
func (p Parameter) size() float64 {
	n := 1.0
	for _, d := range p.Shape {
		n *= float64(d)
	}
	return n
}

const (
	// bytesPerValue is the size of a float32.
	bytesPerValue = 4
	// valuesPerLatent is what a step keeps for each dimension of a level's variable and
	// draw: noise, draw, z, what the decoder reads, two densities, the KL, and the
	// gradients of most of them.
	valuesPerLatent = 14
	// valuesPerImage is images as bytes, as numbers, and what a likelihood works in.
	valuesPerImage = 2
)

// StepBytes estimates the memory that a step on so many images, with so many draws of
// z each, takes in addition to weights and gradients: every value that a layer outputs and
// its gradient, the images, the latent variables and what the prior works in.
func (n *Network) StepBytes(images, samples int) float64 {
	rows := float64(images) * float64(samples)
	values := float64(images) * (valuesPerImage*float64(n.Image.Values()) + 2*n.Levels[0].Up.Values())
	perRow := n.Levels[0].Down.Last().Values() // the likelihood's derivatives
	for i, l := range n.Levels {
		perRow += 2*l.Down.Values() + valuesPerLatent*float64(l.Size)
		if i > 0 {
			perRow += 2 * l.Up.Values()
		}
	}
	return bytesPerValue * (values + rows*perRow + n.priorValues(rows))
}

// priorValues is what the prior keeps in a step with so many draws. One made with the
// encoder puts its images through it.
func (n *Network) priorValues(rows float64) float64 {
	var values float64
	if p, ok := n.Prior.(loss.ScratchPrior); ok {
		values = p.StepValues(rows)
	}
	if _, ok := n.Prior.(loss.EncodedPrior); ok {
		images := float64(n.PriorParameters()[0].Shape[0])
		encoder := n.Levels[0].Up.Values()
		for _, l := range n.Levels[1:] {
			encoder += l.Up.Values()
		}
		values += images * (2*float64(n.Image.Values()) + 2*encoder)
	}
	return values
}

// TrainingBytes estimates the memory that a training takes, without its images: weights,
// their gradients where they are collected, two moments and perhaps a mean of the
// weights, the step, and an evaluation.
func (n *Network) TrainingBytes(c configs.Config) float64 {
	copies := 3.0
	if c.Train.Clip > 0 {
		copies++
	}
	if c.Train.EMA > 0 {
		copies++
	}
	return bytesPerValue*copies*n.Weights() + n.StepBytes(c.Train.BatchSize, c.Objective.Samples)
}
