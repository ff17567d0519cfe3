// Package onnx writes models in the Open Neural Network Exchange format: graphs of
// operators with their weights, as protocol buffers (onnx.proto of ONNX 1.12 and
// later). It knows the format and nothing of what a graph computes.
//
// The messages are few and do not change, so they are written field by field; code
// generated from onnx.proto would register a schema of some thousand lines at the
// start of every command.
package onnx

// Model is a graph with what it was made from.
type Model struct {
	// Producer and ProducerVersion are the program that made it.
	Producer, ProducerVersion string
	Doc                       string
	// Opset is the version of the standard operators.
	Opset int
	Graph Graph
	// Metadata are entries of the producer's own.
	Metadata map[string]string
}

// Graph is nodes in an order in which each reads what those before it wrote.
type Graph struct {
	Name, Doc       string
	Nodes           []Node
	Tensors         []Tensor // by name, among what nodes read
	Inputs, Outputs []Value
}

// Node applies an operator to named values.
type Node struct {
	Name, Operator  string
	Inputs, Outputs []string
	Attributes      []Attribute
}

// Attribute is a named argument of an operator: an int, a float32, a string, or a
// list of ints.
type Attribute struct {
	Name  string
	Value any
}

// Tensor is an array of constants: []float32, []float64 or []int64, in row-major order.
type Tensor struct {
	Name   string
	Shape  []int
	Values any
}

// Value is an input or an output of a graph.
type Value struct {
	Name, Doc string
	Type      Type
	// Shape has a number for each dimension, or a name for one that may be any.
	Shape []Dimension
}

// Dimension is a size, or a name where it may be any.
type Dimension struct {
	Size int
	Name string
}

// Type is that of a tensor's elements, as TensorProto.DataType numbers them.
type Type int

// Types of elements.
const (
	Float32 Type = 1
	Int64   Type = 7
	Float64 Type = 11
)
