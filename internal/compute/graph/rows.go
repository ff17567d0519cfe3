package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// RowFunc is an operation that treats every row by itself: the form in which
// priors and likelihoods bring their densities.
//
// An input may have fewer rows than the output: then it holds one row an
// image where the output holds k samples an image, and row r of the output
// reads row r/k of that input.
type RowFunc struct {
	// Name is what errors and profiles call the operation.
	Name string
	// Columns is the width of the output; 0 makes it a vector with one value a row.
	Columns int
	// Forward writes one row. It must be pure and allocate nothing.
	Forward func(out []float32, in [][]float32)
	// Backward adds to din the gradient with respect to input i, given the
	// row's inputs, its output and the gradient of the output.
	Backward func(i int, din []float32, in [][]float32, out, dout []float32)
	// Differentiable says for each input whether Backward knows it.
	Differentiable []bool
}

// Rows adds a [RowFunc] of the given inputs, matrices or vectors with one
// value a row. The output has as many rows as the longest input.
func (g *Graph) Rows(f RowFunc, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(f.Differentiable) != len(inputs) {
		panic(fmt.Sprintf("graph: %s says of %d inputs whether they are differentiable, has %d", f.Name, len(f.Differentiable), len(inputs)))
	}
	layout, err := layRows(f.Name, inputs)
	if err != nil {
		return nil, err
	}
	width := max(f.Columns, 1)
	shape := tensor.Shape{layout.rows, f.Columns}
	if f.Columns == 0 {
		shape = tensor.Shape{layout.rows}
	}
	forward := &rowwise{engine: g.engine, f: f, layout: layout, width: width}
	grad := func(in gorgonia.Nodes, out, dout *gorgonia.Node) (gorgonia.Nodes, error) {
		return g.rowsGrad(forward, in, out, dout)
	}
	return g.apply(f.Name, forward, shape, grad, f.Differentiable, inputs...)
}

func (g *Graph) rowsGrad(forward *rowwise, in gorgonia.Nodes, out, dout *gorgonia.Node) (gorgonia.Nodes, error) {
	f := forward.f
	grads := make(gorgonia.Nodes, len(in))
	for i, ok := range f.Differentiable {
		if !ok {
			continue
		}
		back := &rowwiseGrad{rowwise: forward, wrt: i}
		children := append(append(gorgonia.Nodes{}, in...), out, dout)
		var err error
		if grads[i], err = g.apply("d("+f.Name+")", back, in[i].Shape(), nil, nil, children...); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// rowLayout says how many rows and columns each input has and how many rows
// of the output share one of its rows.
type rowLayout struct {
	rows   int
	cols   []int
	shared []int
}

func layRows(name string, inputs gorgonia.Nodes) (rowLayout, error) {
	var l rowLayout
	counts := make([]int, len(inputs))
	for i, n := range inputs {
		s := n.Shape()
		if s.Dims() < 1 || s.Dims() > 2 || n.IsScalar() {
			return l, fmt.Errorf("graph: input %d of %s has shape %v, wants a matrix or a vector", i, name, s)
		}
		counts[i] = s[0]
		l.rows = max(l.rows, s[0])
		cols := 1
		if s.Dims() == 2 {
			cols = s[1]
		}
		l.cols = append(l.cols, cols)
	}
	for i, n := range counts {
		if l.rows%n != 0 {
			return l, fmt.Errorf("graph: input %d of %s has %d rows, which do not divide %d", i, name, n, l.rows)
		}
		l.shared = append(l.shared, l.rows/n)
	}
	return l, nil
}

// at returns the row of input i that row r of the output reads.
func (l rowLayout) at(i, r int, data []float32) []float32 {
	r /= l.shared[i]
	return data[r*l.cols[i] : (r+1)*l.cols[i]]
}

// width is about how many values are moved for a row of the output.
func (l rowLayout) width(columns int) int {
	total := columns
	for _, c := range l.cols {
		total += c
	}
	return 10 * total // densities cost about ten times what moving a value costs
}

// rowsOf lists for each row of the output those of the inputs that it reads.
func (l rowLayout) rowsOf(in [][]float32) [][][]float32 {
	n := len(l.cols)
	all := make([][]float32, l.rows*n)
	rows := make([][][]float32, l.rows)
	for r := range rows {
		rows[r], all = all[:n:n], all[n:]
		for i := range rows[r] {
			rows[r][i] = l.at(i, r, in[i])
		}
	}
	return rows
}

type rowwise struct {
	engine *kernel.Engine
	f      RowFunc
	layout rowLayout
	width  int
}

func (w *rowwise) extent() (rows, width int) { return w.layout.rows, w.layout.width(w.width) }

func (w *rowwise) Run(out []float32, in [][]float32) { runByRows(w.engine, w, out, in) }

func (w *rowwise) over(out []float32, in [][]float32) rowRange {
	rows := w.layout.rowsOf(in)
	return func(from, to int) {
		for r := from; r < to; r++ {
			w.f.Forward(out[r*w.width:(r+1)*w.width], rows[r])
		}
	}
}

// rowwiseGrad sums over the rows of the output that share a row of the input.
type rowwiseGrad struct {
	*rowwise
	wrt int
}

// extent is that of the input.
func (w *rowwiseGrad) extent() (rows, width int) {
	shared := w.layout.shared[w.wrt]
	return w.layout.rows / shared, shared * w.layout.width(w.width)
}

func (w *rowwiseGrad) Run(din []float32, in [][]float32) { runByRows(w.engine, w, din, in) }

func (w *rowwiseGrad) over(din []float32, in [][]float32) rowRange {
	n := len(w.layout.cols)
	rows, shared := w.layout.rowsOf(in[:n]), w.layout.shared[w.wrt]
	y, dy := in[n], in[n+1]
	return func(from, to int) {
		for r := from * shared; r < to*shared; r++ {
			dx := w.layout.at(w.wrt, r, din)
			if r%shared == 0 {
				clear(dx)
			}
			first, end := r*w.width, (r+1)*w.width
			w.f.Backward(w.wrt, dx, rows[r], y[first:end], dy[first:end])
		}
	}
}
