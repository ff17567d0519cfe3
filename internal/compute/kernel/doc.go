// Package kernel computes with float32 slices on all cores: matrix products, vector maths, random numbers
// and the optimiser's update, each in assembly for the instruction sets that matter and in plain Go for the rest.
//
// Everything hangs on an [Engine], which holds the functions chosen for this CPU and the workers that run them.
// An Engine gives the same bits whatever its number of threads: work is split over the elements of a result,
// never over the terms of a sum. Different kernels ("avx512", "avx2", "neon", "portable") may differ in the last bits.
package kernel
