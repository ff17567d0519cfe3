// Package loss is what a variational autoencoder minimises: the priors its
// latent code is pulled toward, with their KL divergence, and the likelihoods of
// the pixels, in nats.
//
// # Why N(0, 1)?
//
// A variational autoencoder minimises, for every image x,
//
//	-log p(x|z)  +  KL(q(z|x) || p(z))
//
// where the encoder's q(z|x) is a Gaussian N(mu, sigma^2) in each latent
// dimension and p(z) is the prior. With p(z) = N(0, 1) and
// logvar = ln sigma^2 the second term is
//
//	KL = 1/2 (-logvar + mu^2 + exp(logvar) - 1)
//
// which is zero at mu = 0, sigma = 1 and positive elsewhere, so z is drawn to
// N(0, 1). Nothing in this asks for N(0, 1). With p(z) = N(m, s^2) it is
//
//	KL = ln(s/sigma) + (sigma^2 + (mu - m)^2) / (2 s^2) - 1/2
//
// and for m = 0.5, s = 0.1 that is 1/2 (-2 ln(10 sigma) + 100 ((mu - 0.5)^2 +
// sigma^2) - 1): zero at mu = 0.5, sigma = 0.1, and z goes to N(0.5, 0.1^2).
// [Normal] is this prior.
//
// A uniform prior wants one more step. A Gaussian has mass outside every
// interval, where the density of Uniform(lo, hi) is zero, so its KL to it is
// infinite. [Uniform] therefore lets the encoder describe a Gaussian u and puts
// z = lo + (hi - lo) Phi(u), with Phi the standard normal distribution
// function. That z lies in the interval, is uniform exactly when u is N(0, 1),
// and its KL to the uniform is exactly that of u to N(0, 1), because KL does not
// change when both distributions go through the same invertible map.
//
// # What the change costs
//
// With only the KL term changed ([Plain]), a fresh encoder says N(0, 1)
// whatever the prior is, and training first pays for the distance: about 60
// nats a dimension for N(0.5, 0.1^2). The standardised head ([Affine]) starts
// at the prior instead: mu = m + s a and logvar = 2 ln s + b for the encoder's
// outputs (a, b), and the decoder reads (z - m)/s. The KL as a function of
// (a, b) and what the decoder reads are then those of N(0, 1), so any N(m, s^2)
// trains like N(0, 1), while z itself has the mean and deviation asked for.
//
// # Other priors
//
// On the whole line the posterior can be a Gaussian on z itself, and any density
// can be a prior. [Laplace] still has a KL in closed form. [Logistic], [StudentT]
// and [Mixture] have none; there
//
//	KL = E[log q(z|x) - log p(z)]
//
// is estimated from the posterior's own draws ([MonteCarloKL]), whose gradient is
// right on average, and [KLMethod] says so. For one posterior at a time
// [DivergenceOf] integrates numerically.
//
// A [LearnedPrior] is trained with the model: [LearnedMixture], [Vamp], [Flow].
// Its dimensions depend on each other, so its KL is one value an image.
//
// # A prior of your own
//
// [NewIndependent] makes one of any density on the whole line. A density on an interval is a
// [MappedPrior], as [Uniform] is. Anything else is a type that
// implements [Prior], a [Distribution] in float64 and its KL as nodes of the graph; the
// examples have one of each. What more a prior can say, such as a log density on the
// graph ([DensityPrior]), without which there are no importance weights, is an interface of
// its own, listed at [Prior]. What one can only draw from becomes a prior by
// [NewSampledPrior].
//
// To make it one that `--prior` selects:
//
//  1. add a case to [NewPrior];
//  2. add its name to prior.name in package configs, with its meaning in the comment there,
//     its settings with their ranges and the priors they belong to, and to validate.go what
//     settings exclude each other;
//  3. add a row to priorCases in this package's tests and to the table of gradients in
//     package vae: they check its KL, its sampler and its density.
//
// Exports say of a prior they do not know that they cannot express it.
//
// # Likelihoods
//
// [Bernoulli] is for binary pixels; [ContinuousBernoulli] and [GaussianPixels] are
// densities of grey ones; [LogisticPixels] and, for colour, [LogisticMixture] are
// probabilities of 256 levels, which can be told in bits per dimension
// ([BitsPerDimension]). Their figures are different quantities and never comparable. A
// likelihood of your own is a type that implements [Likelihood], with [DecoderOutput.Rows] for
// its log probability and gradient.
package loss
