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

// Rows adds an operation on rows.
func (q *Posterior) Rows(f RowFunc, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	return q.graph.Rows(graph.RowFunc(f), inputs...)
}
