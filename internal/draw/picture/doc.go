// Package picture lays images out in labelled grids and writes them as PNG or
// as an animated GIF.
//
// Images come as float32 pixels in 0..1 (0 is black), row by row, one image
// after the other: n images of height h and width w are a slice of n*h*w.
// Values outside the range are clamped and NaN is black, so that a picture of
// a model gone wrong is still a picture.
//
// Everything is in greys. Each package function is a pure function of its
// arguments: the same pixels give the same bytes.
package picture
