package vae

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/configs"
	"vaectl/internal/compute/graph"
	"vaectl/loss"
)

// secondLayer is a second stochastic layer above the first (Burda et al. 2016,
// section 5.1). With h the variable of the lower layer and u that of the upper,
// of which z is a function,
//
//	q(h, u | x) = q(h|x) q(u|h)   and   p(x, h, u) = p(u) p(h|u) p(x|h)
//
// and q(h|x), q(u|h) and p(h|u) are Gaussians with a mean and a variance a
// dimension.
type secondLayer struct {
	encoder     []*layer // from h
	head        *layer   // to q(u|h)
	decoder     []*layer // from what the decoder reads of z
	conditional *layer   // to p(h|u)
}

func newSecondLayer(c configs.Model) *secondLayer {
	s := &secondLayer{}
	width := c.Latent
	for i, hidden := range c.UpperHidden {
		s.encoder = append(s.encoder, &layer{name: fmt.Sprintf("upper_encoder.%d", i), in: width, out: hidden})
		width = hidden
	}
	s.head = &layer{name: "upper_head", in: width, out: 2 * c.UpperLatent, pair: true}
	width = c.UpperLatent
	for i, hidden := range slices.Backward(c.UpperHidden) {
		index := len(c.UpperHidden) - 1 - i
		s.decoder = append(s.decoder, &layer{name: fmt.Sprintf("upper_decoder.%d", index), in: width, out: hidden})
		width = hidden
	}
	s.conditional = &layer{name: "conditional", in: width, out: 2 * c.Latent, pair: true}
	return s
}

func (s *secondLayer) layers() []*layer {
	all := append(slices.Clone(s.encoder), s.head)
	return append(append(all, s.decoder...), s.conditional)
}

// upper adds the parameters of q(u|h), [rows, 2*latents].
func (n *network) upper(h *gorgonia.Node, weights gorgonia.Nodes) (*gorgonia.Node, error) {
	s := n.model.second
	shift, scale := n.model.frame.Head()
	return n.gaussian(h, s.encoder, s.head, weights, shift, scale)
}

// lower adds the parameters of p(h|u), [rows, 2*lower], given what the decoder
// reads of z.
func (n *network) lower(code *gorgonia.Node) (*gorgonia.Node, error) {
	s := n.model.second
	shift, scale := plainHead(n.model.config.Model.Latent)
	return n.gaussian(code, s.decoder, s.conditional, n.parameters, shift, scale)
}

// plainHead is the shift and scale of a head that nothing is known about.
func plainHead(n int) (shift, scale []float64) {
	shift, scale = make([]float64, n), make([]float64, n)
	for d := range scale {
		scale[d] = 1
	}
	return shift, scale
}

// frozen gives the parameters of q(u|h) as nodes that no gradient passes through.
func (n *network) frozen() (gorgonia.Nodes, error) {
	weights := make(gorgonia.Nodes, len(n.parameters))
	for _, l := range withGates(append(slices.Clone(n.model.second.encoder), n.model.second.head)) {
		for _, i := range []int{l.weight, l.bias} {
			var err error
			if weights[i], err = n.graph.Stopped(n.parameters[i]); err != nil {
				return nil, err
			}
		}
	}
	return weights, nil
}

