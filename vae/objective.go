package vae

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/loss"
)

// Names of bounds, as objective.name has them.
const (
	ELBO = "elbo"
	IWAE = "iwae"
)

// capacity is the objective.name of Burgess et al. (2018).
const capacity = "capacity"

// matching is the objective.name of Tolstikhin et al. (2018).
const matching = "mmd"

// doublyReparameterized is the objective.gradient of Tucker et al. (2019).
const doublyReparameterized = "dreg"

// Bound names a lower bound on log p(x).
type Bound struct {
	// Name is [ELBO] or [IWAE].
	Name string `json:"name"`
	// Samples is the number of draws of z an image that one value of the
	// bound takes. More draws average the ELBO but leave it the same bound;
	// the importance-weighted bound is another one for every number.
	Samples int `json:"samples"`
	// Conditional bounds are of log p(x|y), with the label y given.
	Conditional bool `json:"conditional,omitempty"`
	// NoDensity says that there is no bound: the prior has no density, and the
	// figures are those of the Gaussian with its mean and standard deviation.
	NoDensity bool `json:"no_density,omitempty"`
}

// String names the bound in words.
func (b Bound) String() string {
	text := "ELBO"
	switch {
	case b.Name == IWAE:
		text = fmt.Sprintf("importance-weighted bound of %d samples", b.Samples)
	case b.Samples > 1:
		text = fmt.Sprintf("ELBO averaged over %d samples", b.Samples)
	}
	if b.Conditional {
		text += " on log p(x|y)"
	}
	if b.NoDensity {
		text += " under the Gaussian with the prior's moments, no bound under the prior"
	}
	return text
}

// Evidence is what the bound is below the logarithm of: p(x), or p(x|y) with the
// label given.
func (b Bound) Evidence() string {
	if b.Conditional {
		return "p(x|y)"
	}
	return "p(x)"
}

// Bound is the bound the model is trained to raise, or that its figures are of
// where [Model.Minimised] is another.
func (m *Model) Bound() Bound {
	name := ELBO
	if m.config.Objective.Name == IWAE {
		name = IWAE
	}
	return Bound{Name: name, Samples: m.config.Objective.Samples, Conditional: m.Classes() > 0, NoDensity: !loss.HasDensity(m.network.Prior)}
}

// newObjective builds a batch and the scalar that training minimises, in nats
// per image.
func (m *Model) newObjective(images int) (*batch, *gorgonia.Node, error) {
	o := m.config.Objective
	b, err := m.newBatch(purpose{
		images: images, samples: o.Samples, weights: o.Name == IWAE, rescaled: o.Gradient == doublyReparameterized, training: true,
	})
	if err != nil {
		return nil, nil, err
	}
	switch o.Name {
	case capacity:
		cost, err := b.addCapacity(o.CapacityWeight)
		return b, cost, err
	case matching:
		cost, err := b.addMatch(o.MMDWeight)
		return b, cost, err
	}
	if o.Name != IWAE {
		if o.FreeBits > 0 && b.latent.kl.Shape()[1] < total(m.network.Sizes()) {
			return nil, nil, fmt.Errorf("prior %s has one KL for all dimensions: there are no free bits a dimension", m.network.Prior.Name())
		}
		cost, err := b.graph.NegativeELBO(b.loglik, b.latent.kl, b.beta, o.FreeBits)
		return b, cost, err
	}
	negativeBound := b.graph.NegativeImportanceBound
	if b.rescaler != nil {
		negativeBound = b.rescaler.NegativeBound
	}
	bound, err := negativeBound(b.logw, o.Samples)
	return b, bound.Cost, err
}

func total(sizes []int) int {
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	return sum
}

// addCapacity adds the loss with a capacity, a scalar the caller sets.
func (b *batch) addCapacity(weight float64) (*gorgonia.Node, error) {
	var err error
	if b.capacity, err = b.graph.Input("capacity"); err != nil {
		return nil, err
	}
	b.capacityValue = b.graph.Data(b.capacity)
	return b.graph.CapacityLoss(b.loglik, b.latent.kl, b.capacity, weight)
}
