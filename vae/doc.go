// Package vae is the model: a variational autoencoder, and all that can be done with one.
//
// A variational autoencoder (Kingma & Welling 2014) is two networks and a prior. The
// encoder reads an image x and describes a Gaussian over a few latent variables,
// q(z|x); a draw of it, z = mean + std * noise, goes through the decoder, which
// describes the image, p(x|z). Both are trained to raise a lower bound on log p(x), the
// ELBO: how well z predicts x, minus the divergence of q(z|x) from the prior p(z). Once
// trained, a z drawn from the prior decodes to a new image.
//
// # The tour
//
// [New] makes a [Model] from a configuration and the shape of the images, and
// [Model.Init] draws its weights. The description of its network is vaectl/vae/arch,
// its prior and likelihood are vaectl/loss.
//
// To train, [Model.NewStep] builds the loss of a batch and its gradients once. Each step
// then fills the [Inputs], runs forward and backward, and updates the weights. The loop
// around it, with optimiser, schedule and checkpoints, is vaectl/train.
//
// To look at images, [Model.Encode] and [Model.Decode] go to z and back,
// [Model.Sample] draws from the prior, and [Encoder], [Decoder], [Sampler] and [Scorer]
// do the same repeatedly without building a graph each time. Images come as a [Batch],
// latent codes as [Codes]; [Model.Images] reads the batches of a split. A [Completion]
// fills in the missing part of a picture.
//
// To judge a model, [Model.Evaluate] computes the ELBO of a split and its parts,
// [Model.NLL] estimates -log p(x) by importance sampling, and [Model.Diagnose] measures
// how much z says about the image and how well it follows the prior.
//
// Where to go next: vaectl/train trains a model in a run directory, vaectl/train/rundir
// reads one back, also from an embedded file system, and the examples below write a
// training loop, encode a picture and bring a prior of their own.
//
// # What it promises
//
// The values of images are in [0, 1]. Losses are sums over values and latent dimensions
// and means over images, in nats per image. Every draw is a pure function of a seed and
// its purpose, so results have the same bits for any number of threads. A model owns its
// weights and everything made from it reads them, so do not use a model while another
// goroutine trains it.
package vae
