package arch

import (
	"fmt"

	"gorgonia.org/gorgonia"

	"vaectl/data"
)

// Layer is one step of a [Stack]: a kind of layer with its sizes. A kind is one
// type in one file; see the package comment for how to add one.
type Layer interface {
	// Name begins the names of the layer's parameters, such as "encoder.0".
	Name() string
	// Text is the layer in a line about the network, such as "400".
	Text() string
	// In and Out are the shapes of what it reads and writes, one image a row; a
	// vector of n values is [Vector](n).
	In() data.Shape
	Out() data.Shape
	// Parameters lists its arrays in the order of memory.
	Parameters() []Parameter
	// FLOPs counts the multiplications and additions of one image forward.
	FLOPs() float64
	// Values is the number of float32 that a training step keeps of one image until
	// its gradient is taken, outputs included.
	Values() float64
	// Operations are the plain steps that the layer is made of.
	Operations() []Operation
	// Add puts the layer on a graph: from x, [rows, In().Values()], to
	// [rows, Out().Values()].
	Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error)
}

// Vector is the shape of n values that are no image.
func Vector(n int) data.Shape { return data.Shape{Height: 1, Width: 1, Channels: n} }

// sizeText writes a shape, a vector by its length alone.
func sizeText(s data.Shape) string {
	if s.Height == 1 && s.Width == 1 {
		return fmt.Sprint(s.Channels)
	}
	return s.String()
}

// Stack is layers one after another, each reading what the one before writes.
type Stack []Layer

// Parameters lists the arrays of all layers in the order of memory.
func (s Stack) Parameters() []Parameter {
	var all []Parameter
	for _, l := range s {
		all = append(all, l.Parameters()...)
	}
	return all
}

// FLOPs counts the multiplications and additions of one image forward.
func (s Stack) FLOPs() float64 {
	var sum float64
	for _, l := range s {
		sum += l.FLOPs()
	}
	return sum
}

// Values is the number of float32 that a training step keeps of one image.
func (s Stack) Values() float64 {
	var sum float64
	for _, l := range s {
		sum += l.Values()
	}
	return sum
}

// Last is the layer whose outputs are the stack's.
func (s Stack) Last() Layer { return s[len(s)-1] }

// Add puts the layers on a graph, [rows, In] to [rows, Out].
func (s Stack) Add(b *Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	var err error
	for _, l := range s {
		if x, err = l.Add(b, x); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Name(), err)
		}
	}
	return x, nil
}

// text writes the sizes from the stack's input to its last hidden layer.
func (s Stack) text() string {
	text := sizeText(s[0].In())
	for _, l := range s[:len(s)-1] {
		text += "-" + l.Text()
	}
	return text
}
