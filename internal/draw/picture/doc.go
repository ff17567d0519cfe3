// Package picture lays images out in labelled grids and writes them as PNG or
// as an animated GIF.
//
// Images come as float32 values in 0..1 (0 is black), one image after the other, as
// a model has them: n images are a slice of n*Channels*Height*Width. One channel is
// grey, three are red, green and blue.
// Values outside the range are clamped and NaN is black, so that a picture of
// a model gone wrong is still a picture.
//
// Each package function is a pure function of its
// arguments: the same pixels give the same bytes.
package picture
