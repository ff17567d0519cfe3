package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
	"vaectl/loss"
)

// network is a model being put on a graph: its parameters as leaves and the
// maps between the nodes.
type network struct {
	model      *Model
	graph      *graph.Graph
	parameters gorgonia.Nodes
	labels     *gorgonia.Node // [images]; nil where the model reads none
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

// hidden adds a stack of layers, each followed by the activation or its gate.
func (n *network) hidden(x *gorgonia.Node, layers []*layer, weights gorgonia.Nodes) (*gorgonia.Node, error) {
	act, err := activation(n.model.config.Model.Activation)
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		if l.gate != nil {
			x, err = n.gated(x, l, weights)
		} else {
			x, err = n.linear(x, l, weights, act)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return x, nil
}

// gated adds (x W + b) * sigmoid(x V + c), with V and c those of the gate.
func (n *network) gated(x *gorgonia.Node, l *layer, weights gorgonia.Nodes) (*gorgonia.Node, error) {
	h, err := n.linear(x, l, weights, kernel.Identity)
	if err != nil {
		return nil, err
	}
	gate, err := n.linear(x, l.gate, weights, kernel.Sigmoid)
	if err != nil {
		return nil, err
	}
	return n.graph.Gate(h, gate)
}

// gaussian adds the means and log variances that a stack of layers and a head
// give, [rows, 2*n], the head's outputs shifted and scaled.
func (n *network) gaussian(x *gorgonia.Node, layers []*layer, head *layer, weights gorgonia.Nodes, shift, scale []float64) (*gorgonia.Node, error) {
	h, err := n.hidden(x, layers, weights)
	if err != nil {
		return nil, err
	}
	out, err := n.linear(h, head, weights, kernel.Identity)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", head.name, err)
	}
	return n.graph.Posterior(out, shift, scale)
}

// encode adds the parameters of the Gaussian that the first stochastic layer is
// drawn from: q(u|x), [images, 2*latents], or q(h|x) with two layers.
func (n *network) encode(x *gorgonia.Node) (*gorgonia.Node, error) {
	shift, scale := n.model.frame.Head()
	if n.model.second != nil {
		shift, scale = plainHead(n.model.config.Model.Latent)
	}
	return n.gaussian(x, n.model.encoder, n.model.head, n.parameters, shift, scale)
}

// posterior adds the parameters of q(u|x), [images, 2*latents]; with two
// stochastic layers, those at the mean of the lower one.
func (n *network) posterior(x *gorgonia.Node) (*gorgonia.Node, error) {
	params, err := n.encode(x)
	if err != nil || n.model.second == nil {
		return params, err
	}
	h, err := n.graph.Columns(params, 0, n.model.config.Model.Latent)
	if err != nil {
		return nil, err
	}
	return n.upper(h, n.parameters)
}

// latent is the latent code of a batch on the graph.
type latent struct {
	z    *gorgonia.Node // in the prior's own units, [rows, latents]
	code *gorgonia.Node // what the decoder reads: of z, [rows, latents], or h, [rows, lower]
	kl   *gorgonia.Node // nats, a row an image or a draw
	u    *gorgonia.Node // what z is a function of, [rows, latents]
	// lowerKL is the part of kl that is of the lower of two stochastic layers,
	// [rows, lower]; nil where there is one.
	lowerKL *gorgonia.Node
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
	if err := n.readCode(q, &l); err != nil || !w.densities {
		return l, err
	}
	prior, err := loss.LogProb(n.model.prior, q)
	if err != nil {
		return l, err
	}
	posterior, err := n.posteriorLogProb(u, params, eps, w)
	l.prior, l.posterior = gorgonia.Nodes{prior}, gorgonia.Nodes{posterior}
	return l, err
}

// readCode adds z, what the decoder reads of it, and the KL to the prior.
func (n *network) readCode(q *loss.Posterior, l *latent) (err error) {
	l.u = q.U()
	q.SetWeights(n.nodes(n.model.learnedPrior)...)
	q.SetEncoder(n.posterior)
	if l.z, err = n.model.prior.Latent(q); err != nil {
		return fmt.Errorf("prior %s: %w", n.model.prior.Name(), err)
	}
	if l.code, err = n.model.frame.Code(q, l.z); err != nil {
		return err
	}
	if l.kl, err = n.model.prior.KL(q); err != nil {
		return fmt.Errorf("prior %s: %w", n.model.prior.Name(), err)
	}
	return nil
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
	h, err := n.hidden(code, n.model.decoder, n.parameters)
	if err != nil {
		return nil, err
	}
	l := n.model.output
	logits, err := n.linear(h, l, n.parameters, kernel.Identity)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	return logits, nil
}

// batch is a network from pixels to the parts of the loss.
type batch struct {
	*network
	x, beta *gorgonia.Node
	// capacity is a scalar of the objective of that name, and target the draws of
	// the prior that z is matched to, [rows, latents]; nil for other objectives.
	capacity, target *gorgonia.Node
	noise            noiseInput
	latent           latent
	params           *gorgonia.Node // of the first stochastic layer, as encode has it
	loglik           *gorgonia.Node // log p(x|z), [images*samples]
	logw             *gorgonia.Node // log importance weights, [images*samples]; nil where nobody asked for them

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
	if err = n.addLabels(p.images); err != nil {
		return nil, err
	}
	if b.beta, err = n.graph.Leaf("beta", []float32{1}); err != nil {
		return nil, err
	}
	eps, err := b.addNoise(p.images * p.samples)
	if err != nil {
		return nil, err
	}
	if p.encoded {
		b.params, err = n.graph.Input("posterior", p.images, m.head.out)
	} else {
		b.params, err = n.encode(b.x)
	}
	if err != nil {
		return nil, err
	}
	if p.rescaled {
		b.rescaler = n.graph.NewRescaler(b.beta)
	}
	w := weighing{densities: p.weights, rescaler: b.rescaler}
	if m.second != nil {
		b.latent, err = n.drawBoth(b.params, eps, w)
	} else {
		b.latent, err = n.draw(b.params, eps[0], w)
	}
	if err != nil {
		return nil, err
	}
	return b, b.judge(p.weights)
}

// addNoise adds the noise of every stochastic layer, [rows, its width] each.
func (b *batch) addNoise(rows int) (gorgonia.Nodes, error) {
	widths := b.model.stochastic()
	b.noise = newNoiseInput(rows, widths)
	var eps gorgonia.Nodes
	for i, width := range widths {
		n, err := b.graph.Leaf(fmt.Sprintf("epsilon %d", i), b.noise.layers[i], rows, width)
		if err != nil {
			return nil, err
		}
		eps = append(eps, n)
	}
	return eps, nil
}

// judge adds the log-likelihood and, where asked for, the importance weights.
func (b *batch) judge(weights bool) error {
	outputs, err := b.decode(b.latent.code)
	if err != nil {
		return err
	}
	decoded := loss.NewDecoded(b.graph, outputs, b.x, b.nodes(b.model.learnedLikelihood)...)
	if b.loglik, err = b.model.pixels.LogProb(decoded); err != nil {
		return fmt.Errorf("likelihood %s: %w", b.model.pixels.Name(), err)
	}
	if weights {
		b.logw, err = b.graph.LogWeights(b.loglik, b.beta, b.latent.prior, b.latent.posterior)
	}
	return err
}
