package loss

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
)

// LearnedMixture is the prior sum_k w_k N(m_k, diag(s_k^2)) over all dimensions
// of z together, whose weights, means and variances are trained with the model.
// Its dimensions depend on each other, so its KL is one value an image, estimated
// from the draws.
type LearnedMixture struct {
	wholeLine
	components int
	gaussians  gaussians
}

// NewLearnedMixture makes the prior over the given number of latent dimensions.
func NewLearnedMixture(latents, components int) (*LearnedMixture, error) {
	if latents < 1 || components < 1 {
		return nil, fmt.Errorf("a mixture of %d components in %d dimensions", components, latents)
	}
	m := &LearnedMixture{wholeLine: wholeLine{latents}, components: components}
	if err := checkSize(m.Name(), m.Weights()); err != nil {
		return nil, err
	}
	m.Bind(initial(m.Weights()))
	return m, nil
}

// Name is "mixture".
func (m *LearnedMixture) Name() string { return "mixture" }

// Parameters has the number of components.
func (m *LearnedMixture) Parameters() []Parameter {
	return []Parameter{{"learned components", []float64{float64(m.components)}}}
}

// Weights are the components' means and log variances, [components, latents],
// and the logits of their weights, [components]. Half of the variance the prior
// starts with is between the components, half within, so that together they
// have the mean and variance of N(0, 1), where the head starts.
func (m *LearnedMixture) Weights() []Weight {
	shape := []int{m.components, m.latents}
	between, within := math.Sqrt(0.5), math.Log(0.5)
	if m.components == 1 {
		between, within = 0, 0
	}
	return []Weight{
		{"means", shape, normalInit(0, between)},
		{"log_variances", shape, constantInit(within)},
		{"logits", []int{m.components}, constantInit(0)},
	}
}

// StepValues is the parts of each component in each draw, and powers of the draws,
// with their gradients.
func (m *LearnedMixture) StepValues(rows float64) float64 {
	return mixtureStepValues(rows, m.components, m.latents)
}

func mixtureStepValues(rows float64, components, latents int) float64 {
	k, d := float64(components), float64(latents)
	return 2*rows*k + rows*(6*d+2) + 8*k*d
}

// Bind reads means, log variances and logits from now on.
func (m *LearnedMixture) Bind(values [][]float32) {
	checkBound(m.Name(), m.Weights(), values)
	m.gaussians = gaussians{latents: m.latents, means: values[0], logVars: values[1], logits: values[2]}
}

// LogProb adds log p(z), [rows, 1].
func (m *LearnedMixture) LogProb(q *Posterior) (*gorgonia.Node, error) {
	return q.once(m, func() (*gorgonia.Node, error) {
		w, err := learnedNodes(q, m.Name(), 3)
		if err != nil {
			return nil, err
		}
		return q.graph.MixtureLogProb(q.U(), w[0], w[1], w[2])
	})
}

// KL adds an estimate from the draws, [images, 1].
func (m *LearnedMixture) KL(q *Posterior) (*gorgonia.Node, error) {
	logP, err := m.LogProb(q)
	if err != nil {
		return nil, err
	}
	return MonteCarloKL(q, logP)
}

// Marginal is the mixture in one dimension.
func (m *LearnedMixture) Marginal(d int) Marginal { return m.gaussians.marginal(d) }

// LogDensity is by log-sum-exp over the components.
func (m *LearnedMixture) LogDensity(z []float64) float64 {
	m.checkLatents(z)
	return m.gaussians.logDensity(z)
}

// Sample picks a component and draws from it.
func (m *LearnedMixture) Sample(z []float64, rng *rand.Rand) { m.gaussians.sample(z, rng) }

// Divergence is that to the marginal of dimension d, by quadrature. It leaves out
// how the dimensions depend on each other.
func (m *LearnedMixture) Divergence(d int, mu, sigma float64) Divergence {
	return m.gaussians.marginal(d).divergence(mu, sigma)
}