// drawBoth is draw for two stochastic layers: h and, given h, u. params are
// those of q(h|x), [images, 2*lower], eps the noise of h, [rows, lower], and
// of u, [rows, latents]. The KL is that of q(u|h) to the prior, as the prior
// has it, and log q(h|x) - log p(h|u) at the draws, [rows, lower + its columns].
func (n *network) drawBoth(params *gorgonia.Node, eps gorgonia.Nodes, w weighing) (l latent, err error) {
	h, err := n.graph.Reparameterize(params, eps[0])
	if err != nil {
		return l, err
	}
	upper, err := n.upper(h, n.parameters)
	if err != nil {
		return l, err
	}
	u, err := n.graph.Reparameterize(upper, eps[1])
	if err != nil {
		return l, err
	}
	// Only h and u as the densities see them pass through the rescaler: the
	// way from h to u is part of how u is drawn.
	if w.rescaler != nil {
		if h, err = w.rescaler.Pass(h); err != nil {
			return l, err
		}
		if u, err = w.rescaler.Pass(u); err != nil {
			return l, err
		}
	}
	q, err := loss.NewPosterior(n.graph, upper, u)
	if err != nil {
		return l, err
	}
	if err := n.readCode(q, &l); err != nil {
		return l, err
	}
	conditional, err := n.lower(l.code)
	if err != nil {
		return l, err
	}
	l.code = h
	prior, err := n.graph.GaussianLogProb(h, conditional)
	if err != nil {
		return l, err
	}
	posterior, err := n.posteriorLogProb(h, params, eps[0], w)
	if err != nil {
		return l, err
	}
	lower := graph.RowFunc{
		Name: "kl of the lower layer", Columns: posterior.Shape()[1], Differentiable: []bool{true, true},
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
	if l.lowerKL, err = n.graph.Rows(lower, posterior, prior); err != nil {
		return l, err
	}
	if l.kl, err = n.joinKL(posterior, prior, l.kl); err != nil || !w.densities {
		return l, err
	}
	priorAbove, err := loss.LogProb(n.model.prior, q)
	if err != nil {
		return l, err
	}
	posteriorAbove, err := n.upperLogProb(h, u, upper, eps[1], w)
	l.prior, l.posterior = gorgonia.Nodes{prior, priorAbove}, gorgonia.Nodes{posterior, posteriorAbove}
	return l, err
}

// upperLogProb adds log q(u|h), [rows, latents]. Doubly reparameterised
// gradients reach its weights only through the draws of u, but h also directly.
func (n *network) upperLogProb(h, u, params, eps *gorgonia.Node, w weighing) (*gorgonia.Node, error) {
	if w.rescaler == nil {
		return n.graph.ReparameterizedLogProb(params, eps)
	}
	weights, err := n.frozen()
	if err != nil {
		return nil, err
	}
	fixed, err := n.upper(h, weights)
	if err != nil {
		return nil, err
	}
	return n.graph.GaussianLogProb(u, fixed)
}

// joinKL puts log q(h|x) - log p(h|u) beside the KL of the upper layer.
func (n *network) joinKL(posterior, prior, above *gorgonia.Node) (*gorgonia.Node, error) {
	lower := posterior.Shape()[1]
	return n.graph.Rows(graph.RowFunc{
		Name:           "kl of both layers",
		Columns:        lower + above.Shape()[1],
		Differentiable: []bool{true, true, true},
		Forward: func(out []float32, in [][]float32) {
			for d := range in[0] {
				out[d] = in[0][d] - in[1][d]
			}
			copy(out[lower:], in[2])
		},
		Backward: func(i int, din []float32, _ [][]float32, _, dout []float32) {
			if i == 2 {
				dout = dout[lower:]
			}
			for d := range din {
				if i == 1 {
					din[d] -= dout[d]
				} else {
					din[d] += dout[d]
				}
			}
		},
	}, posterior, prior, above)
}

// lowerMean adds the mean of h given what the decoder reads of z, [rows, lower].
func (n *network) lowerMean(code *gorgonia.Node) (*gorgonia.Node, error) {
	params, err := n.lower(code)
	if err != nil {
		return nil, err
	}
	return n.graph.Columns(params, 0, n.model.config.Model.Latent)
}

// lowerDraw adds h drawn from p(h|u) with the noise given, [rows, lower].
func (n *network) lowerDraw(code *gorgonia.Node, noise []float32) (*gorgonia.Node, error) {
	params, err := n.lower(code)
	if err != nil {
		return nil, err
	}
	rows, lower := code.Shape()[0], n.model.config.Model.Latent
	eps, err := n.graph.Leaf("epsilon of the lower layer", noise, rows, lower)
	if err != nil {
		return nil, err
	}
	return n.graph.Reparameterize(params, eps)
}

// upperPair adds the parameters of q(u|h) at two independent draws of h an
// image, [images*2, 2*latents], from the noise given, [images*2, lower].
func (b *batch) upperPair(noise []float32) (*gorgonia.Node, error) {
	rows, lower := 2*b.params.Shape()[0], b.model.config.Model.Latent
	eps, err := b.graph.Leaf("epsilon of pairs", noise, rows, lower)
	if err != nil {
		return nil, err
	}
	h, err := b.graph.Reparameterize(b.params, eps)
	if err != nil {
		return nil, err
	}
	return b.upper(h, b.parameters)
}
