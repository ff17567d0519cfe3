package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/graph"
	"vaectl/loss"
)

// network is a model being put on a graph: its parameters as leaves and the
// maps between the nodes.
type network struct {
	model      *Model
	graph      *graph.Graph
	parameters gorgonia.Nodes
}

func (m *Model) network() (*network, error) {
	n := &network{model: m, graph: graph.New(m.engine)}
	for _, p := range m.parameters {
		leaf, err := n.graph.Leaf(p.Name, p.Data, p.Shape...)
		if err != nil {
			return nil, err
		}
		n.parameters = append(n.parameters, leaf)
	}
	return n, nil
}

// hidden adds a stack of layers, each followed by the activation.
func (n *network) hidden(x *gorgonia.Node, layers []*layer) (*gorgonia.Node, error) {
	act, err := activation(n.model.config.Model.Activation)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		if x, err = n.graph.Linear(x, n.parameters[l.weight], n.parameters[l.bias], act); err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return x, nil
}

// encode adds the parameters of q(u|x), [images, 2*latents].
func (n *network) encode(x *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := n.hidden(x, n.model.encoder)
	if err != nil {
		return nil, err
	}
	l := n.model.head
	head, err := n.graph.Linear(h, n.parameters[l.weight], n.parameters[l.bias], 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	shift, scale := n.model.frame.Head()
	return n.graph.Posterior(head, shift, scale)
}

// latent is the latent code of a batch on the graph.
type latent struct {
	posterior *loss.Posterior
	z         *gorgonia.Node
	code      *gorgonia.Node
}

// draw adds u by reparameterisation, z and what the decoder reads.
func (n *network) draw(params, eps *gorgonia.Node) (latent, error) {
	u, err := n.graph.Reparameterize(params, eps)
	if err != nil {
		return latent{}, err
	}
	q, err := loss.NewPosterior(n.graph, params, u)
	if err != nil {
		return latent{}, err
	}
	z, err := n.model.prior.Latent(q)
	if err != nil {
		return latent{}, fmt.Errorf("prior %s: %w", n.model.prior.Name(), err)
	}
	code, err := n.model.frame.Code(q, z)
	return latent{posterior: q, z: z, code: code}, err
}

// decode adds the logits, [rows, pixels].
func (n *network) decode(code *gorgonia.Node) (*gorgonia.Node, error) {
	h, err := n.hidden(code, n.model.decoder)
	if err != nil {
		return nil, err
	}
	l := n.model.output
	logits, err := n.graph.Linear(h, n.parameters[l.weight], n.parameters[l.bias], 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	return logits, nil
}

// batch is a network from pixels to the parts of the loss.
type batch struct {
	*network
	x, eps *gorgonia.Node
	latent latent
	params *gorgonia.Node
	loglik *gorgonia.Node
	kl     *gorgonia.Node
}

// newBatch builds the graph for a number of images and draws of z an image.
func (m *Model) newBatch(images, samples int) (*batch, error) {
	n, err := m.network()
	if err != nil {
		return nil, err
	}
	b := &batch{network: n}
	if b.x, err = n.graph.Input("x", images, m.Pixels()); err != nil {
		return nil, err
	}
	if b.eps, err = n.graph.Input("epsilon", images*samples, m.Latents()); err != nil {
		return nil, err
	}
	if b.params, err = n.encode(b.x); err != nil {
		return nil, err
	}
	if b.latent, err = n.draw(b.params, b.eps); err != nil {
		return nil, err
	}
	logits, err := n.decode(b.latent.code)
	if err != nil {
		return nil, err
	}
	if b.loglik, err = n.graph.Bernoulli(logits, b.x); err != nil {
		return nil, err
	}
	if b.kl, err = m.prior.KL(b.latent.posterior); err != nil {
		return nil, fmt.Errorf("prior %s: %w", m.prior.Name(), err)
	}
	return b, nil
}
