package train

import (
	"errors"

	"vaectl/internal/hinted"
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

func failure(kind error, hint, format string, args ...any) error {
	return hinted.New(kind, hint, format, args...)
}
