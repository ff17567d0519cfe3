// Package diagnosis measures how the codes of a set of images lie, in float64:
// how much each code says of its image, and how far all codes together are from
// the prior. It knows numbers only, neither models nor priors.
//
// Rows are images or draws, one after the other, [rows, dimensions]. Figures do
// not depend on the number of threads.
package diagnosis
