// Package memory says how much memory this process may use, so that work that would
// need more can be refused before it begins.
package memory

import (
	"fmt"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Available is the memory, in bytes, that this process may use: what the machine has
// or, where that is less, the limit of the control group it runs in, or what is left of
// the limit on its address space. It is infinite where nothing can be found out.
func Available() float64 {
	least := addressSpace()
	for _, limit := range []memlimit.Provider{memlimit.FromSystem, memlimit.FromCgroup} {
		if n, err := limit(); err == nil && n > 0 {
			least = min(least, float64(n))
		}
	}
	return least
}

// Text writes a number of bytes as people do, such as 6.8 GB.
func Text(bytes float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}} {
		if bytes >= unit.size {
			return fmt.Sprintf("%.1f %s", bytes/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%.0f kB", bytes/1e3)
}
