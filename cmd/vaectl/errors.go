package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/format/vectors"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// The statuses a process ends with.
const (
	exitDone        = 0
	exitFailure     = 1
	exitUsage       = 2
	exitDiverged    = 3
	exitData        = 4
	exitInterrupted = 130
)

// usageError is a command line that cannot be run.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// Hint says what to do about it; it may be empty.
func (e *usageError) Hint() string { return e.hint }

// usagef makes a usage error without a hint.
func usagef(format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...)}
}

// hintedError is an error of another package with advice of this one.
type hintedError struct {
	error
	hint string
}

func (e *hintedError) Unwrap() error { return e.error }

// Hint says what to do about it.
func (e *hintedError) Hint() string { return e.hint }

// errInput: a file that a command line names cannot be read or is not what it
// should be.
var errInput = errors.New("cannot read input")

// exitCode is the one place where an error becomes the status of the process.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, train.ErrInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, train.ErrDiverged):
		return exitDiverged
	case errors.As(err, &usage), errors.Is(err, configs.ErrInvalid), errors.Is(err, train.ErrSettings), errors.Is(err, rundir.ErrName), errors.Is(err, data.ErrUnknown), errors.Is(err, data.ErrClass), errors.Is(err, data.ErrUnclear), errors.Is(err, vae.ErrLabels):
		return exitUsage
	case errors.Is(err, data.ErrMissing), errors.Is(err, data.ErrDamaged), errors.Is(err, rundir.ErrNoRun),
		errors.Is(err, rundir.ErrDamaged), errors.Is(err, train.ErrData), errors.Is(err, vae.ErrWeights), errors.Is(err, vectors.ErrFormat), errors.Is(err, errInput):
		return exitData
	default:
		return exitFailure
	}
}

// failure is an error as --json writes it.
type failure struct {
	Error    string `json:"error"`
	Hint     string `json:"hint,omitempty"`
	ExitCode int    `json:"exit_code"`
}

// tellError tells the user about err: on stderr, or with --json on stdout, where
// whoever reads the results looks for it. Arguments are searched for --json
// because the command line may be what is wrong.
func tellError(env environment, args []string, err error) {
	if err == nil || errors.Is(err, errElsewhere) {
		return
	}
	// Where stdout cannot be written to, which may be what the error is about,
	// stderr hears of it all the same.
	if wantsJSON(args) && writeJSON(env.stdout, failure{Error: errorText(err), Hint: hintOf(err), ExitCode: exitCode(err)}) == nil {
		return
	}
	for line := range strings.Lines(errorText(err)) {
		fmt.Fprintf(env.stderr, "vaectl: error: %s\n", strings.TrimSuffix(line, "\n"))
	}
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(env.stderr, "hint: %s\n", hint)
	}
}

func wantsJSON(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.Contains(args, "--json") || slices.Contains(args, "--json=true")
}

// errorText is an error's message. The bare cancellation of a context says
// nothing to a user who pressed Ctrl-C.
func errorText(err error) string {
	if errors.Is(err, context.Canceled) && !errors.Is(err, train.ErrInterrupted) {
		return "interrupted"
	}
	return err.Error()
}

// hintOf is the first advice found in err and the errors it wraps or joins.
func hintOf(err error) string {
	if h, ok := err.(interface{ Hint() string }); ok && h.Hint() != "" {
		return h.Hint()
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return hintOf(inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if hint := hintOf(inner); hint != "" {
				return hint
			}
		}
	}
	return ""
}
