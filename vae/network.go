package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/loss"
	"vaectl/vae/arch"
)

// network is a model being put on a graph: its parameters as leaves and the
// maps between the nodes.
type network struct {
	model      *Model
	graph      *graph.Graph
	layers     *arch.Builder
	parameters gorgonia.Nodes // that are trained, in the order of memory
}

func (m *Model) newNetwork() (*network, error) {
	n := &network{model: m, graph: graph.New(m.engine)}
	nodes := make(map[string]*gorgonia.Node)
	for _, p := range m.parameters {
		leaf, err := arch.Leaf((*loss.Graph)(n.graph), p.Parameter, p.Data)
		if err != nil {
			return nil, err
		}
		nodes[p.Name] = leaf
		if !p.Buffer {
			n.parameters = append(n.parameters, leaf)
		}
	}
	n.layers = arch.NewBuilder((*loss.Graph)(n.graph), nodes)
	return n, nil
}

// nodes are some parameters on the graph.
func (n *network) nodes(parameters []arch.Parameter) gorgonia.Nodes {
	var nodes gorgonia.Nodes
	for _, p := range parameters {
		nodes = append(nodes, n.layers.Parameter(p.Name))
	}
	return nodes
}

// up adds the parameters of a level's Gaussian given the image or the variable of
// the level below: [rows, 2*size], means on the left and log variances on the right.
func (n *network) up(level int, below *gorgonia.Node, layers *arch.Builder) (*gorgonia.Node, error) {
	levels := n.model.network.Levels
	out, err := levels[level].Up.Add(layers, below)
	if err != nil {
		return nil, err
	}
	shift, scale := plainHead(levels[level].Size)
	if level == len(levels)-1 {
		shift, scale = n.model.frame.Head()
	}
	return n.graph.Posterior(out, shift, scale)
}

// down adds the parameters of the Gaussian of the level below one given what the
// decoder reads of its variable, [rows, 2*size].
func (n *network) down(level int, input *gorgonia.Node) (*gorgonia.Node, error) {
	out, err := n.model.network.Levels[level].Down.Add(n.layers, input)
	if err != nil {
		return nil, err
	}
	shift, scale := plainHead(n.model.network.Levels[level-1].Size)
	return n.graph.Posterior(out, shift, scale)
}

// plainHead is the shift and scale of a head that nothing is known about.
func plainHead(n int) (shift, scale []float64) {
	shift, scale = make([]float64, n), make([]float64, n)
	for d := range scale {
		scale[d] = 1
	}
	return shift, scale
}

// encode adds the parameters of the Gaussian that the lowest level's variable is
// drawn from, [images, 2*size].
func (n *network) encode(x *gorgonia.Node) (*gorgonia.Node, error) { return n.up(0, x, n.layers) }

// posterior adds the parameters of q(u|x), [images, 2*latents]; with several
// stochastic levels, those at the means of the lower ones.
func (n *network) posterior(x *gorgonia.Node) (*gorgonia.Node, error) {
	params, err := n.encode(x)
	for i := 1; i < len(n.model.network.Levels) && err == nil; i++ {
		var mean *gorgonia.Node
		if mean, err = n.graph.Columns(params, 0, n.model.network.Levels[i-1].Size); err == nil {
			params, err = n.up(i, mean, n.layers)
		}
	}
	return params, err
}

// decode adds what the decoder puts out, [rows, outputs], given what it reads of the
// lowest level's variable.
func (n *network) decode(input *gorgonia.Node) (*gorgonia.Node, error) {
	return n.model.network.Levels[0].Down.Add(n.layers, input)
}

// batch is a network from pixels to the parts of the loss.
type batch struct {
	*network
	leaves
	latent latent
	params *gorgonia.Node // of the lowest level, as encode has it
	output *gorgonia.Node // what the decoder puts out, [images*samples, outputs]
	loglik *gorgonia.Node // log p(x|z), [images*samples]
	logw   *gorgonia.Node // log importance weights, [images*samples]; nil where nobody asked for them

	rescaler *graph.Rescaler
}

// purpose says what the graph of a batch is for.
type purpose struct {
	images, samples int  // and draws of z an image
	weights         bool // with importance weights
	rescaled        bool // with doubly reparameterised gradients
	encoded         bool // params is an input; the encoder is left out
	training        bool // gradients will be taken
}

// newBatch builds the graph of a batch.
func (m *Model) newBatch(p purpose) (*batch, error) {
	n, err := m.newNetwork()
	if err != nil {
		return nil, err
	}
	b := &batch{network: n}
	if err := b.addInputs(p); err != nil {
		return nil, err
	}
	if p.encoded {
		b.params, err = n.graph.Input("posterior", p.images, 2*m.network.Levels[0].Size)
	} else {
		b.params, err = n.encode(b.x)
	}
	if err != nil {
		return nil, err
	}
	if p.rescaled {
		b.rescaler = n.graph.NewRescaler(b.beta)
	}
	if b.latent, err = b.draw(b.params, b.eps, terms{densities: p.weights, rescaler: b.rescaler}); err != nil {
		return nil, err
	}
	return b, b.addLikelihood(p.weights)
}

// addInputs adds the leaves.
func (b *batch) addInputs(p purpose) (err error) {
	if err := b.addImages(b.graph, b.model, p.images); err != nil {
		return err
	}
	b.layers.Labels, b.layers.Training = b.labels, p.training
	if b.beta, err = b.graph.Leaf("beta", []float32{1}); err != nil {
		return err
	}
	b.Beta, b.betaValue = 1, b.graph.Data(b.beta)
	return b.addNoise(b.graph, "epsilon", p.images*p.samples, b.model.network.Sizes())
}

// addLikelihood adds the log-likelihood and, where asked for, the importance weights.
func (b *batch) addLikelihood(weights bool) error {
	var err error
	if b.output, err = b.decode(b.latent.input); err != nil {
		return err
	}
	likelihood := b.model.network.Likelihood
	decoded := loss.NewDecoderOutput((*loss.Graph)(b.graph), b.output, b.x, b.nodes(b.model.network.LikelihoodParameters())...)
	if b.loglik, err = likelihood.LogProb(decoded); err != nil {
		return fmt.Errorf("likelihood %s: %w", likelihood.Name(), err)
	}
	if weights {
		b.logw, err = b.graph.LogWeights(b.loglik, b.beta, b.latent.prior, b.latent.posterior)
	}
	return err
}
