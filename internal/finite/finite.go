// Package finite tells numbers from what is no number.
package finite

import "math"

// Is tells whether x is a number: neither NaN nor infinite.
func Is[T float32 | float64](x T) bool {
	return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0)
}
