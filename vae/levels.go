package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/loss"
	"vaectl/vae/arch"
)

// latent is the stochastic levels of a batch on the graph. With v_0 to v_L their
// variables, from the image up, and u = v_L what z is a function of,
//
//	q(v_0, ..., v_L | x) = q(v_0|x) q(v_1|v_0) ... q(v_L|v_L-1)
//	p(x, v_0, ..., v_L)  = p(v_L) p(v_L-1|v_L) ... p(v_0|v_1) p(x|v_0)
//
// (Burda et al. 2016, section 5.1), where all but p(v_L) and p(x|v_0) are Gaussians
// with a mean and a variance a dimension.
type latent struct {
	z     *gorgonia.Node // in the prior's own units, [rows, latents]
	u     *gorgonia.Node // what z is a function of, [rows, latents]
	input *gorgonia.Node // what the decoder reads of the lowest level's variable, [rows, its size]
	// kl is in nats, a row an image or a draw: columns of each level below the top,
	// log q(v|below) - log p(v|above) at the draws, and those of KL(q(z) || p(z)).
	kl *gorgonia.Node
	// klBelow is the part of kl that is of the levels below the top; nil where there
	// are none.
	klBelow *gorgonia.Node
	// prior and posterior are the log densities that weigh the draws; none
	// where nobody asked for weights.
	prior, posterior gorgonia.Nodes
}

// terms says what a graph needs beside the parts of the ELBO.
type terms struct {
	densities bool            // those that importance weights are made of
	rescaler  *graph.Rescaler // makes gradients doubly reparameterised; nil leaves them
}

// drawn is the variables of all levels: their draws, [rows, size], the parameters of
// the Gaussians they come from and the noise they are made with.
type drawn struct{ v, params, eps gorgonia.Nodes }

// draw adds a draw of every level, z, what the decoder reads, and the terms of the
// objective. params is that of the lowest level, [images, 2*size], eps the noise of
// each, [rows, size].
func (n *network) draw(params *gorgonia.Node, eps gorgonia.Nodes, t terms) (l latent, err error) {
	d, err := n.ascend(params, eps, t)
	if err != nil {
		return l, err
	}
	top := len(d.v) - 1
	q, err := loss.NewPosterior((*loss.Graph)(n.graph), loss.PosteriorNodes{
		Params: d.params[top], Draws: d.v[top], Weights: n.nodes(n.model.network.PriorParameters()), Encode: n.posterior,
	})
	if err != nil {
		return l, err
	}
	if err := n.readTop(q, &l); err != nil {
		return l, err
	}
	if err := n.descend(d, t, &l); err != nil || !t.densities {
		return l, err
	}
	prior, err := loss.LogProb(n.model.network.Prior, q)
	if err != nil {
		return l, err
	}
	posterior, err := n.posteriorLogProb(top, d, t)
	l.prior, l.posterior = append(l.prior, prior), append(l.posterior, posterior)
	return l, err
}

// ascend draws the levels from the image up. Only the draws as the densities see
// them pass through a rescaler: the way from one level to the next is part of how
// the next is drawn.
func (n *network) ascend(params *gorgonia.Node, eps gorgonia.Nodes, t terms) (d drawn, err error) {
	d.eps = eps
	for i := range eps {
		if i > 0 {
			if params, err = n.up(i, d.v[i-1], n.layers); err != nil {
				return d, err
			}
		}
		v, err := n.graph.Reparameterize(params, eps[i])
		if err != nil {
			return d, err
		}
		d.params, d.v = append(d.params, params), append(d.v, v)
	}
	if t.rescaler == nil {
		return d, nil
	}
	for i, v := range d.v {
		if d.v[i], err = t.rescaler.Pass(v); err != nil {
			return d, err
		}
	}
	return d, nil
}

// readTop adds z, what the decoder reads of it, and the KL to the prior.
func (n *network) readTop(q *loss.Posterior, l *latent) (err error) {
	prior := n.model.network.Prior
	l.u = q.U()
	if l.z, err = loss.Latent(prior, q); err != nil {
		return fmt.Errorf("prior %s: %w", prior.Name(), err)
	}
	if l.input, err = n.model.frame.Input(q, l.z); err != nil {
		return err
	}
	if l.kl, err = prior.KL(q); err != nil {
		return fmt.Errorf("prior %s: %w", prior.Name(), err)
	}
	return nil
}

// descend adds the terms of the levels below the top, from above, and leaves what
// the decoder reads of the lowest one.
func (n *network) descend(d drawn, t terms, l *latent) error {
	top := len(d.v) - 1
	if top == 0 {
		return nil
	}
	kls, priors, posteriors := make(gorgonia.Nodes, top), make(gorgonia.Nodes, top), make(gorgonia.Nodes, top)
	for i := top - 1; i >= 0; i-- {
		given, err := n.down(i+1, l.input)
		if err != nil {
			return err
		}
		l.input = d.v[i]
		if priors[i], err = n.graph.GaussianLogProb(d.v[i], given); err != nil {
			return err
		}
		if posteriors[i], err = n.posteriorLogProb(i, d, t); err != nil {
			return err
		}
		if kls[i], err = n.graph.Rows(difference(posteriors[i].Shape()[1]), posteriors[i], priors[i]); err != nil {
			return err
		}
	}
	if t.densities {
		l.prior, l.posterior = priors, posteriors
	}
	var err error
	if l.klBelow, err = n.sideBySide(kls); err != nil {
		return err
	}
	l.kl, err = n.sideBySide(gorgonia.Nodes{l.klBelow, l.kl})
	return err
}

