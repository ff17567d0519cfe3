package loss

import (
	"fmt"

	"gorgonia.org/gorgonia"
)

// DensityPrior is a prior whose log density the graph can evaluate at every draw,
// which is what importance weights are made of: the importance-weighted bound
// and the estimate of log p(x) ask for it.
type DensityPrior interface {
	// LogProb adds the log density of the draws u when z follows the prior, in
	// nats: [rows], or [rows, n] whose columns sum to it.
	LogProb(q *Posterior) (*gorgonia.Node, error)
}

// LogProb adds log p(u) as [DensityPrior] describes it. The error says when the
// prior has no density.
func LogProb(p Prior, q *Posterior) (*gorgonia.Node, error) {
	density, ok := p.(DensityPrior)
	if !ok {
		return nil, fmt.Errorf("prior %s has no density to weigh draws by", p.Name())
	}
	n, err := density.LogProb(q)
	if err != nil {
		return nil, fmt.Errorf("prior %s: %w", p.Name(), err)
	}
	return n, nil
}

// LogProb adds log N(u; m, s^2), [rows, latents].
func (n *Normal) LogProb(q *Posterior) (*gorgonia.Node, error) {
	return q.graph.FixedGaussianLogProb(q.u, n.mean, n.std)
}

// LogProb adds log N(u; 0, 1), [rows, latents]: u is standard normal exactly
// when z is uniform.
func (u *Uniform) LogProb(q *Posterior) (*gorgonia.Node, error) {
	zeros, ones := make([]float64, q.latents), make([]float64, q.latents)
	for d := range ones {
		ones[d] = 1
	}
	return q.graph.FixedGaussianLogProb(q.u, zeros, ones)
}
