package rundir

import (
	"errors"
	"fmt"
)

// What keeps a run from being used, for errors.Is.
var (
	// ErrExists: a run of this name exists and may not be replaced.
	ErrExists = errors.New("run exists")
	// ErrInUse: another process trains in the run directory.
	ErrInUse = errors.New("run is in use")
	// ErrNoRun: there is no such run.
	ErrNoRun = errors.New("no such run")
	// ErrName: a run cannot have this name.
	ErrName = errors.New("not a name of a run")
	// ErrDamaged: a file of the run is missing, damaged or not what belongs there.
	ErrDamaged = errors.New("run is damaged")
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
