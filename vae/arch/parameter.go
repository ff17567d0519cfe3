package arch

import "math/rand/v2"

// Parameter describes one array of a network: a weight, a bias, a table, or a
// statistic that training keeps but does not learn. Name and Shape are those that
// PyTorch gives the same layer, and so are the fans.
type Parameter struct {
	Name  string
	Shape []int
	// Init says how the array starts.
	Init Init
	// Layout is where in the model's memory each value lies; nil is PyTorch's own
	// row-major order. Files always hold PyTorch's order.
	Layout Layout
	// Buffer marks a running statistic: it is in every file, but no gradient
	// reaches it and the optimiser does not see it.
	Buffer bool
}

// Size is the number of values, the product of the shape.
func (p Parameter) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Space is the number of float32 that the parameter takes in the model's memory.
func (p Parameter) Space() int {
	if p.Layout != nil {
		return p.Layout.Space()
	}
	return p.Size()
}

// Export returns the values in PyTorch's order, given the parameter's memory. It is
// that memory itself where the two are the same.
func (p Parameter) Export(memory []float32) []float32 {
	if p.Layout == nil {
		return memory
	}
	values := make([]float32, p.Size())
	p.Layout.Export(values, memory)
	return values
}

// Import fills the parameter's memory from values in PyTorch's order.
func (p Parameter) Import(memory, values []float32) {
	if p.Layout == nil {
		copy(memory, values)
		return
	}
	p.Layout.Import(memory, values)
}

// Layout is an order of a parameter's values in memory that suits its kernel
// better than PyTorch's, such as panels of 32 output channels. Space may be larger
// than the parameter; what is not a value is then zero, and its gradient too.
type Layout interface {
	Space() int
	Import(memory, values []float32)
	Export(values, memory []float32)
}

// Role says what a parameter is to its layer, which decides how it starts.
type Role int

// Roles.
const (
	Weight   Role = iota // drawn by model.init
	Bias                 // drawn by model.init, or zero
	Table                // a row a label; drawn as a weight, after all weights and biases
	Constant             // Value everywhere
	Own                  // by a function of its own
)

// Init says how a parameter starts.
type Init struct {
	Role Role
	// FanIn and FanOut are the numbers of values that one output is made of and
	// that one input reaches, as PyTorch counts them.
	FanIn, FanOut int
	Value         float32                                // of a Constant
	Draw          func(values []float32, rng *rand.Rand) // of an Own one
}
