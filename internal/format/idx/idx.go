// Package idx reads and writes the header of IDX, the format of MNIST's files: two
// zero bytes, a type byte, the number of dimensions, each dimension as a big-endian
// uint32, then the values, last dimension fastest (Y. LeCun, C. Cortes, C. Burges,
// "The MNIST database of handwritten digits").
package idx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"vaectl/internal/format/npy"
)

// Types of the values.
const (
	UnsignedByte = 0x08
	SignedByte   = 0x09
	Int16        = 0x0B
	Int32        = 0x0C
	Float32      = 0x0D
	Float64      = 0x0E
)

// MagicLength is how many bytes tell a file's type and number of dimensions.
const MagicLength = 4

// ErrFormat is the error of a file that is not IDX.
var ErrFormat = errors.New("malformed IDX")

// Header describes the array of a file.
type Header struct {
	Type byte
	Dims []int
}

// TypeName says what the values of a type are.
func TypeName(t byte) string {
	switch t {
	case UnsignedByte:
		return "unsigned bytes (type 0x08)"
	case SignedByte:
		return "signed bytes (type 0x09)"
	case Int16:
		return "16-bit integers (type 0x0b)"
	case Int32:
		return "32-bit integers (type 0x0c)"
	case Float32:
		return "float32 values (type 0x0d)"
	case Float64:
		return "float64 values (type 0x0e)"
	}
	return fmt.Sprintf("values of unknown type 0x%02x", t)
}

// Number is how values of the type are read.
func (h Header) Number() (npy.Number, bool) {
	return npy.NumberOf(map[byte]string{
		UnsignedByte: "|u1", SignedByte: "|i1", Int16: ">i2", Int32: ">i4", Float32: ">f4", Float64: ">f8",
	}[h.Type])
}

// IsMagic reports whether a file that begins with start is one of IDX, as far as its
// first four bytes tell.
func IsMagic(start []byte) bool {
	return len(start) >= MagicLength && start[0] == 0 && start[1] == 0 && UnsignedByte <= start[2] && start[2] <= Float64 &&
		start[2] != 0x0A && 1 <= start[3] && start[3] <= 4
}

// ReadHeader reads to the first value. A header that ends early is
// io.ErrUnexpectedEOF; what is no header is [ErrFormat].
func ReadHeader(r io.Reader) (Header, error) {
	var magic [MagicLength]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return Header{}, unexpected(err)
	}
	if !IsMagic(magic[:]) {
		return Header{}, fmt.Errorf("%w: it begins with % x", ErrFormat, magic)
	}
	raw := make([]byte, 4*magic[3])
	if _, err := io.ReadFull(r, raw); err != nil {
		return Header{}, unexpected(err)
	}
	h := Header{Type: magic[2]}
	for i := 0; i < len(raw); i += 4 {
		d := binary.BigEndian.Uint32(raw[i:])
		if d > math.MaxInt32 {
			return Header{}, fmt.Errorf("%w: a dimension of %d", ErrFormat, d)
		}
		h.Dims = append(h.Dims, int(d))
	}
	return h, nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Append appends the header to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, 0, 0, h.Type, byte(len(h.Dims)))
	for _, d := range h.Dims {
		b = binary.BigEndian.AppendUint32(b, uint32(d))
	}
	return b
}
