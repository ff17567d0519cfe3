package rundir

import (
	"errors"

	"vaectl/internal/hinted"
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

func failure(kind error, hint, format string, args ...any) error {
	return hinted.New(kind, hint, format, args...)
}
