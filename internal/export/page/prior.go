package page

import (
	"gonum.org/v1/gonum/stat/distuv"

	"vaectl/internal/export/latent"
	"vaectl/vae"
)

// prior is a prior as js/prior.js computes it: draws, the u that z is a function
// of, and what the decoder reads of z. The components are arrays prior.weights,
// prior.locations and prior.scales.
type prior struct {
	latent.Prior
	// Scores: the decoder reads what a table of so many entries a dimension, arrays
	// prior.score_z and prior.scores, has for z.
	Scores *table `json:"scores,omitempty"`
}

type table struct {
	Length int `json:"length"`
}

// describePrior writes the prior of a model; its arrays go to the archive.
func describePrior(m *vae.Model, add func(name string, values []float32, shape ...int)) (prior, error) {
	described, err := latent.Describe(m)
	if err != nil {
		return prior{}, cannot("%v", err)
	}
	out := prior{Prior: described}
	c := out.Components
	if n := len(c.Weights); n > 0 {
		add("prior.weights", latent.Narrow(c.Weights), n)
		add("prior.locations", latent.Narrow(c.Locations), n, out.Latents)
		add("prior.scales", latent.Narrow(c.Scales), n, out.Latents)
	}
	if out.InputScale == nil {
		out.addScores(add)
	}
	return out, nil
}

// Scores from -scoreReach to scoreReach are in a table of so many entries; beyond
// it goes on straight.
const (
	scoreEntries = 1025
	scoreReach   = 6
)

// addScores adds what the decoder reads of z where it is not z, shifted and scaled.
func (p *prior) addScores(add func(string, []float32, ...int)) {
	p.Scores = &table{scoreEntries}
	var z, scores []float32
	for d := range p.Latents {
		marginal := p.Marginal(d)
		for i := range scoreEntries {
			s := scoreReach * (2*float64(i)/(scoreEntries-1) - 1)
			at := marginal.Quantile(distuv.UnitNormal.CDF(s))
			z, scores = append(z, float32(at)), append(scores, float32(p.InputOf(d, at)))
		}
	}
	add("prior.score_z", z, p.Latents, scoreEntries)
	add("prior.scores", scores, p.Latents, scoreEntries)
}
