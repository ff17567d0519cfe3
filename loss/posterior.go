package loss

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
)

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

// Weights returns the weights of a [LearnedPrior] as nodes, in the order of its
// Weights.
func (q *Posterior) Weights() gorgonia.Nodes { return q.weights }

// PosteriorNodes are what a [Posterior] is made of.
type PosteriorNodes struct {
	// Params are those of q(u|x), means on the left and log variances on the right,
	// [images, 2*latents].
	Params *gorgonia.Node
	// Draws are those of u, [images*k, latents].
	Draws *gorgonia.Node
	// Weights are those of a [LearnedPrior], in the order of its Weights; nil for
	// another one.
	Weights gorgonia.Nodes
	// Encode leads an [EncodedPrior] from images, [rows, pixels], to the parameters of
	// q(u|x), [rows, 2*latents]; nil for another one.
	Encode func(x *gorgonia.Node) (*gorgonia.Node, error)
}

// NewPosterior makes a posterior on a graph. A model calls it.
func NewPosterior(g *Graph, of PosteriorNodes) (*Posterior, error) {
	params, u := of.Params.Shape(), of.Draws.Shape()
	if params.Dims() != 2 || u.Dims() != 2 || params[1] != 2*u[1] {
		return nil, fmt.Errorf("posterior of shape %v does not fit draws of %v", params, u)
	}
	return &Posterior{
		graph: (*graph.Graph)(g), latents: u[1], params: of.Params, u: of.Draws, weights: of.Weights, encode: of.Encode,
	}, nil
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

// Rows adds an operation on rows.
func (q *Posterior) Rows(f RowFunc, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	return q.graph.Rows(graph.RowFunc(f), inputs...)
}
