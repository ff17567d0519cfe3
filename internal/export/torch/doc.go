// Package torch writes a model as a Python file: a plain PyTorch module of the
// model's own architecture, to read and to go on from. Networks are written from
// [arch.Operation] and priors from [latent.Prior]; parameters have the names that the
// program's weights files have, so that files go either way.
package torch

import (
	"errors"
	"fmt"
)

// ErrUnsupported: a model has a part that PyTorch has no function for.
var ErrUnsupported = errors.New("PyTorch cannot express this model")

func cannot(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}
