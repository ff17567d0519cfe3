package loss

// RowFunc is an operation that treats every row by itself: the form in which priors and
// likelihoods bring their densities where Gorgonia's own operations do not serve. See
// [Posterior.Rows] and [DecoderOutput.Rows].
//
// An input may have fewer rows than the output: then it holds one row an
// image where the output holds k samples an image, and row r of the output
// reads row r/k of that input.
type RowFunc struct {
	// Name is what errors and profiles call the operation.
	Name string
	// Columns is the width of the output; 0 makes it a vector with one value a row.
	Columns int
	// Forward writes one row. It must be pure and allocate nothing; several rows are
	// computed at once.
	Forward func(out []float32, in [][]float32)
	// Backward adds to din the gradient with respect to input i, given the
	// row's inputs, its output and the gradient of the output.
	Backward func(i int, din []float32, in [][]float32, out, dout []float32)
	// Differentiable says for each input whether Backward knows it.
	Differentiable []bool
}
