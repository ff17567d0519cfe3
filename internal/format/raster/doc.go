// Package raster turns picture files into plain opaque pixels, and pixels of any
// size into pixels of the size that is wanted.
//
// It reads PNG, JPEG, GIF (the first frame), BMP, TIFF (the first page) and WebP, of
// any depth and colour model that the standard library and golang.org/x/image know,
// turns them as their EXIF orientation says and lays what is transparent on a
// background. Everything ends as 8 bits, grey or RGB. A file is judged by what it
// holds, never by its name, and its dimensions are limited before there is memory
// for its pixels.
package raster
