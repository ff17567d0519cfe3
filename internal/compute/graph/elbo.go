package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// NegativeELBO adds the loss of a variational autoencoder in nats per image
// (Kingma & Welling 2014, equation 7, with the weight beta of Higgins et al.
// 2017 on the KL term):
//
//	-mean(loglik) + beta * sum_d max(mean_images(kl[:, d]), freeBits)
//
// loglik has one value a sample of an image, kl is [images, d] and beta is a
// scalar. freeBits is in nats per latent dimension; a dimension below it is
// not pulled further to the prior (Kingma et al. 2016, equation 15). With 0
// the KL term is the plain mean.
func (g *Graph) NegativeELBO(loglik, kl, beta *gorgonia.Node, freeBits float64) (*gorgonia.Node, error) {
	samples, images, latents, err := likelihoodAndKL(loglik, kl)
	if err != nil {
		return nil, err
	}
	if nodeDims(beta) != 0 {
		return nil, fmt.Errorf("graph: beta has shape %v, wants a scalar", beta.Shape())
	}
	forward := &negativeELBO{images: images, latents: latents, freeBits: freeBits, klMean: make([]float64, latents)}
	grad := func(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
		dl, err := g.apply("d(log-likelihood)", &meanGrad{scale: -1}, tensor.Shape{samples}, nil, nil, grad)
		if err != nil {
			return nil, err
		}
		dk, err := g.apply("d(kl)", &klGrad{forward}, tensor.Shape{images, latents}, nil, nil, out, in[2], grad)
		return gorgonia.Nodes{dl, dk, nil}, err
	}
	return g.apply("negative elbo", forward, tensor.Shape{}, grad, []bool{true, true, false}, loglik, kl, beta)
}

// likelihoodAndKL returns the dimensions of the two parts of a loss: a
// log-likelihood of as many samples of each image, [samples], and a KL,
// [images, latents].
func likelihoodAndKL(loglik, kl *gorgonia.Node) (samples, images, latents int, err error) {
	if images, latents, err = matrix("KL", kl); err != nil {
		return 0, 0, 0, err
	}
	samples = loglik.Shape().TotalSize()
	if loglik.Shape().Dims() != 1 || samples%images != 0 {
		return 0, 0, 0, fmt.Errorf("graph: log-likelihood of shape %v does not fit a KL of %v", loglik.Shape(), kl.Shape())
	}
	return samples, images, latents, nil
}

type negativeELBO struct {
	images, latents int
	freeBits        float64
	klMean          []float64
}

func (n *negativeELBO) Run(out []float32, in [][]float32) {
	loglik, kl, beta := in[0], in[1], in[2]
	var reconstruction float64
	for _, v := range loglik {
		reconstruction -= float64(v)
	}
	clear(n.klMean)
	for r := range n.images {
		for d, v := range kl[r*n.latents : (r+1)*n.latents] {
			n.klMean[d] += float64(v)
		}
	}
	var divergence float64
	for d := range n.klMean {
		n.klMean[d] /= float64(n.images)
		divergence += n.klMean[d]
		if n.held(d) {
			divergence += n.freeBits - n.klMean[d]
		}
	}
	out[0] = float32(reconstruction/float64(len(loglik)) + float64(beta[0])*divergence)
}

// held says that a dimension costs its free bits and not its KL.
func (n *negativeELBO) held(d int) bool { return n.freeBits > 0 && n.klMean[d] < n.freeBits }

// meanGrad spreads a scalar gradient over the values of a mean.
type meanGrad struct{ scale float32 }

func (m *meanGrad) Run(out []float32, in [][]float32) {
	share := m.scale * in[0][0] / float32(len(out))
	for i := range out {
		out[i] = share
	}
}

// klGrad reads the means that the forward pass left.
type klGrad struct{ forward *negativeELBO }

func (k *klGrad) extent() (rows, width int) { return k.forward.images, k.forward.latents }

func (k *klGrad) Run(out []float32, in [][]float32) { k.over(out, in)(0, k.forward.images) }

func (k *klGrad) over(out []float32, in [][]float32) rowRange {
	n := k.forward
	return func(from, to int) {
		beta, grad := in[1][0], in[2][0]
		share := grad * beta / float32(n.images)
		first := out[from*n.latents:][:n.latents]
		for d := range first {
			first[d] = share
			if n.held(d) {
				first[d] = 0
			}
		}
		for r := from + 1; r < to; r++ {
			copy(out[r*n.latents:][:n.latents], first)
		}
	}
}
