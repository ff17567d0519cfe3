// Package comm lets several processes compute one thing together, with results that do not depend on their number.
//
// A batch is cut into shards, whatever the number of processes (ranks) is. Every rank computes some neighbouring shards; what they come
// to is added as a binary tree over the shards ([Sum]), which is the same tree for one rank and for many. Floating-point
// addition is not associative, so this, and not the library's own reduction, is what keeps every bit.
//
// Ranks come from an MPI library that is loaded at run time, without cgo, in programs built with the tag mpi ([Start]); [Local]
// makes them in one process.
package comm
