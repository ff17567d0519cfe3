package vae

import (
	"fmt"
	"math/rand/v2"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/graph"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/compute/noise"
	"vaectl/loss"
)

// addMatch adds the loss that matches the u of a batch, in the frame in which the
// prior has mean 0 and variance 1, to draws of the prior. What stochastic
// levels below the top add to the KL stays.
func (b *batch) addMatch(weight float64) (*gorgonia.Node, error) {
	var err error
	if b.target, err = b.graph.Input("draws of the prior", b.latent.u.Shape()...); err != nil {
		return nil, err
	}
	b.Targets = b.graph.Data(b.target)
	shift, scale := b.model.base()
	penalty, err := b.graph.Discrepancy(b.latent.u, b.target, shift, scale)
	if err != nil {
		return nil, fmt.Errorf("prior %s: %w", b.model.network.Prior.Name(), err)
	}
	return b.graph.PenalizedLoss(b.loglik, b.latent.klBelow, penalty, weight)
}

// base is the mean and standard deviation of u where z follows the prior.
func (m *Model) base() (mean, std []float64) {
	for d := range m.Latents() {
		a, b := loss.Base(m.network.Prior, d)
		mean, std = append(mean, a), append(std, b)
	}
	return mean, std
}

// farthest bounds what is compared with draws of the prior, in standard
// deviations: priors without a variance have draws that are as good as infinite.
const farthest = 1e6

func clipped(u float64) float64 { return max(-farthest, min(farthest, u)) }

// drawPrior fills rows with draws of the prior in the frame that they are
// compared in, a pure function of the prior and the key.
func (m *Model) drawPrior(dst []float32, key kernel.Key) {
	shift, scale := m.base()
	rng := rand.New(noise.NewSource(key))
	z := make([]float64, m.Latents())
	for at := 0; at < len(dst); at += len(z) {
		m.network.Prior.Sample(z, rng)
		for d, v := range z {
			dst[at+d] = float32(clipped((loss.ToBase(m.network.Prior, d, v) - shift[d]) / scale[d]))
		}
	}
}

// matcher computes the discrepancy of the codes of an evaluation.
type matcher struct {
	model  *Model
	rows   int
	u, y   []float32
	result []float32
	run    func()
}

// prepare compiles the graph for so many rows.
func (c *matcher) prepare(rows int) error {
	if c.rows == rows {
		return nil
	}
	g := graph.New(c.model.engine)
	var nodes gorgonia.Nodes
	for _, name := range []string{"u", "prior"} {
		n, err := g.Input(name, rows, c.model.Latents())
		if err != nil {
			return err
		}
		nodes = append(nodes, n)
	}
	shift, scale := c.model.base()
	out, err := g.Discrepancy(nodes[0], nodes[1], shift, scale)
	if err != nil {
		return err
	}
	p, err := g.Compile(out)
	if err != nil {
		return err
	}
	c.rows, c.u, c.y, c.result, c.run = rows, g.Data(nodes[0]), g.Data(nodes[1]), p.Value(out), p.Run
	return nil
}

// compare adds the discrepancy of the first n images of an evaluator that has run.
func (t *totals) compare(c *matcher, e *evaluator, n int, key kernel.Key) error {
	if n < 2 {
		return nil
	}
	if err := c.prepare(n); err != nil {
		return err
	}
	for i := range c.u {
		c.u[i] = float32(clipped(loss.ToBase(c.model.network.Prior, i%len(t.z.sum), float64(e.z[i]))))
	}
	c.model.drawPrior(c.y, key)
	c.run()
	t.mmd += float64(n) * float64(c.result[0])
	t.compared += n
	return nil
}
