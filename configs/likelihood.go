package configs

// The values of model.likelihood that depend on the images, or that others depend on.
const (
	autoLikelihood  = "auto"
	bernoulli       = "bernoulli"
	logisticMixture = "logistic-mixture"
)

// Settled is c with the likelihood that model.likelihood "auto" stands for, given the number of channels of the images: a mixture of
// logistic distributions over the levels of pixels in colour, Bernoulli for one channel and for pixels that are binarised.
func (c Config) Settled(channels int) Config {
	switch {
	case c.Model.Likelihood != autoLikelihood:
	case channels > 1 && c.Data.Binarize == "none":
		c.Model.Likelihood = logisticMixture
	default:
		c.Model.Likelihood = bernoulli
	}
	return c
}
