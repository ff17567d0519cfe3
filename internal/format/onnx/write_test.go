package onnx_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"vaectl/internal/format/onnx"
)

// fields are those of a message: numbers, or the bytes of what has a length.
func fields(t *testing.T, message []byte) map[protowire.Number][]any {
	t.Helper()
	all := make(map[protowire.Number][]any)
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		message = message[n:]
		var value any
		switch kind {
		case protowire.VarintType:
			value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			value, n = protowire.ConsumeFixed32(message)
		default:
			value, n = protowire.ConsumeBytes(message)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		message = message[n:]
		all[field] = append(all[field], value)
	}
	return all
}

// What is written is what onnx.proto says, by its numbers of fields.
func TestWrite(t *testing.T) {
	m := onnx.Model{
		Producer: "p", Opset: 17, Metadata: map[string]string{"b": "2", "a": "1"},
		Graph: onnx.Graph{
			Name:    "g",
			Nodes:   []onnx.Node{{Name: "n", Operator: "Op", Inputs: []string{"x", "", "w"}, Outputs: []string{"y"}, Attributes: []onnx.Attribute{{Name: "i", Value: -1}, {Name: "l", Value: []int{3, 4}}}}},
			Tensors: []onnx.Tensor{{Name: "w", Shape: []int{1, 2}, Values: []float32{1, 2}}},
			Inputs:  []onnx.Value{{Name: "x", Type: onnx.Float32, Shape: []onnx.Dimension{{Name: "N"}, {Size: 2}}}},
		},
	}
	var out bytes.Buffer
	if err := onnx.Write(&out, m); err != nil {
		t.Fatal(err)
	}
	model := fields(t, out.Bytes())
	if got := fields(t, model[8][0].([]byte))[2][0]; got != uint64(17) {
		t.Errorf("opset %v", got)
	}
	if first := fields(t, model[14][0].([]byte)); string(first[1][0].([]byte)) != "a" || string(first[2][0].([]byte)) != "1" {
		t.Errorf("the first entry of the metadata is %q", first)
	}
	graph := fields(t, model[7][0].([]byte))
	node := fields(t, graph[1][0].([]byte))
	if got := node[1]; len(got) != 3 || string(got[1].([]byte)) != "" || string(got[2].([]byte)) != "w" {
		t.Errorf("inputs of the node: %q", got)
	}
	if a := fields(t, node[5][0].([]byte)); a[3][0] != ^uint64(0) || a[20][0] != uint64(2) {
		t.Errorf("attribute of -1: %v", a)
	}
	if a := fields(t, node[5][1].([]byte)); len(a[8]) != 2 || a[20][0] != uint64(7) {
		t.Errorf("attribute of two integers: %v", a)
	}
	tensor := fields(t, graph[5][0].([]byte))
	if raw := tensor[9][0].([]byte); !bytes.Equal(raw, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40}) || len(tensor[1]) != 2 || tensor[2][0] != uint64(1) {
		t.Errorf("tensor %v", tensor)
	}
}

func TestWriteErrors(t *testing.T) {
	for name, c := range map[string]struct {
		graph onnx.Graph
		want  string
		kind  error
	}{
		"shape":     {onnx.Graph{Tensors: []onnx.Tensor{{Name: "w", Shape: []int{3}, Values: []float32{1}}}}, "tensor w of shape [3] holds 1", nil},
		"type":      {onnx.Graph{Tensors: []onnx.Tensor{{Name: "w", Shape: []int{1}, Values: []int8{1}}}}, "tensor w holds []int8", nil},
		"attribute": {onnx.Graph{Nodes: []onnx.Node{{Name: "n", Attributes: []onnx.Attribute{{Name: "a", Value: 1.5}}}}}, "node n: attribute a is a float64", nil},
		"size":      {onnx.Graph{Tensors: []onnx.Tensor{{Name: "w", Shape: []int{1 << 20, 1 << 10}}}}, "2 GiB", onnx.ErrTooLarge},
	} {
		err := onnx.Write(io.Discard, onnx.Model{Graph: c.graph})
		if err == nil || !strings.Contains(err.Error(), c.want) || c.kind != nil && !errors.Is(err, c.kind) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
