package loss

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// Vamp is the variational mixture of posteriors (Tomczak & Welling 2018), the
// prior that is the mean of the encoder's own posteriors at K learned images,
//
//	p(z) = 1/K sum_k q(z|x_k)
//
// The learned pseudo-inputs go through the model's encoder, whose weights the
// prior thereby trains too. As in the paper's code a pseudo-input is a free
// array clipped to [0, 1] (a hard tanh), whose values start at N(0.05, 0.01^2):
// nearly black images that all differ. Its dimensions depend on each other, so
// its KL is one value an image, estimated from the draws.
type Vamp struct {
	wholeLine
	components, pixels int
	inputs             []float32
	posteriors         gaussians
}

// EncodedPrior is a prior made with the model's encoder. The model says what an image
// is before it asks for the weights, gives every [Posterior] its encoder, and
// keeps the prior's float64 side up to date through Refresh.
type EncodedPrior interface {
	LearnedPrior
	// Fit says how many pixels an image has.
	Fit(pixels int)
	// Inputs is the images the prior puts through the encoder now, one after
	// the other, pixels in [0, 1].
	Inputs() []float32
	// Refresh brings the encoder's posteriors at Inputs, [images, 2*latents],
	// means on the left and log variances on the right. Sample, LogDensity,
	// Marginal and Divergence are those of the last refresh.
	Refresh(posteriors []float32)
}

// NewVamp makes the prior over the given number of latent dimensions. Before
// [Vamp.Refresh] it is N(0, 1) to all but the graph.
func NewVamp(latents, components int) (*Vamp, error) {
	if latents < 1 || components < 1 {
		return nil, fmt.Errorf("a prior of %d pseudo-inputs in %d dimensions", components, latents)
	}
	v := &Vamp{wholeLine: wholeLine{latents}, components: components}
	v.posteriors = gaussians{latents: latents, means: make([]float32, latents), logVars: make([]float32, latents)}
	return v, nil
}

// Name is "vamp".
func (v *Vamp) Name() string { return "vamp" }

// Parameters has the number of components.
func (v *Vamp) Parameters() []Parameter {
	return []Parameter{{"components", []float64{float64(v.components)}}}
}

// Fit makes the pseudo-inputs images of the given number of pixels.
func (v *Vamp) Fit(pixels int) { v.pixels = pixels }

// Weights are the pseudo-inputs before they are clipped, [components, pixels].
func (v *Vamp) Weights() []Weight {
	return []Weight{{"pseudo_inputs", []int{v.components, v.pixels}, normalInit(0.05, 0.01)}}
}

// StepValues is that of a mixture of the posteriors.
func (v *Vamp) StepValues(rows float64) float64 {
	return mixtureStepValues(rows, v.components, v.latents)
}

// Bind reads the pseudo-inputs from now on.
func (v *Vamp) Bind(values [][]float32) {
	checkBound(v.Name(), v.Weights(), values)
	v.inputs = values[0]
}

// Inputs is the clipped pseudo-inputs.
func (v *Vamp) Inputs() []float32 {
	clipped := make([]float32, len(v.inputs))
	clipRow(clipped, v.inputs)
	return clipped
}

// Refresh brings the posteriors at the pseudo-inputs.
func (v *Vamp) Refresh(posteriors []float32) {
	d := v.latents
	if len(posteriors) != v.components*2*d {
		panic(fmt.Sprintf("loss: %d values for the posteriors at %d pseudo-inputs of %d dimensions", len(posteriors), v.components, d))
	}
	g := gaussians{latents: d, means: make([]float32, v.components*d), logVars: make([]float32, v.components*d)}
	for k := range v.components {
		copy(g.means[k*d:(k+1)*d], posteriors[k*2*d:])
		copy(g.logVars[k*d:(k+1)*d], posteriors[k*2*d+d:])
	}
	v.posteriors = g
}

// LogProb adds log p(z), [rows, 1]: the encoder is applied to the pseudo-inputs,
// with the weights it has for the images.
func (v *Vamp) LogProb(q *Posterior) (*gorgonia.Node, error) {
	return q.once(v, func() (*gorgonia.Node, error) {
		w, err := learnedNodes(q, v.Name(), 1)
		if err != nil {
			return nil, err
		}
		if q.encode == nil {
			return nil, fmt.Errorf("the %s prior wants the model's encoder, the graph brought none", v.Name())
		}
		inputs, err := q.graph.Rows(clip(v.pixels), w[0])
		if err != nil {
			return nil, err
		}
		posteriors, err := q.encode(inputs)
		if err != nil {
			return nil, fmt.Errorf("pseudo-inputs: %w", err)
		}
		means, err := q.graph.Columns(posteriors, 0, v.latents)
		if err != nil {
			return nil, err
		}
		logVars, err := q.graph.Columns(posteriors, v.latents, 2*v.latents)
		if err != nil {
			return nil, err
		}
		return q.graph.MixtureLogProb(q.U(), means, logVars, nil)
	})
}

// clip limits values to [0, 1], with no gradient outside.
func clip(columns int) graph.RowFunc {
	return graph.RowFunc{
		Name:           "clip",
		Columns:        columns,
		Differentiable: []bool{true},
		Forward:        func(out []float32, in [][]float32) { clipRow(out, in[0]) },
		Backward: func(_ int, din []float32, in [][]float32, _, dout []float32) {
			for i, x := range in[0] {
				if x >= 0 && x <= 1 {
					din[i] += dout[i]
				}
			}
		},
	}
}

func clipRow(out, x []float32) {
	for i, v := range x {
		out[i] = min(max(v, 0), 1)
	}
}

// KL adds an estimate from the draws, [images, 1].
func (v *Vamp) KL(q *Posterior) (*gorgonia.Node, error) {
	logP, err := v.LogProb(q)
	if err != nil {
		return nil, err
	}
	return MonteCarloKL(q, logP)
}

// Marginal is the mixture in one dimension.
func (v *Vamp) Marginal(d int) Marginal { return v.posteriors.marginal(d) }

// LogDensity is by log-sum-exp over the components.
func (v *Vamp) LogDensity(z []float64) float64 {
	v.checkLatents(z)
	return v.posteriors.logDensity(z)
}

// Sample picks a pseudo-input and draws from its posterior.
func (v *Vamp) Sample(z []float64, rng *rand.Rand) { v.posteriors.sample(z, rng) }

// Divergence is that to the marginal of dimension d, by quadrature. It leaves out
// how the dimensions depend on each other.
func (v *Vamp) Divergence(d int, mu, sigma float64) Divergence {
	return v.posteriors.marginal(d).divergence(mu, sigma)
}
