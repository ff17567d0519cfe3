package hinted

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
)

// An error is found by its kind and by its cause, shows neither more than its own text, and keeps its advice when it is wrapped.
func TestNew(t *testing.T) {
	kind := errors.New("kind")
	err := fmt.Errorf("outer: %w", New(kind, "do this", "file x: %w", fs.ErrNotExist))
	if !errors.Is(err, kind) || !errors.Is(err, fs.ErrNotExist) || errors.Is(err, io.EOF) {
		t.Errorf("%v is of other kinds than its own", err)
	}
	if want := "outer: file x: file does not exist"; err.Error() != want {
		t.Errorf("text %q, want %q", err, want)
	}
	var with interface{ Hint() string }
	if !errors.As(err, &with) || with.Hint() != "do this" {
		t.Errorf("the advice of %v is lost", err)
	}
}
