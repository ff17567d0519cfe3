package loss

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
)

// Likelihood is the distribution p(x|z) of the pixels given what the decoder puts
// out, one number a pixel. Pixels are in [0, 1].
//
// The figures of two likelihoods are never comparable: one is the probability of
// bits, another of one of 256 levels, a third a density that may exceed 1.
type Likelihood interface {
	// Name is the word that selects the likelihood, such as "bernoulli".
	Name() string
	// Comparable says in a sentence what its figures may be set beside.
	Comparable() string
	// LogProb adds ln p(x|z) in nats, summed over pixels, one value a draw: [rows].
	LogProb(d *Decoded) (*gorgonia.Node, error)
	// Means writes the mean of each pixel, in [0, 1], given the outputs.
	Means(e *kernel.Engine, dst, outputs []float32)
	// Draw draws each pixel, in [0, 1], given the outputs. Pixel i depends on
	// the key and i alone.
	Draw(e *kernel.Engine, dst, outputs []float32, key kernel.Key)
	// Output is the output at which a pixel has the given mean, in (0, 1).
	Output(mean float64) float64
}

// LearnedLikelihood is a likelihood with weights of its own that are trained with
// the model's and kept under the name "likelihood." and the weight's own.
type LearnedLikelihood interface {
	Likelihood
	// Weights lists what is learned, in a fixed order.
	Weights() []Weight
	// Bind says where the weights are: one slice each, in the order of Weights.
	Bind(values [][]float32)
}

// NewLikelihood makes the likelihood that a configuration names.
func NewLikelihood(c configs.Model) (Likelihood, error) {
	switch c.Likelihood {
	case "bernoulli":
		return Bernoulli{}, nil
	case "continuous-bernoulli":
		return ContinuousBernoulli{}, nil
	case "gaussian":
		return NewGaussianPixels(c.PixelStd, c.PixelStdLearned)
	case "logistic":
		return NewLogisticPixels(c.PixelStd, c.PixelStdLearned)
	}
	return nil, fmt.Errorf("unknown likelihood %q", c.Likelihood)
}

// Decoded is what the decoder makes of some draws, beside the images, as nodes of
// the graph.
type Decoded struct {
	graph      *graph.Graph
	outputs, x *gorgonia.Node
	weights    gorgonia.Nodes
}

// NewDecoded brings the decoder's outputs, [images*k, pixels], the images,
// [images, pixels], and the weights of a [LearnedLikelihood]. Row r of the outputs
// belongs to image r/k.
func NewDecoded(g *graph.Graph, outputs, x *gorgonia.Node, weights ...*gorgonia.Node) *Decoded {
	return &Decoded{graph: g, outputs: outputs, x: x, weights: weights}
}

// Outputs returns the decoder's outputs, [rows, pixels].
func (d *Decoded) Outputs() *gorgonia.Node { return d.outputs }

// Images returns the pixels, [images, pixels].
func (d *Decoded) Images() *gorgonia.Node { return d.x }

// Weights returns the weights of a [LearnedLikelihood], in the order of its
// Weights.
func (d *Decoded) Weights() gorgonia.Nodes { return d.weights }
