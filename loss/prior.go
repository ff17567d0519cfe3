package loss

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

// Prior is the distribution p(z) that the KL term pulls the code toward, and
// everything the program needs to know about it.
//
// The encoder describes a Gaussian variable u with a mean and a variance for
// each image and dimension, and z is a function of u: z = u for a prior on the
// whole line, another function where the prior's support is smaller (see
// [Uniform]). A prior with a support of its own therefore says three things
// to the graph: where u lives ([Prior.Base]), what z is ([Prior.Latent]), and
// how far the distribution of z is from the prior ([Prior.KL]).
type Prior interface {
	// Name is the word that selects the prior, such as "normal".
	Name() string
	// Parameters lists what the prior was made of, for people and for JSON.
	Parameters() []Parameter
	// Latents is the number of dimensions of z.
	Latents() int

	// Base is the mean and standard deviation of u in dimension d when z
	// follows the prior, or its location and scale where those are not finite.
	// A standardised head starts there.
	Base(d int) (mean, std float64)
	// Latent adds z, in the prior's own units, [rows, latents], given u.
	Latent(q *Posterior) (*gorgonia.Node, error)
	// KL adds KL(q(z|x) || p(z)) in nats, one value an image and dimension:
	// [images, latents]; or one value an image, [images, 1], for a prior whose
	// dimensions depend on each other.
	KL(q *Posterior) (*gorgonia.Node, error)
	// KLMethod says whether KL is exact ([ClosedForm]) or an estimate from the
	// posterior's own draws ([MonteCarlo], see [MonteCarloKL]).
	KLMethod() Method

	// FromBase is the z of one dimension that belongs to u, and ToBase its inverse.
	FromBase(d int, u float64) float64
	ToBase(d int, z float64) float64

	// Marginal is the distribution of z in dimension d.
	Marginal(d int) Marginal
	// LogDensity is log p(z) in nats for one z of all dimensions, -Inf
	// outside the support.
	LogDensity(z []float64) float64
	// Sample draws one z of all dimensions.
	Sample(z []float64, rng *rand.Rand)

	// Divergence evaluates the KL of dimension d at one posterior
	// N(mu, sigma^2) of u. Sigma must be positive.
	Divergence(d int, mu, sigma float64) Divergence
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

// Divergence is a KL in nats at one posterior, with its derivatives and the
// formula it came from.
type Divergence struct {
	KL     float64 // nats
	DMu    float64 // dKL/dmu, nats per unit of mu
	DSigma float64 // dKL/dsigma, nats per unit of sigma
	Method Method  // how the three were computed
	// Formula is the expression in symbols and Substituted the same with the
	// numbers put in.
	Formula, Substituted string
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

// Posterior is what the encoder says about a batch, as nodes of the graph:
// the Gaussian q(u|x) and one or more draws of u an image.
type Posterior struct {
	graph   *graph.Graph
	latents int
	params  *gorgonia.Node
	u       *gorgonia.Node
	cut     [2]*gorgonia.Node
	weights gorgonia.Nodes
	encode  func(x *gorgonia.Node) (*gorgonia.Node, error)
	added   map[any]*gorgonia.Node
}

// SetWeights brings the weights of a [Learned] prior to the graph, in the order
// of its Weights.
func (q *Posterior) SetWeights(weights ...*gorgonia.Node) { q.weights = weights }

// SetEncoder brings the model's encoder to the graph for an [Encoded] prior: from
// images, [rows, pixels], to the parameters of q(u|x), [rows, 2*latents].
func (q *Posterior) SetEncoder(encode func(x *gorgonia.Node) (*gorgonia.Node, error)) {
	q.encode = encode
}

// once adds what a prior adds under a key, or returns what it added before: the
// KL and the importance weights share a log density.
func (q *Posterior) once(key any, add func() (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	if n, ok := q.added[key]; ok {
		return n, nil
	}
	n, err := add()
	if err != nil {
		return nil, err
	}
	if q.added == nil {
		q.added = make(map[any]*gorgonia.Node)
	}
	q.added[key] = n
	return n, nil
}

// Weights returns the weights of a [Learned] prior as nodes, in the order of its
// Weights.
func (q *Posterior) Weights() gorgonia.Nodes { return q.weights }

// NewPosterior makes a posterior of its parameters, [images, 2*latents] with
// means on the left and log variances on the right, and its draws u,
// [images*k, latents].
func NewPosterior(g *graph.Graph, params, u *gorgonia.Node) (*Posterior, error) {
	if params.Shape().Dims() != 2 || u.Shape().Dims() != 2 || params.Shape()[1] != 2*u.Shape()[1] {
		return nil, fmt.Errorf("posterior of shape %v does not fit draws of %v", params.Shape(), u.Shape())
	}
	return &Posterior{graph: g, latents: u.Shape()[1], params: params, u: u}, nil
}

// U returns the draws of u, [rows, latents], where rows is images times the
// number of draws an image.
func (q *Posterior) U() *gorgonia.Node { return q.u }

// Mean adds the means of u, [images, latents].
func (q *Posterior) Mean() (*gorgonia.Node, error) { return q.half(0) }

// LogVar adds the log variances of u, [images, latents].
func (q *Posterior) LogVar() (*gorgonia.Node, error) { return q.half(1) }

// LogQ adds log q(u|x) at the draws in nats, one value a draw and dimension,
// [rows, latents].
func (q *Posterior) LogQ() (*gorgonia.Node, error) { return q.graph.GaussianLogProb(q.u, q.params) }

func (q *Posterior) half(i int) (*gorgonia.Node, error) {
	if q.cut[i] == nil {
		n, err := q.graph.Columns(q.params, i*q.latents, (i+1)*q.latents)
		if err != nil {
			return nil, err
		}
		q.cut[i] = n
	}
	return q.cut[i], nil
}

// factorised holds what priors with independent dimensions share.
type factorised struct {
	name       string
	parameters []Parameter
	marginals  []Marginal
}

func (f *factorised) Name() string            { return f.name }
func (f *factorised) Parameters() []Parameter { return f.parameters }
func (f *factorised) Latents() int            { return len(f.marginals) }
func (f *factorised) Marginal(d int) Marginal { return f.marginals[d] }

func (f *factorised) LogDensity(z []float64) float64 {
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
		if math.IsNaN(out[d]) || math.IsInf(out[d], 0) {
			return nil, fmt.Errorf("prior %s is %g in dimension %d, must be finite", name, out[d], d)
		}
	}
	return out, nil
}
