package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Info is what the header says about one tensor.
type Info struct {
	Name       string
	Shape      []int
	begin, end int64 // of its bytes, counted from the header's end
}

// Header is all of a file but the numbers.
type Header struct {
	Tensors  []Info            // in the order of their numbers
	Metadata map[string]string // nil when there is none
	numbers  int64             // where the numbers begin in the file
}

// Read reads all tensors of the file of size bytes in r, in the order they have there, and the metadata, nil when there is none.
// A file that is not exactly what the format prescribes, with numbers other than float32 among it, or whose content is not that of its checksum,
// is an error that wraps ErrDamaged. A file without a checksum is read all the same: the metadata then have no [ChecksumKey].
func Read(r io.ReaderAt, size int64) ([]Tensor, map[string]string, error) {
	header, err := ReadHeader(r, size)
	if err != nil {
		return nil, nil, err
	}
	numbers := io.NewSectionReader(r, header.numbers, size-header.numbers)
	verifier, err := newVerifier(header.Metadata)
	if err != nil {
		return nil, nil, err
	}
	tensors := make([]Tensor, len(header.Tensors))
	for i, info := range header.Tensors {
		// The header has been checked: the tensors follow one another without a hole.
		verifier.tensor(info.Name, info.Shape)
		data, err := readNumbers(io.TeeReader(numbers, verifier.hash), int((info.end-info.begin)/numberBytes))
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", info.Name, err)
		}
		tensors[i] = Tensor{Name: info.Name, Shape: info.Shape, Data: data}
	}
	if err := verifier.check(); err != nil {
		return nil, nil, err
	}
	return tensors, header.Metadata, nil
}

// ReadHeader reads and checks everything but the numbers of the file of size bytes in r: what Read would allocate is known before it does.
// Errors are those of Read.
func ReadHeader(r io.ReaderAt, size int64) (Header, error) {
	var lengthField [lengthBytes]byte
	if size < lengthBytes {
		return Header{}, damaged("%d bytes, fewer than the %d the header's length takes", size, lengthBytes)
	}
	if err := readFull(io.NewSectionReader(r, 0, size), lengthField[:]); err != nil {
		return Header{}, err
	}
	length := binary.LittleEndian.Uint64(lengthField[:])
	switch {
	case length > uint64(size-lengthBytes):
		return Header{}, damaged("the header should have %d bytes where %d are left: cut short, or not safetensors", length, size-lengthBytes)
	case length > maxHeader:
		return Header{}, damaged("the header has %d bytes, more than %d", length, maxHeader)
	}
	text := make([]byte, length)
	if err := readFull(io.NewSectionReader(r, lengthBytes, int64(length)), text); err != nil {
		return Header{}, err
	}
	header, err := parseHeader(text)
	if err != nil {
		return Header{}, damaged("header: %w", err)
	}
	header.numbers = lengthBytes + int64(length)
	if err := header.arrange(size - header.numbers); err != nil {
		return Header{}, damaged("%w", err)
	}
	return header, nil
}

// readNumbers reads the next n numbers.
func readNumbers(r io.Reader, n int) ([]float32, error) {
	data := make([]float32, n)
	buffer := make([]byte, min(n, chunkNumbers)*numberBytes)
	for rest := data; len(rest) > 0; {
		chunk := rest[:min(len(rest), chunkNumbers)]
		if err := readFull(r, buffer[:len(chunk)*numberBytes]); err != nil {
			return nil, err
		}
		for i := range chunk {
			chunk[i] = math.Float32frombits(binary.LittleEndian.Uint32(buffer[i*numberBytes:]))
		}
		rest = rest[len(chunk):]
	}
	return data, nil
}

// readFull fills buffer. A file that ends before its size is damaged; any other error is the reader's own.
func readFull(r io.Reader, buffer []byte) error {
	_, err := io.ReadFull(r, buffer)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("ends before its size")
	}
	if err != nil {
		return fmt.Errorf("read safetensors: %w", err)
	}
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
