// Package gallery makes the pictures of a trained model: what it makes of
// images, what lies between them, what each latent does, and how the latent
// space is filled.
//
// It knows priors only by the methods of [loss.Prior]. Codes are rows of z in
// the prior's own units, images are rows of pixels in [0, 1]. Grids come as
// images; figures come as what package plots draws. Words around them are the
// caller's.
package gallery
