package loss

import (
	"math"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
)

// Bernoulli is the likelihood of pixels that are black or white; the decoder puts
// out logits. Grey pixels are taken as probabilities of white, which makes the
// figure a cross-entropy.
type Bernoulli struct{}

// Name is "bernoulli".
func (Bernoulli) Name() string { return "bernoulli" }

// Comparable is by the way pixels became binary.
func (Bernoulli) Comparable() string {
	return "probability of binary pixels: comparable with bernoulli figures of the same binarisation only"
}

// LogProb adds sum x l - softplus(l).
func (Bernoulli) LogProb(d *Decoded) (*gorgonia.Node, error) {
	return d.graph.Bernoulli(d.outputs, d.x)
}

// Means is the sigmoid of the outputs.
func (Bernoulli) Means(e *kernel.Engine, dst, outputs []float32) { e.Sigmoid(dst, outputs) }

// Draw makes each pixel 1 with the probability of its mean, else 0.
func (b Bernoulli) Draw(e *kernel.Engine, dst, outputs []float32, key kernel.Key) {
	means := make([]float32, len(outputs))
	b.Means(e, means, outputs)
	e.BernoulliProbs(dst, means, key, 0)
}

// Output is the logit.
func (Bernoulli) Output(mean float64) float64 { return math.Log(mean / (1 - mean)) }
