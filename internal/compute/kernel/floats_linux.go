package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// preferHugePages asks for the pages that s lies in, whole huge ones. It is a wish: whether the system grants it shows in
// speed alone.
func preferHugePages(s []float32) {
	from := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	to := from + uintptr(4*len(s))
	from -= from % hugePageBytes
	to += -to % hugePageBytes
	_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_HUGEPAGE)
}
