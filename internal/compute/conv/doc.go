// Package conv computes stacks of convolutional layers, forward and backward, on the products of package kernel.
//
// A [Net] describes feature maps and the operations that join them; a [Stack] runs one for a fixed number of images.
// Maps lie in memory as rows of pixels with channels innermost and with a border of zeros, so that a convolution reads
// them in place: nothing is copied into columns. The weights of a convolution lie in panels of 32 channels; see
// [Shape.Pack].
//
// The batch is divided into parts whose number does not depend on the number of threads. Each has sums of its own for the
// gradients of the parameters, which are added in the order of the parts: results have the same bits on any number of
// threads.
package conv
