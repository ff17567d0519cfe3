package graph

import (
	"fmt"
	"hash"
	"hash/fnv"
	"unsafe"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/kernel"
)

// body computes one operation from the values of its inputs. It may keep
// scratch between runs, but out depends on in alone. Scalars are slices of
// length one.
//
// A gradient may read what the forward operation left in its scratch. It then
// has the forward output among its inputs, so that it runs afterwards, and it
// changes nothing there: no body changes another.
type body interface {
	Run(out []float32, in [][]float32)
}

// manifold is a body that can compute further outputs on its way: those that are not
// nil. Only the fusion pass asks for any.
type manifold interface {
	body
	// RunAll writes to out what Run would, and to also the further outputs.
	RunAll(out []float32, also, in [][]float32)
}

// divisible is a body whose work can be done beside that of others.
type divisible interface {
	body
	// bind returns the work of computing out from in, and the further outputs that
	// are asked for. The values stay at these places.
	bind(out []float32, also, in [][]float32) kernel.Work
}

// gradFunc returns the gradient nodes of an operation, one an input, nil where
// the operation is not differentiable in it.
type gradFunc func(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error)

// operation makes a body known to Gorgonia. Each one has an id of its own that
// enters the hash: two operations that look alike may hold different scratch
// and must not be merged.
type operation struct {
	graph     *Graph
	id        uint64
	name      string
	inputDims []int
	shape     tensor.Shape
	body      body
	diff      []bool
	grad      gradFunc
}

// apply adds an operation to the graph. The output has the given shape (none
// for a scalar); grad may be nil for an operation nobody differentiates.
func (g *Graph) apply(name string, b body, shape tensor.Shape, grad gradFunc, diff []bool, inputs ...*gorgonia.Node) (*gorgonia.Node, error) {
	g.nextID++
	op := &operation{graph: g, id: g.nextID, name: name, shape: shape, body: b, diff: diff, grad: grad}
	for _, in := range inputs {
		op.inputDims = append(op.inputDims, nodeDims(in))
	}
	node, err := gorgonia.ApplyOp(op, inputs...)
	if err != nil {
		return nil, fmt.Errorf("graph: %s: %w", name, err)
	}
	return node, nil
}

// nodeDims is 0 for scalars, whatever shape Gorgonia gives them.
func nodeDims(n *gorgonia.Node) int {
	if n.IsScalar() {
		return 0
	}
	return n.Shape().Dims()
}

func typeOf(dims int) hm.Type {
	if dims == 0 {
		return tensor.Float32
	}
	return gorgonia.TensorType{Dims: dims, Of: tensor.Float32}
}

func (o *operation) Arity() int { return len(o.inputDims) }

func (o *operation) Type() hm.Type {
	types := make([]hm.Type, 0, len(o.inputDims)+1)
	for _, d := range o.inputDims {
		types = append(types, typeOf(d))
	}
	return hm.NewFnType(append(types, typeOf(o.shape.Dims()))...)
}

func (o *operation) InferShape(...gorgonia.DimSizer) (tensor.Shape, error) {
	return o.shape.Clone(), nil
}

// Do runs the body into new memory, for Gorgonia's own machines.
func (o *operation) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	in := make([][]float32, len(inputs))
	for i, v := range inputs {
		data, err := floats(v)
		if err != nil {
			return nil, fmt.Errorf("graph: %s, input %d: %w", o.name, i, err)
		}
		in[i] = data
	}
	out := make([]float32, o.shape.TotalSize())
	o.body.Run(out, in)
	return valueOver(out, o.shape), nil
}

func (o *operation) ReturnsPtr() bool     { return true }
func (o *operation) CallsExtern() bool    { return false }
func (o *operation) OverwritesInput() int { return -1 }
func (o *operation) String() string       { return o.name }

func (o *operation) WriteHash(h hash.Hash) { fmt.Fprintf(h, "vaectl/%s/%d", o.name, o.id) }

func (o *operation) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

func (o *operation) DiffWRT(inputs int) []bool {
	if o.grad == nil {
		return make([]bool, inputs)
	}
	return o.diff
}

func (o *operation) SymDiff(inputs gorgonia.Nodes, output, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	if o.grad == nil {
		return nil, fmt.Errorf("graph: %s has no gradient", o.name)
	}
	o.graph.gradients[output] = grad
	return o.grad(inputs, output, grad)
}

// valueOver wraps data as a Gorgonia value without copying it.
func valueOver(data []float32, shape tensor.Shape) gorgonia.Value {
	if shape.Dims() == 0 {
		return scalarOver(data)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

// scalarOver is a Gorgonia scalar that reads data[0].
func scalarOver(data []float32) *gorgonia.F32 {
	return (*gorgonia.F32)(unsafe.Pointer(&data[0]))
}

// floats returns the memory of a value: itself where it is contiguous, a copy
// in row-major order where it is a view.
func floats(v gorgonia.Value) ([]float32, error) {
	switch v := v.(type) {
	case *gorgonia.F32:
		return unsafe.Slice((*float32)(unsafe.Pointer(v)), 1), nil
	case *tensor.Dense:
		dense := v
		if dense.RequiresIterator() || !dense.DataOrder().IsRowMajor() {
			dense = dense.Materialize().(*tensor.Dense)
		}
		switch data := dense.Data().(type) {
		case []float32:
			return data, nil
		case float32:
			return []float32{data}, nil
		}
	}
	return nil, fmt.Errorf("value of type %T is not float32 data", v)
}
