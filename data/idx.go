package data

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"vaectl/internal/format/idx"
	"vaectl/internal/hinted"
)

const (
	idxImageDims = 3
	idxLabelDims = 1
)

// DefaultMaxBytes is the largest IDX content that is read unless Options.MaxBytes
// says otherwise: 2 GiB.
const DefaultMaxBytes = 2 << 30

// errTooLarge marks a file that declares more than it may.
var errTooLarge = errors.New("more than the limit")

// firstChunk is the first allocation for a file's values. Later ones double, so
// memory stays within twice what arrived, whatever a header promises.
const firstChunk = 1 << 20

// content is the uncompressed side of a file.
type content struct {
	io.Reader
	// zipped says whether the file itself is a gzip archive.
	zipped bool
}

// openContent looks at the first bytes of r and puts a decompressor on top if
// they are gzip's.
func openContent(r io.Reader, name string) (content, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(2)
	switch {
	case len(head) == 0 && err == io.EOF:
		return content{}, damaged(name, "the file is empty")
	case err != nil && err != io.EOF:
		return content{}, fmt.Errorf("reading %s: %w", name, err)
	case len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b:
		return content{Reader: br}, nil
	}
	zr, err := gzip.NewReader(br)
	if err != nil {
		return content{}, readError(name, err)
	}
	return content{Reader: zr, zipped: true}, nil
}

func readImages(r io.Reader, name string, maxBytes int64) (Split, error) {
	dims, body, err := readIDX(r, name, idxImageDims, maxBytes)
	if err != nil {
		return Split{}, err
	}
	return Split{Count: dims[0], Shape: Shape{Height: dims[1], Width: dims[2], Channels: 1}, Bytes: body}, nil
}

func readLabels(r io.Reader, name string, maxBytes int64) ([]byte, error) {
	_, body, err := readIDX(r, name, idxLabelDims, maxBytes)
	return body, err
}

// readIDX reads one array with want dimensions and makes sure that nothing follows.
func readIDX(r io.Reader, name string, want int, maxBytes int64) ([]int, []byte, error) {
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	if err := readMagic(r, name, want); err != nil {
		return nil, nil, err
	}
	dims, total, err := readDims(r, name, want, maxBytes)
	if err != nil {
		return nil, nil, err
	}
	body, err := readBody(r, name, total)
	if err != nil {
		return nil, nil, err
	}
	if err := expectEnd(r, name, total); err != nil {
		return nil, nil, err
	}
	return dims, body, nil
}

func readMagic(r io.Reader, name string, want int) error {
	var magic [idx.MagicLength]byte
	if n, err := io.ReadFull(r, magic[:]); err != nil {
		return shortRead(name, err, "the header", n, idx.MagicLength)
	}
	switch {
	case magic[0] != 0 || magic[1] != 0:
		note := ""
		if magic[0] == '<' {
			note = ", it looks like a web page"
		}
		return damaged(name, "not an IDX file: begins with % x, want 00 00 08 %02x%s", magic[:], want, note)
	case magic[2] != idx.UnsignedByte:
		return damaged(name, "holds %s, only unsigned bytes (type 0x08) are read", idx.TypeName(magic[2]))
	case want == idxImageDims && magic[3] == idxLabelDims:
		return damaged(name, "holds labels, not images")
	case want == idxLabelDims && magic[3] == idxImageDims:
		return damaged(name, "holds images, not labels")
	case int(magic[3]) != want:
		return damaged(name, "has %d dimensions, want %d", magic[3], want)
	}
	return nil
}

// readDims returns the dimensions and their product, which is at least 1, at most
// maxBytes and fits an int.
func readDims(r io.Reader, name string, n int, maxBytes int64) ([]int, int, error) {
	raw := make([]byte, 4*n)
	if got, err := io.ReadFull(r, raw); err != nil {
		return nil, 0, shortRead(name, err, "the header", idx.MagicLength+got, idx.MagicLength+len(raw))
	}
	limit := uint64(min(maxBytes, math.MaxInt))
	total := uint64(1)
	dims := make([]int, n)
	for i := range dims {
		d := uint64(binary.BigEndian.Uint32(raw[4*i:]))
		if d == 0 {
			return nil, 0, damaged(name, "declares %s", emptyShape(raw))
		}
		// Divide, for the product of three uint32 may not fit a uint64.
		if d > limit/total {
			return nil, 0, &hinted.Error{
				Kind:   ErrDamaged,
				Err:    fmt.Errorf("%s: declares %s, %w of %d bytes", name, shapeText(raw), errTooLarge, limit),
				Advice: "the file is damaged, or larger than what is read, which protects the machine's memory",
			}
		}
		total *= d
		dims[i] = int(d)
	}
	return dims, int(total), nil
}

func shapeText(raw []byte) string {
	s := ""
	for i := 0; i < len(raw); i += 4 {
		if i > 0 {
			s += "x"
		}
		s += fmt.Sprint(binary.BigEndian.Uint32(raw[i:]))
	}
	return s + " values"
}

func emptyShape(raw []byte) string {
	switch {
	case len(raw) == 4*idxLabelDims:
		return "zero labels"
	case binary.BigEndian.Uint32(raw) == 0:
		return "zero images"
	}
	return fmt.Sprintf("images of %dx%d pixels",
		binary.BigEndian.Uint32(raw[4:]), binary.BigEndian.Uint32(raw[8:]))
}

func readBody(r io.Reader, name string, total int) ([]byte, error) {
	body := make([]byte, min(total, firstChunk))
	got := 0
	for {
		n, err := io.ReadFull(r, body[got:])
		got += n
		if err != nil {
			return nil, shortRead(name, err, "the data", got, total)
		}
		if got == total {
			return body, nil
		}
		grown := make([]byte, min(total, 2*len(body)))
		copy(grown, body)
		body = grown
	}
}

// expectEnd reads on to the end, where gzip checks its checksum.
func expectEnd(r io.Reader, name string, total int) error {
	var extra [1]byte
	n, err := io.ReadFull(r, extra[:])
	switch {
	case n > 0:
		return damaged(name, "has bytes after the %d values that its header declares", total)
	case err == io.EOF:
		return nil
	}
	return readError(name, err)
}

func shortRead(name string, err error, what string, got, want int) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged(name, "truncated: %s ends after %d of %d bytes: %w", what, got, want, io.ErrUnexpectedEOF)
	}
	return readError(name, err)
}

// readError tells a damaged archive from a failure to read.
func readError(name string, err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return damaged(name, "truncated gzip archive: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return damaged(name, "damaged gzip archive: %w", err)
	}
	return fmt.Errorf("reading %s: %w", name, err)
}

// imageHeader is the IDX header of count images of one shape; only images with
// channels have a dimension for them.
func imageHeader(count int, s Shape) []byte {
	dims := []int{count, s.Height, s.Width}
	if s.Channels > 1 {
		dims = append(dims, s.Channels)
	}
	return idx.Header{Type: idx.UnsignedByte, Dims: dims}.Append(nil)
}

// labelFile is the IDX file of labels: of bytes as long as they fit, of 32-bit
// integers otherwise.
func labelFile(labels []int) []byte {
	if len(labels) > 0 && slices.Max(labels) > math.MaxUint8 {
		file := idx.Header{Type: idx.Int32, Dims: []int{len(labels)}}.Append(nil)
		for _, label := range labels {
			file = binary.BigEndian.AppendUint32(file, uint32(label))
		}
		return file
	}
	file := idx.Header{Type: idx.UnsignedByte, Dims: []int{len(labels)}}.Append(nil)
	for _, label := range labels {
		file = append(file, byte(label))
	}
	return file
}
