package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// archive collects the arrays of a page. js/archive.js reads it.
type archive struct {
	arrays map[string]array
	bytes  bytes.Buffer
}

// array says where the numbers of an array are: float32, or integers of so many
// bits, or bytes where Bits is 0.
type array struct {
	At    int   `json:"at"`
	Shape []int `json:"shape"`
	Bits  int   `json:"bits"`
}

func newArchive() *archive { return &archive{arrays: make(map[string]array)} }

// addFloats adds numbers as they are.
func (a *archive) addFloats(name string, values []float32, shape ...int) {
	a.arrays[name] = array{At: a.bytes.Len(), Shape: shape, Bits: 32}
	a.bytes.Write(littleEndian(values))
}

// addIntegers adds rows of integers: the steps of all rows, then the low bytes of
// all numbers and then the high ones, each of which packs better without the other.
func (a *archive) addIntegers(name string, q quantisedArray, shape ...int) {
	a.arrays[name] = array{At: a.bytes.Len(), Shape: shape, Bits: q.bits}
	a.bytes.Write(littleEndian(q.steps))
	for _, v := range q.values {
		a.bytes.WriteByte(byte(v))
	}
	if q.bits > 8 {
		for _, v := range q.values {
			a.bytes.WriteByte(byte(v >> 8))
		}
	}
}

// addBytes adds images, one after another.
func (a *archive) addBytes(name string, values []byte, shape ...int) {
	a.arrays[name] = array{At: a.bytes.Len(), Shape: shape}
	a.bytes.Write(values)
}

func littleEndian(values []float32) []byte {
	out, err := binary.Append(nil, binary.LittleEndian, values)
	if err != nil {
		panic(fmt.Sprintf("page: %v", err)) // float32 have a size
	}
	return out
}

// pack returns the archive as text, with what the header holds beside the arrays.
func (a *archive) pack(header map[string]any) (string, error) {
	header["arrays"] = a.arrays
	text, err := json.Marshal(header)
	if err != nil {
		return "", fmt.Errorf("header of the page: %w", err)
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	for _, part := range [][]byte{binary.LittleEndian.AppendUint32(nil, uint32(len(text))), text, a.bytes.Bytes()} {
		if _, err := w.Write(part); err != nil {
			return "", err
		}
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}
