package configs

import (
	"strconv"
	"strings"
)

// Floats is one value for all latent dimensions, or a list with one value a dimension.
type Floats []float64

// At is the value for dimension i, counted from 0. A single value stands for every dimension.
func (f Floats) At(i int) float64 {
	if len(f) == 1 {
		return f[0]
	}
	return f[i]
}

// String writes the values as a flag would give them: "0.5", or "0.5,1" for a list.
func (f Floats) String() string {
	texts := make([]string, len(f))
	for i, v := range f {
		texts[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(texts, ",")
}
