package loss

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/graph"
)

// Likelihood is the distribution p(x|z) of an image given what the decoder puts
// out for it. The values of an image are in [0, 1], its channels one after another.
//
// The figures of two likelihoods are never comparable: one is the probability of
// bits, another of one of 256 levels, a third a density that may exceed 1.
type Likelihood interface {
	// Name is the word that selects the likelihood, such as "bernoulli".
	Name() string
	// Comparable says in a sentence what its figures may be compared with.
	Comparable() string
	// Outputs is how many numbers the decoder puts out for an image of that shape.
	Outputs(image data.Shape) int
	// LogProb adds ln p(x|z) in nats, summed over the values of an image, one number
	// a draw: [rows].
	LogProb(d *DecoderOutput) (*gorgonia.Node, error)
	// Means writes the mean of each value, in [0, 1], given the outputs, of any
	// number of images.
	Means(m Math, dst, outputs []float32)
	// Draw draws images given the outputs, of any number of images. Image i depends
	// on the noise, its outputs and i alone.
	Draw(n Noise, dst, outputs []float32)
	// OutputsAt writes outputs at which each value of an image has the given mean, in
	// (0, 1): where the decoder may start. The image may have any number of pixels.
	OutputsAt(dst []float32, means []float64)
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

// NewLikelihood makes the likelihood that a configuration names, of images of the
// given shape. "auto" is no name: [configs.Config.Settled] says what it stands for.
func NewLikelihood(c configs.Model, image data.Shape) (Likelihood, error) {
	switch c.Likelihood {
	case "bernoulli":
		return Bernoulli{}, nil
	case "continuous-bernoulli":
		return ContinuousBernoulli{}, nil
	case "gaussian":
		return NewGaussianPixels(c.PixelStd, c.PixelStdLearned)
	case "logistic":
		return NewLogisticPixels(c.PixelStd, c.PixelStdLearned)
	case "logistic-mixture":
		return NewLogisticMixture(image, c.LikelihoodComponents)
	}
	return nil, fmt.Errorf("unknown likelihood %q", c.Likelihood)
}

// DecoderOutput is the decoder's outputs for some draws, and the images that belong to them, as
// nodes of the graph.
type DecoderOutput struct {
	graph      *graph.Graph
	outputs, x *gorgonia.Node
	weights    gorgonia.Nodes
}

// NewDecoderOutput brings the decoder's outputs, [images*k, outputs], the images,
// [images, values], and the weights of a [LearnedLikelihood]. Row r of the outputs
// belongs to image r/k.
func NewDecoderOutput(g *Graph, outputs, x *gorgonia.Node, weights ...*gorgonia.Node) *DecoderOutput {
	return &DecoderOutput{graph: (*graph.Graph)(g), outputs: outputs, x: x, weights: weights}
}

// Outputs returns the decoder's outputs, [rows, outputs].
func (d *DecoderOutput) Outputs() *gorgonia.Node { return d.outputs }

// Images returns the images, [images, values].
func (d *DecoderOutput) Images() *gorgonia.Node { return d.x }

// Weights returns the weights of a [LearnedLikelihood], in the order of its
// Weights.
func (d *DecoderOutput) Weights() gorgonia.Nodes { return d.weights }

// Rows adds an operation on rows.
func (d *DecoderOutput) Rows(f RowFunc, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	return d.graph.Rows(graph.RowFunc(f), inputs...)
}

// oneEach is the base of likelihoods whose decoder puts out one number a value.
type oneEach struct{}

// Outputs is the number of values.
func (oneEach) Outputs(image data.Shape) int { return image.Values() }

// outputsAt writes one output a value.
func outputsAt(dst []float32, means []float64, at func(mean float64) float64) {
	for i, mean := range means {
		dst[i] = float32(at(mean))
	}
}
