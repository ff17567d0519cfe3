// Package npy reads and writes NumPy's files of one array, NPY: magic, version,
// the header's length, a Python dictionary that describes the array, and its
// numbers (NEP 1 of NumPy). It is ours because what it takes is a page, and because
// arrays are streamed: nobody here wants a whole one in memory.
package npy

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

// Magic is what a file begins with.
const Magic = "\x93NUMPY"

const (
	// maxHeader is more than NumPy itself reads without being told to.
	maxHeader = 1 << 16
	align     = 64
)

// ErrFormat is the error of a file that is not NPY, or not as it should be.
var ErrFormat = errors.New("malformed NPY")

// Header describes the array of a file.
type Header struct {
	// Type is NumPy's word for the type of a number, as "<f4".
	Type string
	// Fortran is true when the first index runs fastest, not the last.
	Fortran bool
	Shape   []int
}

// Count is the number of numbers. It is false when that does not fit an int.
func (h Header) Count() (n int, ok bool) {
	n = 1
	for _, d := range h.Shape {
		if d > 0 && n > math.MaxInt/d {
			return 0, false
		}
		n *= d
	}
	return n, true
}

// ShapeText writes the shape as Python does.
func (h Header) ShapeText() string {
	if len(h.Shape) == 1 {
		return fmt.Sprintf("(%d,)", h.Shape[0])
	}
	var words []string
	for _, d := range h.Shape {
		words = append(words, strconv.Itoa(d))
	}
	return "(" + strings.Join(words, ", ") + ")"
}

// Number reads numbers of one type.
type Number struct {
	// Size is the number of bytes.
	Size int
	// Float is true for floating-point types, Bits the width of the others.
	Float bool
	Bits  int
	// Value is the number in the first Size bytes of b.
	Value func(b []byte) float64
}

// NumberOf returns how numbers of a type are read: booleans, integers and
// floating-point numbers of NumPy, in either order of bytes. Objects, texts,
// complex numbers and the like are not read.
func NumberOf(typ string) (Number, bool) {
	if len(typ) < 3 {
		return Number{}, false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if typ[0] == '>' {
		order = binary.BigEndian
	}
	if strings.IndexByte("<>|=", typ[0]) < 0 {
		return Number{}, false
	}
	switch typ[1:] {
	case "b1":
		return Number{1, false, 1, func(b []byte) float64 {
			if b[0] != 0 {
				return 1
			}
			return 0
		}}, true
	case "u1":
		return Number{1, false, 8, func(b []byte) float64 { return float64(b[0]) }}, true
	case "i1":
		return Number{1, false, 8, func(b []byte) float64 { return float64(int8(b[0])) }}, true
	}
	if typ[0] == '|' {
		return Number{}, false
	}
	switch typ[1:] {
	case "u2":
		return Number{2, false, 16, func(b []byte) float64 { return float64(order.Uint16(b)) }}, true
	case "i2":
		return Number{2, false, 16, func(b []byte) float64 { return float64(int16(order.Uint16(b))) }}, true
	case "u4":
		return Number{4, false, 32, func(b []byte) float64 { return float64(order.Uint32(b)) }}, true
	case "i4":
		return Number{4, false, 32, func(b []byte) float64 { return float64(int32(order.Uint32(b))) }}, true
	case "u8":
		return Number{8, false, 64, func(b []byte) float64 { return float64(order.Uint64(b)) }}, true
	case "i8":
		return Number{8, false, 64, func(b []byte) float64 { return float64(int64(order.Uint64(b))) }}, true
	case "f2":
		return Number{2, true, 0, func(b []byte) float64 { return half(order.Uint16(b)) }}, true
	case "f4":
		return Number{4, true, 0, func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) }}, true
	case "f8":
		return Number{8, true, 0, func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }}, true
	}
	return Number{}, false
}

