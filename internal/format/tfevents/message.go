package tfevents

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of TensorFlow's event.proto, summary.proto,
// tensor.proto, tensor_shape.proto and types.proto.
const (
	eventWallTime    protowire.Number = 1
	eventStep        protowire.Number = 2
	eventFileVersion protowire.Number = 3
	eventSummary     protowire.Number = 5
	eventSessionLog  protowire.Number = 7

	sessionLogStatus protowire.Number = 1

	summaryValue  protowire.Number = 1
	valueTag      protowire.Number = 1
	valueTensor   protowire.Number = 8
	valueMetadata protowire.Number = 9

	metadataPlugin    protowire.Number = 1
	metadataDataClass protowire.Number = 4
	pluginName        protowire.Number = 1

	tensorType    protowire.Number = 1
	tensorShape   protowire.Number = 2
	tensorContent protowire.Number = 4
	tensorFloats  protowire.Number = 5
	tensorDoubles protowire.Number = 6
	tensorStrings protowire.Number = 8
	shapeDim      protowire.Number = 2
	dimSize       protowire.Number = 1
)

// Values of their enumerations.
const (
	sessionStart = 1

	classScalar       = 1
	classTensor       = 2
	classBlobSequence = 3

	typeFloat  = 1
	typeDouble = 2
	typeString = 7
)

// The plugins whose tabs show the values.
const (
	scalarsPlugin    = "scalars"
	imagesPlugin     = "images"
	histogramsPlugin = "histograms"
)

func appendVarint(b []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func appendDouble(b []byte, field protowire.Number, v float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, field, protowire.Fixed64Type), math.Float64bits(v))
}

func appendBytes[T string | []byte](b []byte, field protowire.Number, v T) []byte {
	b = protowire.AppendTag(b, field, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(v)))
	return append(b, v...)
}

// event is an Event message; body holds the field that says what happened.
func event(wallTime float64, step int64, body []byte) []byte {
	b := appendDouble(nil, eventWallTime, wallTime)
	b = appendVarint(b, eventStep, uint64(step))
	return append(b, body...)
}

// summary is the summary field of an event with one value.
func summary(tag, plugin string, class uint64, tensor []byte) []byte {
	metadata := appendBytes(nil, metadataPlugin, appendBytes(nil, pluginName, plugin))
	metadata = appendVarint(metadata, metadataDataClass, class)
	value := appendBytes(nil, valueTag, tag)
	value = appendBytes(value, valueTensor, tensor)
	value = appendBytes(value, valueMetadata, metadata)
	return appendBytes(nil, eventSummary, appendBytes(nil, summaryValue, value))
}

func tensorHead(dtype uint64, shape ...int) []byte {
	var dims []byte
	for _, size := range shape {
		dims = appendBytes(dims, shapeDim, appendVarint(nil, dimSize, uint64(size)))
	}
	b := appendVarint(nil, tensorType, dtype)
	return appendBytes(b, tensorShape, dims)
}

func floatTensor(v float32) []byte {
	packed := protowire.AppendFixed32(nil, math.Float32bits(v))
	return appendBytes(tensorHead(typeFloat), tensorFloats, packed)
}

func doubleTensor(values []float64, shape ...int) []byte {
	packed := make([]byte, 0, 8*len(values))
	for _, v := range values {
		packed = protowire.AppendFixed64(packed, math.Float64bits(v))
	}
	return appendBytes(tensorHead(typeDouble, shape...), tensorDoubles, packed)
}

func stringTensor(values ...[]byte) []byte {
	b := tensorHead(typeString, len(values))
	for _, v := range values {
		b = appendBytes(b, tensorStrings, v)
	}
	return b
}
