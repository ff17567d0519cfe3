package data

import (
	"errors"
	"fmt"
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
)

// problem is an error with one of the sentinels as its kind. The kind is not part
// of the text, which says what happened in its own words.
type problem struct {
	kind error
	err  error
	hint string
}

func (p *problem) Error() string   { return p.err.Error() }
func (p *problem) Unwrap() []error { return []error{p.kind, p.err} }

// Hint says what to do about it; it may be empty.
func (p *problem) Hint() string { return p.hint }

// damaged makes an ErrDamaged that names the file.
func damaged(file, format string, args ...any) error {
	return &problem{
		kind: ErrDamaged,
		err:  fmt.Errorf("%s: %w", file, fmt.Errorf(format, args...)),
		hint: "replace the file by an intact copy",
	}
}

// missing makes an ErrMissing.
func missing(hint, format string, args ...any) error {
	return &problem{kind: ErrMissing, err: fmt.Errorf(format, args...), hint: hint}
}

// withHint replaces the hint of an error of this package and leaves others alone.
func withHint(err error, hint string) error {
	var p *problem
	if !errors.As(err, &p) {
		return err
	}
	return &problem{kind: p.kind, err: err, hint: hint}
}
