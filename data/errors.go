package data

import (
	"errors"
	"fmt"

	"vaectl/internal/hinted"
)

// What can be wrong with a data set, for errors.Is. A program that reports them
// asks for the method Hint() string with errors.As.
var (
	// ErrMissing: the data set, or one of its files, is not there and cannot be had.
	ErrMissing = errors.New("data set missing")
	// ErrDamaged: a file is there, but is not what it should be.
	ErrDamaged = errors.New("data set damaged")
	// ErrUnclear: the data is there and intact, but more must be said about how to read
	// it.
	ErrUnclear = errors.New("data set unclear")
	// ErrUnknown: there is no data set of this name.
	ErrUnknown = errors.New("unknown data set")
	// ErrClass: there is no class of this name or number.
	ErrClass = errors.New("unknown class")
)

// damaged makes an ErrDamaged that names the file.
func damaged(file, format string, args ...any) error {
	return &hinted.Error{
		Kind:   ErrDamaged,
		Err:    fmt.Errorf("%s: %w", file, fmt.Errorf(format, args...)),
		Advice: "replace the file by an intact copy",
	}
}

// missing makes an ErrMissing.
func missing(hint, format string, args ...any) error {
	return hinted.New(ErrMissing, hint, format, args...)
}

// withHint replaces the advice of an error that has some, and leaves others alone.
func withHint(err error, hint string) error {
	var p *hinted.Error
	if !errors.As(err, &p) {
		return err
	}
	return &hinted.Error{Kind: p.Kind, Err: err, Advice: hint}
}
