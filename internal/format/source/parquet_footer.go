package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The library makes room for as many elements of a list as the footer of a file says
// there are. A footer is walked through before, so that it says no more than it has.

const (
	parquetMagic = "PAR1"
	// maxFooter bounds the footer: that of a thousand groups of rows in ten columns
	// takes 1 MB.
	maxFooter = 16 << 20
	// maxThriftDepth bounds structures within structures. Those of Parquet nest less.
	maxThriftDepth = 24
)

var errFooter = errors.New("its footer is damaged")

// checkFooter reads the end of a Parquet file: the footer, its length and the magic.
func checkFooter(r io.ReaderAt, size int64) error {
	const tail = 4 + len(parquetMagic)
	var end [tail]byte
	if size < int64(len(parquetMagic)+tail) {
		return io.ErrUnexpectedEOF
	}
	if _, err := r.ReadAt(end[:], size-int64(tail)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(end[4:]) != parquetMagic {
		return fmt.Errorf("it ends with %q, want %q", end[4:], parquetMagic)
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	if length > size-int64(len(parquetMagic)+tail) || length > maxFooter {
		return fmt.Errorf("%w: it would have %d bytes", errFooter, length)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-int64(tail)-length); err != nil {
		return err
	}
	w := thriftWalk{rest: footer}
	if err := w.structure(0); err != nil {
		return err
	}
	return nil
}

// thriftWalk reads Thrift's compact protocol without keeping anything.
type thriftWalk struct{ rest []byte }

// Types of values in the compact protocol.
const (
	thriftTrue = iota + 1
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
	thriftUUID
)

func (w *thriftWalk) byte() (byte, error) {
	if len(w.rest) == 0 {
		return 0, errFooter
	}
	b := w.rest[0]
	w.rest = w.rest[1:]
	return b, nil
}

func (w *thriftWalk) varint() (uint64, error) {
	v, n := binary.Uvarint(w.rest)
	if n <= 0 {
		return 0, errFooter
	}
	w.rest = w.rest[n:]
	return v, nil
}

func (w *thriftWalk) skip(n uint64) error {
	if n > uint64(len(w.rest)) {
		return errFooter
	}
	w.rest = w.rest[n:]
	return nil
}

// structure walks through fields up to the stop.
func (w *thriftWalk) structure(depth int) error {
	if depth > maxThriftDepth {
		return errFooter
	}
	for {
		head, err := w.byte()
		if err != nil || head == 0 {
			return err
		}
		if head>>4 == 0 { // the field's number stands by itself
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		if kind := head & 0xf; kind == thriftTrue || kind == thriftFalse {
			continue // the value is in the type
		} else if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

func (w *thriftWalk) value(kind byte, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte: // an element of a list
		return w.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := w.varint()
		return err
	case thriftDouble:
		return w.skip(8)
	case thriftBinary:
		n, err := w.varint()
		return errors.Join(err, w.skip(n))
	case thriftList, thriftSet:
		return w.list(depth)
	case thriftMap:
		return w.pairs(depth)
	case thriftStruct:
		return w.structure(depth + 1)
	case thriftUUID:
		return w.skip(16)
	}
	return errFooter
}

func (w *thriftWalk) list(depth int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 { // a long list
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	return w.elements(n, depth, head&0xf)
}

func (w *thriftWalk) pairs(depth int) error {
	n, err := w.varint()
	if err != nil || n == 0 {
		return err
	}
	kinds, err := w.byte()
	if err != nil {
		return err
	}
	return w.elements(n, depth, kinds>>4, kinds&0xf)
}

// elements walks through n groups of values, each of which takes at least a byte.
func (w *thriftWalk) elements(n uint64, depth int, kinds ...byte) error {
	if n > uint64(len(w.rest)) || depth > maxThriftDepth {
		return errFooter
	}
	for range n {
		for _, kind := range kinds {
			if err := w.value(kind, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
