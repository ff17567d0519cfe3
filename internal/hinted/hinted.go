// Package hinted makes errors that say what to do about them.
package hinted

import "fmt"

// Error is an error of a kind, a sentinel of the package that returns it, with advice to the user. The kind is not part of the
// text, which says what happened in its own words. A program that reports errors asks for the method Hint() string with errors.As.
type Error struct {
	Kind   error
	Err    error
	Advice string // may be empty
}

// New makes an error of a kind. Empty advice is none.
func New(kind error, advice, format string, args ...any) error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...), Advice: advice}
}

func (e *Error) Error() string   { return e.Err.Error() }
func (e *Error) Unwrap() []error { return []error{e.Kind, e.Err} }

// Hint says what to do about it; it may be empty.
func (e *Error) Hint() string { return e.Advice }
