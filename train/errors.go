package train

import (
	"errors"
	"fmt"
)

// What can stop a training, for errors.Is. Those about the run directory are in package rundir.
var (
	// ErrData: the data set is not the one the run was trained on, or does not fit it.
	ErrData = errors.New("data set does not fit the run")
	// ErrDiverged: the loss became NaN or infinite.
	ErrDiverged = errors.New("training diverged")
	// ErrInterrupted: the context ended; a checkpoint was written.
	ErrInterrupted = errors.New("training interrupted")
	// ErrSettings: the settings do not fit the data set or the run.
	ErrSettings = errors.New("settings do not fit")
)

// hinted is an error of one of the kinds above with advice to the user.
type hinted struct {
	kind error
	err  error
	hint string
}

func (h *hinted) Error() string   { return h.err.Error() }
func (h *hinted) Unwrap() []error { return []error{h.kind, h.err} }

// Hint says what to do about it; it may be empty.
func (h *hinted) Hint() string { return h.hint }

func failure(kind error, hint, format string, args ...any) error {
	return &hinted{kind: kind, err: fmt.Errorf(format, args...), hint: hint}
}
