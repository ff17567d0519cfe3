package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrTooLarge: a model is larger than a protocol buffer may be.
var ErrTooLarge = errors.New("an ONNX file holds at most 2 GiB")

// irVersion is the version of the format that the fields below are of (ONNX 1.12).
const irVersion = 8

// Numbers of fields.
const (
	modelIR, modelProducer, modelVersion, modelDoc, modelGraph, modelOpset, modelMetadata protowire.Number = 1, 2, 3, 6, 7, 8, 14

	opsetVersion protowire.Number = 2

	entryKey, entryValue protowire.Number = 1, 2

	graphNode, graphName, graphTensor, graphDoc, graphInput, graphOutput protowire.Number = 1, 2, 5, 10, 11, 12

	nodeInput, nodeOutput, nodeName, nodeOperator, nodeAttribute protowire.Number = 1, 2, 3, 4, 5

	attributeName, attributeFloat, attributeInt, attributeString, attributeInts, attributeType protowire.Number = 1, 2, 3, 4, 8, 20

	tensorDims, tensorType, tensorName, tensorRaw protowire.Number = 1, 2, 8, 9

	valueName, valueType, valueDoc    protowire.Number = 1, 2, 3
	typeTensor                        protowire.Number = 1
	tensorElement, tensorShape        protowire.Number = 1, 2
	shapeDimension                    protowire.Number = 1
	dimensionSize, dimensionParameter protowire.Number = 1, 2
)

// Kinds of attributes, as AttributeProto numbers them.
const (
	kindFloat, kindInt, kindString, kindInts = 1, 2, 3, 7
)

// Write writes a model. A tensor whose values do not fill its shape, or a value of a
// type that has no place, is an error; so is a model beyond 2 GiB ([ErrTooLarge]).
func Write(w io.Writer, m Model) error {
	var size int64
	for _, t := range m.Graph.Tensors {
		size += 4 * int64(count(t.Shape))
	}
	if size > math.MaxInt32 {
		return fmt.Errorf("%w: %d bytes of weights", ErrTooLarge, size)
	}
	graph, err := encodeGraph(m.Graph)
	if err != nil {
		return err
	}
	var out message
	out.number(modelIR, irVersion)
	out.text(modelProducer, m.Producer)
	out.text(modelVersion, m.ProducerVersion)
	out.text(modelDoc, m.Doc)
	out.message(modelGraph, graph)
	var opset message
	opset.number(opsetVersion, m.Opset)
	out.message(modelOpset, opset)
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		var entry message
		entry.text(entryKey, key)
		entry.text(entryValue, m.Metadata[key])
		out.message(modelMetadata, entry)
	}
	if len(out) > math.MaxInt32 {
		return fmt.Errorf("%w: %d bytes", ErrTooLarge, len(out))
	}
	_, err = w.Write(out)
	return err
}

func count(shape []int) int {
	n := 1
	for _, size := range shape {
		n *= size
	}
	return n
}

// message is an encoded protocol buffer. Empty texts are left out, as they are the
// default.
type message []byte

func (m *message) number(field protowire.Number, v int) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) text(field protowire.Number, s string) {
	if s != "" {
		*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
	}
}

func (m *message) message(field protowire.Number, inner message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), inner)
}

func encodeGraph(g Graph) (message, error) {
	var out message
	for _, n := range g.Nodes {
		node, err := encodeNode(n)
		if err != nil {
			return nil, err
		}
		out.message(graphNode, node)
	}
	out.text(graphName, g.Name)
	for _, t := range g.Tensors {
		tensor, err := encodeTensor(t)
		if err != nil {
			return nil, err
		}
		out.message(graphTensor, tensor)
	}
	out.text(graphDoc, g.Doc)
	for _, v := range g.Inputs {
		out.message(graphInput, encodeValue(v))
	}
	for _, v := range g.Outputs {
		out.message(graphOutput, encodeValue(v))
	}
	return out, nil
}

func encodeNode(n Node) (message, error) {
	var out message
	// An input that is left out has an empty name, which must be there.
	for _, name := range n.Inputs {
		out.message(nodeInput, message(name))
	}
	for _, name := range n.Outputs {
		out.message(nodeOutput, message(name))
	}
	out.text(nodeName, n.Name)
	out.text(nodeOperator, n.Operator)
	for _, a := range n.Attributes {
		attribute, err := encodeAttribute(a)
		if err != nil {
			return nil, fmt.Errorf("node %s: %w", n.Name, err)
		}
		out.message(nodeAttribute, attribute)
	}
	return out, nil
}

func encodeAttribute(a Attribute) (message, error) {
	var out message
	out.text(attributeName, a.Name)
	switch v := a.Value.(type) {
	case int:
		out.number(attributeInt, v)
		out.number(attributeType, kindInt)
	case float32:
		out = protowire.AppendFixed32(protowire.AppendTag(out, attributeFloat, protowire.Fixed32Type), math.Float32bits(v))
		out.number(attributeType, kindFloat)
	case string:
		out.text(attributeString, v)
		out.number(attributeType, kindString)
	case []int:
		for _, i := range v {
			out.number(attributeInts, i)
		}
		out.number(attributeType, kindInts)
	default:
		return nil, fmt.Errorf("attribute %s is a %T", a.Name, a.Value)
	}
	return out, nil
}

func encodeTensor(t Tensor) (message, error) {
	var kind Type
	var n int
	switch v := t.Values.(type) {
	case []float32:
		kind, n = Float32, len(v)
	case []float64:
		kind, n = Float64, len(v)
	case []int64:
		kind, n = Int64, len(v)
	default:
		return nil, fmt.Errorf("tensor %s holds %T", t.Name, t.Values)
	}
	if n != count(t.Shape) {
		return nil, fmt.Errorf("tensor %s of shape %v holds %d values", t.Name, t.Shape, n)
	}
	var out message
	for _, size := range t.Shape {
		out.number(tensorDims, size)
	}
	out.number(tensorType, int(kind))
	out.text(tensorName, t.Name)
	raw, err := binary.Append(nil, binary.LittleEndian, t.Values)
	if err != nil {
		return nil, fmt.Errorf("tensor %s: %w", t.Name, err)
	}
	out.message(tensorRaw, raw)
	return out, nil
}

func encodeValue(v Value) message {
	var shape message
	for _, d := range v.Shape {
		var dimension message
		if d.Name != "" {
			dimension.text(dimensionParameter, d.Name)
		} else {
			dimension.number(dimensionSize, d.Size)
		}
		shape.message(shapeDimension, dimension)
	}
	var tensor, kind, out message
	tensor.number(tensorElement, int(v.Type))
	tensor.message(tensorShape, shape)
	kind.message(typeTensor, tensor)
	out.text(valueName, v.Name)
	out.message(valueType, kind)
	out.text(valueDoc, v.Doc)
	return out
}
