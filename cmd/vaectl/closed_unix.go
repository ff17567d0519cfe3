//go:build unix

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// mayBeClosed reports whether a stream may have been closed when the process was
// started, as the shell's >&- does. Go's runtime then opens the null device in its
// place, for reading and writing, before a line of the program runs, and writing to
// that never fails. A shell's >/dev/null is for writing only. Some parents however
// open the null device for reading and writing too (daemon(3), Python's
// subprocess.DEVNULL), and from inside theirs cannot be told from the runtime's:
// so this is a reason to warn, and none to fail.
func mayBeClosed(stream *os.File) bool {
	flags, err := unix.FcntlInt(stream.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	opened, err := stream.Stat()
	if err != nil {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(opened, null)
}
