package loss

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"gorgonia.org/gorgonia"

	"vaectl/internal/finite"
)

// Distribution is p(z): what a prior is by itself, in float64.
type Distribution interface {
	// Name is the word that selects the prior, such as "normal".
	Name() string
	// Parameters lists what the prior was made of, for people and for JSON.
	Parameters() []Parameter
	// Latents is the number of dimensions of z.
	Latents() int
	// Marginal is the distribution of z in dimension d.
	Marginal(d int) Marginal
	// LogDensity is log p(z) in nats for one z of all dimensions, -Inf
	// outside the support.
	LogDensity(z []float64) float64
	// Sample draws one z of all dimensions.
	Sample(z []float64, rng *rand.Rand)
}

// Prior is a distribution that a model is trained toward: a [Distribution] and its KL
// on the graph. That is all a prior has to be; [NewIndependent] makes one of a density
// on the line.
//
// The encoder describes a Gaussian variable u with a mean and a variance for each
// image and dimension, and z is u. A prior says more by further methods, each an
// interface of its own:
//
//   - [MappedPrior]: z is another function of u, as where the support is not the whole line; such a
//     prior must be a [DivergencePrior] too;
//   - [LocatedPrior]: training starts elsewhere than at the prior's mean and deviation;
//   - [DivergencePrior]: how the KL is computed, and its value and formula for one posterior;
//   - [DensityPrior]: a log density on the graph, which importance weights are made of;
//   - [LearnedPrior], [EncodedPrior]: weights that are trained with the model;
//   - [NormalScorer], [Interpolator]: z as a standard normal variable, and ways between
//     two codes.
//
// The functions [Base], [Latent], [FromBase], [ToBase], [KLMethod] and [DivergenceOf]
// ask any prior, and know what holds where it does not say.
type Prior interface {
	Distribution
	// KL adds KL(q(z|x) || p(z)) in nats, one value an image and dimension:
	// [images, latents]; or one value an image, [images, 1], for a prior whose
	// dimensions depend on each other.
	KL(q *Posterior) (*gorgonia.Node, error)
}

// Marginal is a distribution on the line; the types of gonum's distuv are
// Marginals.
type Marginal interface {
	// LogProb is the log density in nats.
	LogProb(x float64) float64
	CDF(x float64) float64
	// Quantile is the inverse of CDF; p is in [0, 1].
	Quantile(p float64) float64
	Mean() float64
	StdDev() float64
}

// Parameter is a named parameter with one value, or one value a dimension.
type Parameter struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

// Describe writes a prior as people do, such as normal(mean 0.5, std 0.1).
func Describe(p Prior) string {
	var parts []string
	for _, parameter := range p.Parameters() {
		parts = append(parts, parameter.Name+" "+joinFloats(parameter.Values))
	}
	return p.Name() + "(" + strings.Join(parts, ", ") + ")"
}

func joinFloats(values []float64) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprintf("%g", v)
	}
	if len(words) == 1 {
		return words[0]
	}
	return "[" + strings.Join(words, " ") + "]"
}

// independentMarginals holds what priors with independent dimensions share.
type independentMarginals struct {
	name       string
	parameters []Parameter
	marginals  []Marginal
}

func (f *independentMarginals) Name() string            { return f.name }
func (f *independentMarginals) Parameters() []Parameter { return f.parameters }
func (f *independentMarginals) Latents() int            { return len(f.marginals) }
func (f *independentMarginals) Marginal(d int) Marginal { return f.marginals[d] }

func (f *independentMarginals) LogDensity(z []float64) float64 {
	if len(z) != len(f.marginals) {
		panic(fmt.Sprintf("loss: z has %d dimensions, the %s prior has %d", len(z), f.name, len(f.marginals)))
	}
	var sum float64
	for d, m := range f.marginals {
		sum += m.LogProb(z[d])
	}
	return sum
}

// broadcast gives a parameter one value a dimension.
func broadcast(name string, values []float64, latents int) ([]float64, error) {
	if latents < 1 {
		return nil, fmt.Errorf("a prior of %d dimensions", latents)
	}
	if len(values) != 1 && len(values) != latents {
		return nil, fmt.Errorf("prior %s has %d values, wants one or %d", name, len(values), latents)
	}
	out := make([]float64, latents)
	for d := range out {
		out[d] = values[min(d, len(values)-1)]
		if !finite.Is(out[d]) {
			return nil, fmt.Errorf("prior %s is %g in dimension %d, must be finite", name, out[d], d)
		}
	}
	return out, nil
}
