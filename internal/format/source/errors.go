package source

import (
	"errors"

	"vaectl/internal/hinted"
)

// What can be wrong with a source, for errors.Is.
var (
	// ErrNothing: there are no images at the path, or there is no such path.
	ErrNothing = errors.New("no images")
	// ErrFormat: something there is not as it should be, or cannot be told apart.
	ErrFormat = errors.New("unreadable data")
)

func malformed(hint, format string, args ...any) error {
	return hinted.New(ErrFormat, hint, format, args...)
}

func nothing(hint, format string, args ...any) error {
	return hinted.New(ErrNothing, hint, format, args...)
}
