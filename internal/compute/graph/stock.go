package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// stock runs an operation of Gorgonia itself. It allocates, as those
// operations do, and copies the result into memory of its own, so that no
// in-place operation can reach a value somebody reads later.
type stock struct {
	op     gorgonia.Op
	engine *kernel.Engine
	shapes []tensor.Shape   // of the inputs, none for a scalar
	shape  tensor.Shape     // of the output
	inputs []gorgonia.Value // constants keep their own
}

func newStock(e *kernel.Engine, n *gorgonia.Node, children []*gorgonia.Node) *stock {
	s := &stock{op: n.Op(), engine: e, shape: shapeOf(n), inputs: make([]gorgonia.Value, len(children))}
	for i, child := range children {
		s.shapes = append(s.shapes, shapeOf(child))
		s.inputs[i] = constant(child)
	}
	return s
}

func shapeOf(n *gorgonia.Node) tensor.Shape {
	if n.IsScalar() {
		return tensor.ScalarShape()
	}
	return n.Shape()
}

func (s *stock) prepare(in [][]float32) {
	for i, data := range in {
		if s.inputs[i] == nil {
			s.inputs[i] = valueOver(data, s.shapes[i])
		}
	}
}

// Run panics when the operation fails: shapes and types were checked when the
// graph was built, so a failure here is a mistake in the graph.
func (s *stock) Run(out []float32, _ [][]float32) {
	result, err := s.op.Do(s.inputs...)
	if err != nil {
		panic(fmt.Sprintf("graph: %v: %v", s.op, err))
	}
	data, err := floats(result)
	if err != nil {
		panic(fmt.Sprintf("graph: %v: %v", s.op, err))
	}
	if len(data) != len(out) {
		panic(fmt.Sprintf("graph: %v returned %d values, its node has %d", s.op, len(data), len(out)))
	}
	copy(out, data)
}

// isSum recognises the sum of two tensors of one shape, which Gorgonia inserts
// wherever a node has several consumers: the same operation as that of a sum
// made for the purpose.
func (s *stock) isSum() bool {
	if len(s.shapes) != 2 || s.shape.Dims() == 0 || !s.shapes[0].Eq(s.shape) || !s.shapes[1].Eq(s.shape) {
		return false
	}
	g := gorgonia.NewGraph()
	leaf := func(name string) *gorgonia.Node {
		return gorgonia.NewTensor(g, tensor.Float32, s.shape.Dims(), gorgonia.WithShape(s.shape...), gorgonia.WithName(name))
	}
	sum, err := gorgonia.Add(leaf("a"), leaf("b"))
	return err == nil && sum.Op() == s.op
}

// addition is the sum of two tensors of one shape.
type addition struct {
	engine     *kernel.Engine
	rows, cols int
}

func newAddition(e *kernel.Engine, shape tensor.Shape) *addition {
	return &addition{engine: e, rows: shape[0], cols: shape.TotalSize() / shape[0]}
}

// additionChunk is how many values are worth handing to another core.
const additionChunk = 8192

func (a *addition) extent() (rows, width int) { return a.rows, a.cols }

func (a *addition) Run(out []float32, in [][]float32) { runByRows(a.engine, a, out, in) }

func (a *addition) over(out []float32, in [][]float32) rowRange {
	return func(from, to int) {
		from, to = from*a.cols, to*a.cols
		copy(out[from:to], in[0][from:to])
		a.engine.Accumulate(out[from:to], in[1][from:to])
	}
}

// chunks is how many pieces of the given size cover n.
func chunks(n, size int) int { return (n + size - 1) / size }

// chunk is the i-th of those pieces.
func chunk(i, n, size int) (lo, hi int) { return i * size, min((i+1)*size, n) }

// rowsPerChunk makes pieces of a matrix with the given number of columns large
// enough to be worth handing to another core.
func rowsPerChunk(cols int) int { return max(1, 4096/max(cols, 1)) }
