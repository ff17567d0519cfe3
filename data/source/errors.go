package source

import (
	"errors"
	"fmt"
)

// What can be wrong with a source, for errors.Is.
var (
	// ErrNothing: there are no images at the path, or there is no such path.
	ErrNothing = errors.New("no images")
	// ErrFormat: something there is not as it should be, or cannot be told apart.
	ErrFormat = errors.New("unreadable data")
)

// problem is an error of a kind, with what may help. The kind is not in its text.
type problem struct {
	kind error
	err  error
	hint string
}

func (p *problem) Error() string   { return p.err.Error() }
func (p *problem) Unwrap() []error { return []error{p.kind, p.err} }

// Hint says what to do about it; it may be empty.
func (p *problem) Hint() string { return p.hint }

func malformed(hint, format string, args ...any) error {
	return &problem{ErrFormat, fmt.Errorf(format, args...), hint}
}

func nothing(hint, format string, args ...any) error {
	return &problem{ErrNothing, fmt.Errorf(format, args...), hint}
}
