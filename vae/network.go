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
	z    *gorgonia.Node // in the prior's own units, [rows, latents]
	code *gorgonia.Node // what the decoder reads, [rows, latents]
	kl   *gorgonia.Node // nats, [images, latents]
	// prior and posterior are the log densities that weigh the draws; none
	// where nobody asked for weights.
	prior, posterior gorgonia.Nodes
}

// weighing says what a graph needs beside the parts of the ELBO.
type weighing struct {
	densities bool            // those that importance weights are made of
	rescaler  *graph.Rescaler // makes gradients doubly reparameterised; nil leaves them
}

// draw adds u by reparameterisation, z, what the decoder reads, and the terms
// of the objective. params is [images, 2*latents], eps [rows, latents].
func (n *network) draw(params, eps *gorgonia.Node, w weighing) (l latent, err error) {
	u, err := n.graph.Reparameterize(params, eps)
	if err != nil {
		return l, err
	}
	if w.rescaler != nil {
		if u, err = w.rescaler.Pass(u); err != nil {
			return l, err
		}
	}
	q, err := loss.NewPosterior(n.graph, params, u)
	if err != nil {
		return l, err
	}
	if l.z, err = n.model.prior.Latent(q); err != nil {
		return l, fmt.Errorf("prior %s: %w", n.model.prior.Name(), err)
	}
	if l.code, err = n.model.frame.Code(q, l.z); err != nil {
		return l, err
	}
	if l.kl, err = n.model.prior.KL(q); err != nil {
		return l, fmt.Errorf("prior %s: %w", n.model.prior.Name(), err)
	}
	if !w.densities {
		return l, nil
	}
	prior, err := loss.LogProb(n.model.prior, q)
	if err != nil {
		return l, err
	}
	posterior, err := n.posteriorLogProb(u, params, eps, w)
	l.prior, l.posterior = gorgonia.Nodes{prior}, gorgonia.Nodes{posterior}
	return l, err
}

// posteriorLogProb adds log q at its own draws, [rows, latents]. Doubly
// reparameterised gradients know its parameters only through the draws.
func (n *network) posteriorLogProb(u, params, eps *gorgonia.Node, w weighing) (*gorgonia.Node, error) {
	if w.rescaler == nil {
		return n.graph.ReparameterizedLogProb(params, eps)
	}
	stopped, err := n.graph.Stopped(params)
	if err != nil {
		return nil, err
	}
	return n.graph.GaussianLogProb(u, stopped)
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
	x, beta *gorgonia.Node
	noise   []float32 // standard normal draws, [images*samples, latents]
	latent  latent
	params  *gorgonia.Node // of q(u|x), [images, 2*latents]
	loglik  *gorgonia.Node // log p(x|z), [images*samples]
	logw    *gorgonia.Node // log importance weights, [images*samples]; nil where nobody asked for them

	rescaler *graph.Rescaler
}

// plan says what the graph of a batch is for.
type plan struct {
	images, samples int  // and draws of z an image
	weights         bool // with importance weights
	rescaled        bool // with doubly reparameterised gradients
	encoded         bool // params is an input; the encoder is left out
}

// newBatch builds the graph of a batch.
func (m *Model) newBatch(p plan) (*batch, error) {
	n, err := m.network()
	if err != nil {
		return nil, err
	}
	b := &batch{network: n}
	if b.x, err = n.graph.Input("x", p.images, m.Pixels()); err != nil {
		return nil, err
	}
	if b.beta, err = n.graph.Leaf("beta", []float32{1}); err != nil {
		return nil, err
	}
	eps, err := n.graph.Input("epsilon", p.images*p.samples, m.Latents())
	if err != nil {
		return nil, err
	}
	b.noise = n.graph.Data(eps)
	if p.encoded {
		b.params, err = n.graph.Input("posterior", p.images, 2*m.Latents())
	} else {
		b.params, err = n.encode(b.x)
	}
	if err != nil {
		return nil, err
	}
	if p.rescaled {
		b.rescaler = n.graph.NewRescaler(b.beta)
	}
	if b.latent, err = n.draw(b.params, eps, weighing{densities: p.weights, rescaler: b.rescaler}); err != nil {
		return nil, err
	}
	return b, b.judge(p.weights)
}

// judge adds the log-likelihood and, where asked for, the importance weights.
func (b *batch) judge(weights bool) error {
	logits, err := b.decode(b.latent.code)
	if err != nil {
		return err
	}
	if b.loglik, err = b.graph.Bernoulli(logits, b.x); err != nil {
		return err
	}
	if weights {
		b.logw, err = b.graph.LogWeights(b.loglik, b.beta, b.latent.prior, b.latent.posterior)
	}
	return err
}
