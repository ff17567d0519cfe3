package loss

import (
	"fmt"

	"vaectl/configs"
)

// NewPrior makes the prior that a configuration names, over the given number
// of latent dimensions.
func NewPrior(c configs.Prior, latents int) (Prior, error) {
	switch c.Name {
	case "normal":
		return NewNormal(latents, c.Mean, c.Std)
	case "uniform":
		return NewUniform(latents, c.Low, c.High)
	case "laplace":
		return NewLaplace(latents, c.Location, c.Scale)
	case "logistic":
		return NewLogistic(latents, c.Location, c.Scale)
	case "student-t":
		return NewStudentT(latents, c.Location, c.Scale, c.DoF)
	case "mixture":
		if c.Learned {
			return NewLearnedMixture(latents, c.Components)
		}
		return NewMixture(latents, c.Weights, c.Means, c.Stds)
	case "vamp":
		return NewVamp(latents, c.Components)
	case "sphere":
		sphere, err := NewSphere(latents, c.Radius)
		if err != nil {
			return nil, err
		}
		return NewSampledPrior(sphere)
	case "flow":
		return NewFlow(latents, c.FlowLayers, c.FlowHidden)
	}
	return nil, fmt.Errorf("unknown prior %q", c.Name)
}
