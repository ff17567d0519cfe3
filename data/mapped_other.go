//go:build !unix

package data

import (
	"io"
	"os"
)

// inOrder calls read. There is nothing to prepare.
func inOrder(_ []byte, read func() error) error { return read() }

// mapFile reads a file: memory is not mapped on this system.
func mapFile(f *os.File, size int64) ([]byte, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(f, b)
	return b, err
}