// posteriorLogProb adds log q of a level at its own draws, [rows, size]. Doubly
// reparameterised gradients know its parameters only through the draws, but the
// variable of the level below also directly.
func (n *network) posteriorLogProb(level int, d drawn, t terms) (*gorgonia.Node, error) {
	if t.rescaler == nil {
		return n.graph.ReparameterizedLogProb(d.params[level], d.eps[level])
	}
	if level == 0 {
		stopped, err := n.graph.Stopped(d.params[0])
		if err != nil {
			return nil, err
		}
		return n.graph.GaussianLogProb(d.v[0], stopped)
	}
	frozen, err := n.frozen(n.model.network.Levels[level].Up)
	if err != nil {
		return nil, err
	}
	fixed, err := n.up(level, d.v[level-1], frozen)
	if err != nil {
		return nil, err
	}
	return n.graph.GaussianLogProb(d.v[level], fixed)
}

// frozen makes a builder of layers that no gradient of their parameters is taken of.
func (n *network) frozen(s arch.Stack) (*arch.Builder, error) {
	nodes := make(map[string]*gorgonia.Node)
	for _, p := range s.Parameters() {
		stopped, err := n.graph.Stopped(n.layers.Parameter(p.Name))
		if err != nil {
			return nil, err
		}
		nodes[p.Name] = stopped
	}
	b := arch.NewBuilder((*loss.Graph)(n.graph), nodes)
	b.Labels, b.Training = n.layers.Labels, n.layers.Training
	return b, nil
}

// difference is the first of two inputs less the second.
func difference(columns int) graph.RowFunc {
	return graph.RowFunc{
		Name: "kl of a lower level", Columns: columns, Differentiable: []bool{true, true},
		Forward: func(out []float32, in [][]float32) {
			for d := range out {
				out[d] = in[0][d] - in[1][d]
			}
		},
		Backward: func(i int, din []float32, _ [][]float32, _, dout []float32) {
			for d := range din {
				din[d] += float32(1-2*i) * dout[d]
			}
		},
	}
}

// sideBySide adds matrices as one, column after column. Those of fewer rows have one
// for several.
func (n *network) sideBySide(parts gorgonia.Nodes) (*gorgonia.Node, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	first := make([]int, len(parts)+1)
	differentiable := make([]bool, len(parts))
	for i, p := range parts {
		first[i+1] = first[i] + p.Shape()[1]
		differentiable[i] = true
	}
	return n.graph.Rows(graph.RowFunc{
		Name: "side by side", Columns: first[len(parts)], Differentiable: differentiable,
		Forward: func(out []float32, in [][]float32) {
			for i, row := range in {
				copy(out[first[i]:], row)
			}
		},
		Backward: func(i int, din []float32, _ [][]float32, _, dout []float32) {
			for d, v := range dout[first[i]:first[i+1]] {
				din[d] += v
			}
		},
	}, parts...)
}

// fall adds what the decoder reads of the lowest level, given what it reads of z. The
// levels between are at their means or, with their noise, [rows, size] each, drawn.
func (n *network) fall(input *gorgonia.Node, noise [][]float32) (*gorgonia.Node, error) {
	levels := n.model.network.Levels
	for i := len(levels) - 2; i >= 0; i-- {
		params, err := n.down(i+1, input)
		if err != nil {
			return nil, err
		}
		if noise == nil {
			input, err = n.graph.Columns(params, 0, levels[i].Size)
		} else {
			input, err = n.drawnWith(fmt.Sprintf("epsilon of level %d", i), params, noise[i])
		}
		if err != nil {
			return nil, err
		}
	}
	return input, nil
}

// drawnWith adds a draw of a Gaussian with the noise given, [rows, size].
func (n *network) drawnWith(name string, params *gorgonia.Node, noise []float32) (*gorgonia.Node, error) {
	size := params.Shape()[1] / 2
	eps, err := n.graph.Leaf(name, noise, len(noise)/size, size)
	if err != nil {
		return nil, err
	}
	return n.graph.Reparameterize(params, eps)
}

// pairs adds the parameters of every level above the lowest at two independent draws
// of the levels below it, [images*2, 2*size] each, from the noise of those.
func (b *batch) pairs(noise noiseInput) (gorgonia.Nodes, error) {
	params := b.params
	var above gorgonia.Nodes
	for i, eps := range noise.levels {
		v, err := b.drawnWith(fmt.Sprintf("epsilon of pairs %d", i), params, eps)
		if err != nil {
			return nil, err
		}
		if params, err = b.up(i+1, v, b.layers); err != nil {
			return nil, err
		}
		above = append(above, params)
	}
	return above, nil
}
