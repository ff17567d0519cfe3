package vectors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The format is that of NEP 1 of NumPy: magic, version, the header's length, a
// Python dictionary, and the numbers.
const (
	npyMagic = "\x93NUMPY"
	// maxHeader is more than NumPy itself reads without being told to.
	maxHeader = 1 << 16
	npyAlign  = 64
)

// npyReader reads an array of two dimensions in C order.
type npyReader struct {
	name   string
	reader io.Reader
	order  binary.ByteOrder
	size   int // bytes a number
	rows   int
	row    int
	buffer []byte
}

func newNPYReader(r io.Reader, name string, width int) (*npyReader, error) {
	n := &npyReader{name: name, reader: r}
	text, err := n.header()
	if err != nil {
		return nil, err
	}
	entries, err := parseHeader(text)
	if err != nil {
		return nil, n.errorf("header %.100q: %w", text, err)
	}
	switch entries["descr"] {
	case "'<f4'":
		n.order, n.size = binary.LittleEndian, 4
	case "'<f8'":
		n.order, n.size = binary.LittleEndian, 8
	case "'>f4'":
		n.order, n.size = binary.BigEndian, 4
	case "'>f8'":
		n.order, n.size = binary.BigEndian, 8
	default:
		return nil, n.errorf("numbers of type %s, want float32 or float64", entries["descr"])
	}
	if entries["fortran_order"] == "True" {
		return nil, n.errorf("the array is in Fortran order, want C order")
	}
	shape, err := parseShape(entries["shape"])
	if err != nil {
		return nil, n.errorf("%w", err)
	}
	if len(shape) != 2 || shape[1] != width {
		return nil, n.errorf("shape %s, want (rows, %d)", entries["shape"], width)
	}
	n.rows, n.buffer = shape[0], make([]byte, width*n.size)
	return n, nil
}

// header is the text of the dictionary.
func (n *npyReader) header() ([]byte, error) {
	start := make([]byte, len(npyMagic)+2)
	if err := n.full(start); err != nil {
		return nil, err
	}
	if string(start[:len(npyMagic)]) != npyMagic {
		return nil, n.errorf("no NPY: it does not begin with %q", npyMagic)
	}
	var length int
	switch major := start[len(npyMagic)]; major {
	case 1:
		var size [2]byte
		if err := n.full(size[:]); err != nil {
			return nil, err
		}
		length = int(binary.LittleEndian.Uint16(size[:]))
	case 2, 3:
		var size [4]byte
		if err := n.full(size[:]); err != nil {
			return nil, err
		}
		if long := binary.LittleEndian.Uint32(size[:]); long > maxHeader {
			return nil, n.errorf("a header of %d bytes", long)
		} else {
			length = int(long)
		}
	default:
		return nil, n.errorf("version %d of the format, want 1, 2 or 3", major)
	}
	text := make([]byte, length)
	return text, n.full(text)
}

// full reads all of p.
func (n *npyReader) full(p []byte) error {
	_, err := io.ReadFull(n.reader, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return n.errorf("it ends in the header")
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", n.name, err)
	}
	return nil
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
		at := n.buffer[i*n.size:]
		if n.size == 4 {
			dst[i] = float64(math.Float32frombits(n.order.Uint32(at)))
		} else {
			dst[i] = math.Float64frombits(n.order.Uint64(at))
		}
		if err := finite(dst[i]); err != nil {
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

// parseHeader reads a Python dictionary with the three keys of the format, in
// any order. Values are as they are written.
func parseHeader(text []byte) (map[string]string, error) {
	const (
		value = `'[^'\\]*'|True|False|\([0-9, ]*\)`
		entry = `\s*'(descr|fortran_order|shape)'\s*:\s*(` + value + `)\s*`
	)
	whole := regexp.MustCompile(`^\s*\{(?:` + entry + `,)*(?:` + entry + `)?\s*\}\s*$`)
	if !whole.Match(text) {
		return nil, errors.New("want a dictionary of descr, fortran_order and shape")
	}
	entries := make(map[string]string)
	for _, m := range regexp.MustCompile(entry).FindAllSubmatch(text, -1) {
		key := string(m[1])
		if _, twice := entries[key]; twice {
			return nil, fmt.Errorf("%s twice", key)
		}
		entries[key] = string(m[2])
	}
	if len(entries) != 3 {
		return nil, errors.New("want descr, fortran_order and shape")
	}
	if order := entries["fortran_order"]; order != "True" && order != "False" {
		return nil, fmt.Errorf("fortran_order %s", order)
	}
	return entries, nil
}

// parseShape reads a Python tuple of integers.
func parseShape(text string) ([]int, error) {
	inner, open := strings.CutPrefix(text, "(")
	inner, closed := strings.CutSuffix(inner, ")")
	if !open || !closed {
		return nil, fmt.Errorf("shape %s is no tuple", text)
	}
	var shape []int
	fields := strings.Split(strings.TrimSuffix(strings.TrimSpace(inner), ","), ",")
	for _, field := range fields {
		if len(fields) == 1 && strings.TrimSpace(field) == "" {
			break
		}
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("shape %s", text)
		}
		shape = append(shape, n)
	}
	return shape, nil
}

// WriteNPYHeader begins an NPY file of rows rows of width numbers: float32 of
// 4 bytes or float64 of 8 bytes each, little-endian, which follow.
func WriteNPYHeader(w io.Writer, rows, width, size int) error {
	var b bytes.Buffer
	b.WriteString(npyMagic + "\x01\x00\x00\x00")
	fmt.Fprintf(&b, "{'descr': '<f%d', 'fortran_order': False, 'shape': (%d, %d), }", size, rows, width)
	for (b.Len()+1)%npyAlign != 0 {
		b.WriteByte(' ')
	}
	b.WriteByte('\n')
	header := b.Bytes()
	binary.LittleEndian.PutUint16(header[len(npyMagic)+2:], uint16(len(header)-len(npyMagic)-4))
	_, err := w.Write(header)
	return err
}