// half is the value of a float16 (IEEE 754-2008, binary16).
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	value := math.Ldexp(1024+fraction, exponent-25)
	switch {
	case exponent == 0:
		value = math.Ldexp(fraction, -24)
	case exponent == 0x1f && fraction == 0:
		value = math.Inf(1)
	case exponent == 0x1f:
		value = math.NaN()
	}
	if bits>>15 == 1 {
		return -value
	}
	return value
}

// ReadHeader reads to the first number. Errors of r are passed on, all others wrap
// [ErrFormat].
func ReadHeader(r io.Reader) (Header, error) {
	text, err := headerText(r)
	if err != nil {
		return Header{}, err
	}
	h, err := parse(text)
	if err != nil {
		return Header{}, fmt.Errorf("%w: header %.100q: %w", ErrFormat, text, err)
	}
	return h, nil
}

func headerText(r io.Reader) ([]byte, error) {
	start := make([]byte, len(Magic)+2)
	if err := full(r, start); err != nil {
		return nil, err
	}
	if string(start[:len(Magic)]) != Magic {
		return nil, malformed("no NPY: it does not begin with %q", Magic)
	}
	var length int
	switch major := start[len(Magic)]; major {
	case 1:
		var size [2]byte
		if err := full(r, size[:]); err != nil {
			return nil, err
		}
		length = int(binary.LittleEndian.Uint16(size[:]))
	case 2, 3:
		var size [4]byte
		if err := full(r, size[:]); err != nil {
			return nil, err
		}
		long := binary.LittleEndian.Uint32(size[:])
		if long > maxHeader {
			return nil, malformed("a header of %d bytes", long)
		}
		length = int(long)
	default:
		return nil, malformed("version %d of the format, want 1, 2 or 3", major)
	}
	text := make([]byte, length)
	return text, full(r, text)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrFormat, fmt.Errorf(format, args...))
}

func full(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("it ends in the header")
	}
	return err
}

// parse reads a Python dictionary with the three keys of the format, in any order.
func parse(text []byte) (Header, error) {
	const (
		value = `'[^'\\]*'|True|False|\([0-9, ]*\)`
		entry = `\s*'(descr|fortran_order|shape)'\s*:\s*(` + value + `)\s*`
	)
	whole := regexp.MustCompile(`^\s*\{(?:` + entry + `,)*(?:` + entry + `)?\s*\}\s*$`)
	if !whole.Match(text) {
		return Header{}, errors.New("want a dictionary of descr, fortran_order and shape")
	}
	entries := make(map[string]string)
	for _, m := range regexp.MustCompile(entry).FindAllSubmatch(text, -1) {
		key := string(m[1])
		if _, twice := entries[key]; twice {
			return Header{}, fmt.Errorf("%s twice", key)
		}
		entries[key] = string(m[2])
	}
	if len(entries) != 3 {
		return Header{}, errors.New("want descr, fortran_order and shape")
	}
	order := entries["fortran_order"]
	if order != "True" && order != "False" {
		return Header{}, fmt.Errorf("fortran_order %s", order)
	}
	typ, quoted := strings.CutPrefix(entries["descr"], "'")
	if !quoted {
		return Header{}, fmt.Errorf("descr %s", entries["descr"])
	}
	shape, err := parseShape(entries["shape"])
	return Header{Type: strings.TrimSuffix(typ, "'"), Fortran: order == "True", Shape: shape}, err
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

// WriteHeader begins a file; the numbers are to follow.
func WriteHeader(w io.Writer, h Header) error {
	order := "False"
	if h.Fortran {
		order = "True"
	}
	var b bytes.Buffer
	b.WriteString(Magic + "\x01\x00\x00\x00")
	fmt.Fprintf(&b, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", h.Type, order, h.ShapeText())
	for (b.Len()+1)%align != 0 {
		b.WriteByte(' ')
	}
	b.WriteByte('\n')
	header := b.Bytes()
	binary.LittleEndian.PutUint16(header[len(Magic)+2:], uint16(len(header)-len(Magic)-4))
	_, err := w.Write(header)
	return err
}
