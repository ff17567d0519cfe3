//go:build !linux

package memory

import "math"

// addressSpace knows of no limit on other systems.
func addressSpace() float64 { return math.Inf(1) }
