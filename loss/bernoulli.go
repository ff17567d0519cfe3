package loss

import (
	"math"

	"gorgonia.org/gorgonia"
)

// Bernoulli is the likelihood of pixels that are black or white; the decoder puts
// out logits. Grey pixels are taken as probabilities of white, which makes the
// figure a cross-entropy.
type Bernoulli struct{ oneEach }

// Name is "bernoulli".
func (Bernoulli) Name() string { return "bernoulli" }

// Comparable is by the way pixels became binary.
func (Bernoulli) Comparable() string {
	return "probability of binary pixels: comparable with bernoulli figures of the same binarisation only"
}

// LogProb adds sum x l - softplus(l).
func (Bernoulli) LogProb(d *DecoderOutput) (*gorgonia.Node, error) {
	return d.graph.Bernoulli(d.outputs, d.x)
}

// Means is the sigmoid of the outputs.
func (Bernoulli) Means(m Math, dst, outputs []float32) { m.Sigmoid(dst, outputs) }

// Draw makes each value 1 with the probability of its mean, else 0.
func (b Bernoulli) Draw(n Noise, dst, outputs []float32) {
	means := make([]float32, len(outputs))
	b.Means(n.Math, means, outputs)
	n.Bernoulli(dst, means)
}

// OutputsAt is the logits.
func (Bernoulli) OutputsAt(dst []float32, means []float64) {
	outputsAt(dst, means, func(mean float64) float64 { return math.Log(mean / (1 - mean)) })
}
