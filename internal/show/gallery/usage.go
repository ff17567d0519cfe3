package gallery

import (
	"fmt"

	"vaectl/internal/draw/plots"
	"vaectl/vae"
)

// Usage says how much a model makes of each latent.
type Usage struct {
	// Values are one a latent: the KL in nats, or where the prior has no KL a
	// dimension the variance of the posterior's mean over images, in units in
	// which the prior's is 1.
	Values []float64
	// KL is true when Values are KLs.
	KL bool
	// Active latents are those whose activity is above [vae.ActiveThreshold].
	Active []bool
	// Order is the latents' numbers, most used first.
	Order []int
}

// UsageOf reads the usage of the latents from an evaluation.
func UsageOf(e vae.Evaluation) Usage {
	u := Usage{Values: e.KLPerDim, KL: true}
	if len(u.Values) != len(e.ActivityPerDim) {
		u.Values, u.KL = e.ActivityPerDim, false
	}
	for _, activity := range e.ActivityPerDim {
		u.Active = append(u.Active, activity > vae.ActiveThreshold)
	}
	u.Order = vae.MostUsed(len(e.ActivityPerDim), e.KLPerDim, e.ActivityPerDim)
	return u
}

// KLs are the KLs a latent in nats; none where the prior has none.
func (u Usage) KLs() []float64 {
	if !u.KL {
		return nil
	}
	return u.Values
}

// Bars is the usage as a figure: KLs with the active latents in colour, or
// activities with the threshold.
func (u Usage) Bars() plots.Latents {
	if !u.KL {
		return plots.Latents{
			Values: u.Values, YLabel: "variance of the posterior's mean",
			Threshold: vae.ActiveThreshold, ThresholdName: fmt.Sprintf("active above %g", vae.ActiveThreshold),
		}
	}
	return plots.Latents{
		Values: u.Values, YLabel: "KL, nats per image",
		Active: u.Active, ActiveName: fmt.Sprintf("active: variance of the posterior's mean above %g", vae.ActiveThreshold),
	}
}
