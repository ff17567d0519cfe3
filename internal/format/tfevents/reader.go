package tfevents

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Event is one record of a file, as far as this package writes them.
type Event struct {
	WallTime     float64 // seconds since 1970
	Step         int64
	FileVersion  string // in the first event of a file only
	SessionStart bool
	Values       []Value
}

// Value is one entry of a summary. Which of the fields after Plugin is set
// depends on the plugin; all are unset for a plugin this package does not know.
type Value struct {
	Tag, Plugin   string
	Scalar        float64  // scalars
	Width, Height int      // images, in pixels
	Images        [][]byte // images, as PNG
	Buckets       []Bucket // histograms
}

// Bucket counts the values from Left up to Right.
type Bucket struct {
	Left, Right, Count float64
}

// Read returns all events. Where a record is damaged or cut off it returns
// those before it and an error, which wraps io.ErrUnexpectedEOF for a file that
// ends inside a record. Fields it does not know are skipped.
func Read(r io.Reader) ([]Event, error) {
	var events []Event
	for {
		data, err := readRecord(r)
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, fmt.Errorf("tfevents: record %d: %w", len(events), err)
		}
		e, err := parseEvent(data)
		if err != nil {
			return events, fmt.Errorf("tfevents: record %d: %w", len(events), err)
		}
		events = append(events, e)
	}
}

// field is one field of a message: number for varints and fixed widths, bytes
// for the rest.
type field struct {
	number protowire.Number
	wire   protowire.Type
	bits   uint64
	bytes  []byte
}

func (f field) is(number protowire.Number, wire protowire.Type) bool {
	return f.number == number && f.wire == wire
}

// eachField calls use with the fields of a message in order.
func eachField(message []byte, use func(field) error) error {
	for len(message) > 0 {
		number, wire, n := protowire.ConsumeTag(message)
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		f := field{number: number, wire: wire}
		switch wire {
		case protowire.VarintType:
			f.bits, n = protowire.ConsumeVarint(message)
		case protowire.Fixed64Type:
			f.bits, n = protowire.ConsumeFixed64(message)
		case protowire.BytesType:
			f.bytes, n = protowire.ConsumeBytes(message)
		default:
			n = protowire.ConsumeFieldValue(number, wire, message)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		message = message[n:]
		if err := use(f); err != nil {
			return err
		}
	}
	return nil
}

func parseEvent(data []byte) (Event, error) {
	var e Event
	err := eachField(data, func(f field) error {
		switch {
		case f.is(eventWallTime, protowire.Fixed64Type):
			e.WallTime = math.Float64frombits(f.bits)
		case f.is(eventStep, protowire.VarintType):
			e.Step = int64(f.bits)
		case f.is(eventFileVersion, protowire.BytesType):
			e.FileVersion = string(f.bytes)
		case f.is(eventSessionLog, protowire.BytesType):
			return eachField(f.bytes, func(f field) error {
				if f.is(sessionLogStatus, protowire.VarintType) {
					e.SessionStart = f.bits == sessionStart
				}
				return nil
			})
		case f.is(eventSummary, protowire.BytesType):
			return eachField(f.bytes, func(f field) error {
				if !f.is(summaryValue, protowire.BytesType) {
					return nil
				}
				v, err := parseValue(f.bytes)
				e.Values = append(e.Values, v)
				return err
			})
		}
		return nil
	})
	return e, err
}

func parseValue(data []byte) (Value, error) {
	var v Value
	var t tensor
	err := eachField(data, func(f field) error {
		switch {
		case f.is(valueTag, protowire.BytesType):
			v.Tag = string(f.bytes)
		case f.is(valueMetadata, protowire.BytesType):
			return parsePlugin(f.bytes, &v.Plugin)
		case f.is(valueTensor, protowire.BytesType):
			return parseTensor(f.bytes, &t)
		}
		return nil
	})
	if err == nil {
		err = v.fill(t)
	}
	if err != nil {
		return Value{}, fmt.Errorf("value %q: %w", v.Tag, err)
	}
	return v, nil
}

func parsePlugin(metadata []byte, name *string) error {
	return eachField(metadata, func(f field) error {
		if !f.is(metadataPlugin, protowire.BytesType) {
			return nil
		}
		return eachField(f.bytes, func(f field) error {
			if f.is(pluginName, protowire.BytesType) {
				*name = string(f.bytes)
			}
			return nil
		})
	})
}

// tensor holds the elements of a TensorProto of floats, doubles or strings.
type tensor struct {
	dtype   uint64
	numbers []float64
	strings [][]byte
}

func parseTensor(data []byte, t *tensor) error {
	var packed, content []byte
	err := eachField(data, func(f field) error {
		switch {
		case f.is(tensorType, protowire.VarintType):
			t.dtype = f.bits
		case f.is(tensorFloats, protowire.BytesType), f.is(tensorDoubles, protowire.BytesType):
			packed = f.bytes
		case f.is(tensorContent, protowire.BytesType):
			content = f.bytes
		case f.is(tensorStrings, protowire.BytesType):
			t.strings = append(t.strings, f.bytes)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Writers choose freely between the packed field of the type and the raw
	// memory, which is the same bytes.
	t.numbers, err = unpack(t.dtype, slices.Concat(packed, content))
	return err
}

func unpack(dtype uint64, raw []byte) ([]float64, error) {
	var numbers []float64
	switch {
	case dtype == typeFloat && len(raw)%4 == 0:
		for ; len(raw) > 0; raw = raw[4:] {
			numbers = append(numbers, float64(math.Float32frombits(binary.LittleEndian.Uint32(raw))))
		}
	case dtype == typeDouble && len(raw)%8 == 0:
		for ; len(raw) > 0; raw = raw[8:] {
			numbers = append(numbers, math.Float64frombits(binary.LittleEndian.Uint64(raw)))
		}
	case len(raw) > 0:
		return nil, fmt.Errorf("%d bytes are not a tensor of type %d", len(raw), dtype)
	}
	return numbers, nil
}

// fill gives the tensor the meaning its plugin says it has.
func (v *Value) fill(t tensor) error {
	switch v.Plugin {
	case scalarsPlugin:
		if len(t.numbers) != 1 {
			return fmt.Errorf("scalar of %d numbers", len(t.numbers))
		}
		v.Scalar = t.numbers[0]
	case imagesPlugin:
		if len(t.strings) < 2 {
			return fmt.Errorf("images without width and height: %d strings", len(t.strings))
		}
		var errs [2]error
		v.Width, errs[0] = strconv.Atoi(string(t.strings[0]))
		v.Height, errs[1] = strconv.Atoi(string(t.strings[1]))
		v.Images = t.strings[2:]
		return errors.Join(errs[:]...)
	case histogramsPlugin:
		if len(t.numbers)%3 != 0 {
			return fmt.Errorf("histogram of %d numbers", len(t.numbers))
		}
		for n := t.numbers; len(n) > 0; n = n[3:] {
			v.Buckets = append(v.Buckets, Bucket{Left: n[0], Right: n[1], Count: n[2]})
		}
	}
	return nil
}
