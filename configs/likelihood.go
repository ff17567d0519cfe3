package configs

// The values of model.likelihood that depend on the images, or that others depend on.
const (
	autoLikelihood  = "auto"
	bernoulli       = "bernoulli"
	logisticMixture = "logistic-mixture"
)

// DefaultFor is the default configuration, with the likelihood that "auto" stands for where images of so many channels are read as c
// says: what a run that set nothing else would have.
func DefaultFor(c Config, channels int) Config {
	usual := Default()
	c.Model.Likelihood = usual.Model.Likelihood
	usual.Model.Likelihood = c.Settled(channels).Model.Likelihood
	return usual
}

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
