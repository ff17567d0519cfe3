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
	if float64(size) > memory.Available()/2 {
		// What the system would read ahead for one image is forgotten before another one
		// needs it. It is advice: nothing depends on it.
		_ = unix.Madvise(b, unix.MADV_RANDOM)
	}
	return b, nil
}
