// Package safetensors reads and writes named float32 tensors in the safetensors format, which PyTorch, JAX and others load.
//
// A file is eight bytes with the header's length (little-endian), the header, and the numbers. The header is a JSON object with an entry
// for each tensor, {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, offsets counted in bytes from the header's end, and perhaps
// "__metadata__", a map of strings. Format: https://huggingface.co/docs/safetensors.
package safetensors

import (
	"errors"
	"fmt"
	"math"
)

// ErrDamaged is wrapped by every error about a file's content, as opposed to a failure to read it.
var ErrDamaged = errors.New("damaged safetensors file")

const (
	lengthBytes = 8       // the header's length
	alignment   = 8       // of the numbers within the file, in bytes
	maxHeader   = 1 << 24 // bytes; a header needs about a hundred a tensor
	maxNumbers  = 1 << 33 // bytes of numbers a file may make the reader allocate
	maxRank     = 16
	numberBytes = 4 // of a float32
	float32Type = "F32"
	metadataKey = "__metadata__"
)

// Tensor is a named array of float32 in row-major order. len(Data) is the product of Shape; no Shape is a scalar.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// product is the number of elements of a tensor of that shape.
func product(shape []int) (int, error) {
	if len(shape) > maxRank {
		return 0, fmt.Errorf("%d dimensions, more than %d", len(shape), maxRank)
	}
	n := 1
	for _, size := range shape {
		if size < 0 {
			return 0, fmt.Errorf("negative size in shape %v", shape)
		}
		if n > 0 && size > math.MaxInt/numberBytes/n {
			return 0, fmt.Errorf("shape %v has more elements than memory", shape)
		}
		n *= size
	}
	return n, nil
}
