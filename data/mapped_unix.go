//go:build unix

package data

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapFile gives the content of a file as memory that the system reads when it is
// touched, and may forget again. It must not be written to. The mapping lasts as long
// as the program.
func mapFile(f *os.File, size int64) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
}
