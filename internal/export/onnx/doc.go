// Package onnx writes models as ONNX graphs: an encoder, a decoder and a sampler with
// the prior inside. Networks are written from [arch.Operation], priors from
// [latent.Prior], so no kind of network has a place of its own here.
//
// Everything is of the standard operator set. What that has no operator for, such as
// the quantile function of Student's t-distribution, is a table of cubics
// ([latent.Curves]), computed in float64. Batch norms are folded into the
// convolutions they follow.
package onnx

import (
	"errors"
	"fmt"
)

// Opset is the version of the standard operators that graphs are of.
const Opset = 17

// ErrUnsupported: a model has a part that a graph cannot express.
var ErrUnsupported = errors.New("an ONNX graph cannot express this model")

func cannot(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
