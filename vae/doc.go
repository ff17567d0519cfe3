// Package vae is the model: a variational autoencoder and what one does with it.
//
// A variational autoencoder (Kingma & Welling 2014) is two networks and a prior. The
// encoder reads an image x and describes a Gaussian over a few latent variables,
// q(z|x); a draw of it, z = mean + std * noise, goes through the decoder, which
// describes the image again, p(x|z). Both are trained to raise a lower bound on
// log p(x), the ELBO: how well x is told from z, less how far q(z|x) lies from the
// prior p(z). Afterwards a z drawn from the prior decodes to a new image.
//
// # The tour
//
// [New] makes a [Model] from a configuration and the shape of the images, and
// [Model.Init] draws its weights. The description of its network is vaectl/vae/arch,
// its prior and likelihood are vaectl/loss.
//
// To train, [Model.NewStep] builds the loss of a batch and its gradients once; then
// each step fills the [Inputs], runs forward, and updates the weights. The loop around
// it, with optimiser, schedule and checkpoints, is vaectl/train.
//
// To look at images, [Model.Encode] and [Model.Decode] go to z and back,
// [Model.Sample] draws from the prior, and [Encoder], [Decoder], [Sampler] and [Scorer]
// do the same again and again without building a graph each time. Images come as a
// [Batch], latent codes as [Codes]; [Model.Images] reads batches of a split.
//
// To judge a model, [Model.Evaluate] computes the ELBO of a split and its parts,
// [Model.NLL] estimates -log p(x) by importance sampling, and [Model.Diagnose] says how
// much z tells of the image and how well it follows the prior.
//
// # What it promises
//
// Values of images are in [0, 1], losses are sums over values and latent dimensions and
// means over images, in nats per image. Every draw is a pure function of a seed and what
// it is for, so results have the same bits on any number of threads. A model owns its
// weights; everything made from it reads them, so it must not be used while another
// goroutine trains it.
package vae
