// Package vectors reads and writes rows of numbers as CSV, JSON lines and NPY,
// one row at a time, so that memory does not grow with their number.
//
// Readers are strict: a row of another width, a value that is no finite number,
// and anything left over are errors that wrap [ErrFormat] and say where.
//
// github.com/sbinet/npyio, now at codeberg.org, reads and writes NPY too. It
// wants an array with two dimensions whole before it writes one, and panics on
// or allocates for headers that no program should be trusted with.
package vectors
