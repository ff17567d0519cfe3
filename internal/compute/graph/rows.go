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
	forward.prepare()
	grad := func(in gorgonia.Nodes, out, dout *gorgonia.Node) (gorgonia.Nodes, error) {
		return g.rowsGrad(f, layout, width, in, out, dout)
	}
	return g.apply(f.Name, forward, shape, grad, f.Differentiable, inputs...)
}

func (g *Graph) rowsGrad(f RowFunc, layout rowLayout, width int, in gorgonia.Nodes, out, dout *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, len(in))
	for i, ok := range f.Differentiable {
		if !ok {
			continue
		}
		back := &rowwiseGrad{engine: g.engine, f: f, layout: layout, width: width, wrt: i}
		back.prepare()
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

// perChunk counts rows, a multiple of what shares an input's row.
func (l rowLayout) perChunk(width, multiple int) int {
	total := width
	for _, c := range l.cols {
		total += c
	}
	// Densities cost about ten times what moving a value costs.
	n := rowsPerChunk(10 * total)
	return (n + multiple - 1) / multiple * multiple
}

// scratch gives each chunk its own list of row slices, so that a run
// allocates nothing.
func (l rowLayout) scratch(perChunk int) [][][]float32 {
	s := make([][][]float32, chunks(l.rows, perChunk))
	for i := range s {
		s[i] = make([][]float32, len(l.cols))
	}
	return s
}

type rowwise struct {
	engine  *kernel.Engine
	f       RowFunc
	layout  rowLayout
	width   int
	scratch [][][]float32

	out []float32
	in  [][]float32
}

func (w *rowwise) prepare() {
	w.scratch = w.layout.scratch(w.layout.perChunk(w.width, 1))
	w.in = make([][]float32, len(w.layout.cols))
}

func (w *rowwise) Run(out []float32, in [][]float32) {
	w.out = out
	copy(w.in, in)
	w.engine.Run(len(w.scratch), w)
}

func (w *rowwise) Chunk(i int) {
	lo, hi := chunk(i, w.layout.rows, w.layout.perChunk(w.width, 1))
	rows := w.scratch[i]
	for r := lo; r < hi; r++ {
		for j := range rows {
			rows[j] = w.layout.at(j, r, w.in[j])
		}
		w.f.Forward(w.out[r*w.width:(r+1)*w.width], rows)
	}
}

// rowwiseGrad sums over the rows of the output that share a row of the input,
// which all fall into one chunk.
type rowwiseGrad struct {
	engine  *kernel.Engine
	f       RowFunc
	layout  rowLayout
	width   int
	wrt     int
	scratch [][][]float32

	din, out, dout []float32
	in             [][]float32
}

func (w *rowwiseGrad) prepare() {
	w.scratch = w.layout.scratch(w.layout.perChunk(w.width, w.layout.shared[w.wrt]))
	w.in = make([][]float32, len(w.layout.cols))
}

func (w *rowwiseGrad) Run(din []float32, in [][]float32) {
	n := len(w.in)
	w.din, w.out, w.dout = din, in[n], in[n+1]
	copy(w.in, in[:n])
	w.engine.Run(len(w.scratch), w)
}

func (w *rowwiseGrad) Chunk(i int) {
	shared := w.layout.shared[w.wrt]
	lo, hi := chunk(i, w.layout.rows, w.layout.perChunk(w.width, shared))
	rows := w.scratch[i]
	for r := lo; r < hi; r++ {
		for j := range rows {
			rows[j] = w.layout.at(j, r, w.in[j])
		}
		din := w.layout.at(w.wrt, r, w.din)
		if r%shared == 0 {
			clear(din)
		}
		from, to := r*w.width, (r+1)*w.width
		w.f.Backward(w.wrt, din, rows, w.out[from:to], w.dout[from:to])
	}
}
