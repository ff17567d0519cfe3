package configs

import (
	"errors"
	"fmt"
)

// ErrInvalid is wrapped by every error that a configuration, its file or its name causes.
var ErrInvalid = errors.New("invalid configuration")

// FieldError says what is wrong with the value of one setting.
type FieldError struct {
	Key     string // dotted, as "prior.std"
	Flag    string // without dashes, as "prior-std"
	Value   string // as a flag would give it
	Problem string // what it must be
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s (--%s) is %s: %s", e.Key, e.Flag, orEmpty(e.Value), e.Problem)
}

// Unwrap makes errors.Is(err, ErrInvalid) hold.
func (e *FieldError) Unwrap() error { return ErrInvalid }

// ParseError says what is wrong at one place of a configuration file.
type ParseError struct {
	File    string
	Line    int // from 1; 0 when the problem has no line
	Problem string
}

func (e *ParseError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// Unwrap makes errors.Is(err, ErrInvalid) hold.
func (e *ParseError) Unwrap() error { return ErrInvalid }

func orEmpty(value string) string {
	if value == "" {
		return "empty"
	}
	return value
}
