// Package noise keys the program's randomness: every draw is a pure function of the run's seed, what the draw is for,
// a step and a position. No generator state exists, so none has to be saved: a resumed run, an uninterrupted one and
// runs with other thread counts draw the same bits.
package noise

import "vaectl/internal/compute/kernel"

// Purpose separates draws made for different ends at the same seed and step.
type Purpose uint8

// The purposes. Their numbers are part of every stream: a new one goes to the end.
const (
	Init           Purpose = iota + 1 // initial weights
	Shuffle                           // order of the training set; step is the epoch
	Epsilon                           // reparameterisation noise in training
	Binarize                          // binarisation of training images
	Sample                            // sampling from the model
	EvalEpsilon                       // reparameterisation noise in evaluation
	EvalBinarize                      // binarisation of evaluation images
	Stroke                            // the built-in data set
	Split                             // the split into training and validation images
	SamplePixels                      // binary pixels of samples
	SampleLower                       // the lower of two stochastic layers in samples
	Match                             // draws of the prior that a batch's z are compared with
	EvalMatch                         // the same in evaluation
	Complete                          // z, while missing pixels are filled in; step is that of the chain
	CompletePixels                    // the pixels drawn then

	purposes // one more than there are
)

// Key returns the kernel's key for one purpose and step under a seed.
func Key(seed uint64, p Purpose, step uint64) kernel.Key {
	return kernel.Key{Seed: seed, Step: step, Purpose: uint8(p)}
}
