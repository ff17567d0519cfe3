package source

import (
	"fmt"
	"io"
)

// What compressed files may unpack to. Pictures hardly shrink, tables of numbers to a
// tenth and empty arrays to a thousandth, which nobody has gigabytes of.
const (
	// unpackedFreely is not looked at.
	unpackedFreely = 1 << 30
	// unpackedTimes bounds how many times larger the rest may be than the file.
	unpackedTimes = 200
)

// inflatingReader reads what comes out of a compressed file, up to the bounds.
type inflatingReader struct {
	plain  io.Reader
	packed func() int64 // bytes that went in
	out    int64
}

func (i *inflatingReader) Read(p []byte) (int, error) {
	n, err := i.plain.Read(p)
	i.out += int64(n)
	if i.out > unpackedFreely && i.out/unpackedTimes > i.packed() {
		return 0, fmt.Errorf("it unpacks to more than %d GB and %d times its size", unpackedFreely>>30, unpackedTimes)
	}
	return n, err
}

// countingReader counts what is read.
type countingReader struct {
	io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}
