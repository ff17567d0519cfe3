//go:build unix

package data

import (
	"os"

	"golang.org/x/sys/unix"

	"vaectl/internal/compute/memory"
)

// mapFile gives the content of a file as memory that the system reads when it is
// touched, and may forget again. It must not be written to. The mapping lasts as long
// as the program.
func mapFile(f *os.File, size int64) ([]byte, error) {
	b, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	adviseRandom(b)
	return b, nil
}

// adviseRandom tells the system that a mapping is read here and there, where it is
// large: what would be read ahead for one image is forgotten before another one needs
// it. It is advice: nothing depends on it.
func adviseRandom(mapping []byte) {
	if float64(len(mapping)) > memory.Available()/2 {
		_ = unix.Madvise(mapping, unix.MADV_RANDOM)
	}
}

// inOrder calls read, which reads a mapping from its beginning to its end.
func inOrder(mapping []byte, read func() error) error {
	if len(mapping) > 0 {
		_ = unix.Madvise(mapping, unix.MADV_SEQUENTIAL)
		defer adviseRandom(mapping)
		defer func() { _ = unix.Madvise(mapping, unix.MADV_NORMAL) }()
	}
	return read()
}
