package vectors

import (
	"errors"
	"fmt"
	"io"

	"vaectl/internal/format/npy"
)

// npyReader reads an array of two dimensions in C order.
type npyReader struct {
	name   string
	reader io.Reader
	number npy.Number
	rows   int
	row    int
	buffer []byte
}

func newNPYReader(r io.Reader, name string, width int) (*npyReader, error) {
	n := &npyReader{name: name, reader: r}
	h, err := npy.ReadHeader(r)
	switch {
	case errors.Is(err, npy.ErrFormat):
		return nil, n.errorf("%w", err)
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	number, known := npy.NumberOf(h.Type)
	switch {
	case !known || !number.Float || number.Size < 4:
		return nil, n.errorf("numbers of type '%s', want float32 or float64", h.Type)
	case h.Fortran:
		return nil, n.errorf("the array is in Fortran order, want C order")
	case len(h.Shape) != 2 || h.Shape[1] != width:
		return nil, n.errorf("shape %s, want (rows, %d)", h.ShapeText(), width)
	}
	n.rows, n.number, n.buffer = h.Shape[0], number, make([]byte, width*number.Size)
	return n, nil
}

// Read implements Reader.
func (n *npyReader) Read(dst []float64) error {
	if n.row == n.rows {
		return n.end()
	}
	_, err := io.ReadFull(n.reader, n.buffer)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n.errorf("it ends in row %d of %d", n.row, n.rows)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", n.name, err)
	}
	for i := range dst {
		dst[i] = n.number.Value(n.buffer[i*n.number.Size:])
		if err := checkFinite(dst[i]); err != nil {
			return n.errorf("row %d, column %d: %w", n.row, i, err)
		}
	}
	n.row++
	return nil
}

// end checks that nothing follows.
func (n *npyReader) end() error {
	var one [1]byte
	switch _, err := io.ReadFull(n.reader, one[:]); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return fmt.Errorf("read %s: %w", n.name, err)
	}
	return n.errorf("it goes on after the %d rows of its header", n.rows)
}

func (n *npyReader) errorf(format string, args ...any) error {
	return fmt.Errorf("%w: %s: %w", ErrFormat, n.name, fmt.Errorf(format, args...))
}
