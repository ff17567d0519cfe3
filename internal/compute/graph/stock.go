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
	inputs []gorgonia.Value
}

func newStock(n *gorgonia.Node, children []*gorgonia.Node, in [][]float32) *stock {
	s := &stock{op: n.Op(), inputs: make([]gorgonia.Value, len(children))}
	for i, child := range children {
		if v := constant(child); v != nil {
			s.inputs[i] = v
			continue
		}
		shape := child.Shape()
		if child.IsScalar() {
			shape = tensor.ScalarShape()
		}
		s.inputs[i] = valueOver(in[i], shape)
	}
	return s
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

// addition is the sum of two tensors of one shape.
type addition struct {
	engine    *kernel.Engine
	out, a, b []float32
}

const additionChunk = 8192

func (a *addition) Run(out []float32, in [][]float32) {
	a.out, a.a, a.b = out, in[0], in[1]
	a.engine.Run(chunks(len(out), additionChunk), a)
}

func (a *addition) Chunk(i int) {
	lo, hi := chunk(i, len(a.out), additionChunk)
	copy(a.out[lo:hi], a.a[lo:hi])
	a.engine.Accumulate(a.out[lo:hi], a.b[lo:hi])
}

// chunks is how many pieces of the given size cover n.
func chunks(n, size int) int { return (n + size - 1) / size }

// chunk is the i-th of those pieces.
func chunk(i, n, size int) (lo, hi int) { return i * size, min((i+1)*size, n) }

// rowsPerChunk makes pieces of a matrix with the given number of columns large
// enough to be worth handing to another core.
func rowsPerChunk(cols int) int { return max(1, 4096/max(cols, 1)) }
