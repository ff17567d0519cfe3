package memory

import (
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// addressSpace is what is left of the limit on this process's address space, as
// ulimit -v sets it, in bytes; infinite without such a limit.
func addressSpace() float64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err != nil || limit.Cur == unix.RLIM_INFINITY {
		return math.Inf(1)
	}
	var pages float64 // that are taken
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(text), &pages)
	}
	if err != nil {
		return float64(limit.Cur)
	}
	return max(0, float64(limit.Cur)-pages*float64(os.Getpagesize()))
}
