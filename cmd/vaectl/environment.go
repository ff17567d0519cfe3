package main

import (
	"io"
	"os"
	"time"

	"vaectl/internal/printable"

	"golang.org/x/term"
)

// environment is everything a command sees of the world outside its arguments.
type environment struct {
	stdin io.Reader
	// What is written to these is escaped where it could act on a terminal, and folded
	// to its width; see unfiltered and verbatim.
	stdout, stderr io.Writer
	getenv         func(string) string
	// isTerminal says whether somebody looks at what is written to a stream,
	// and width how many columns they see.
	isTerminal func(io.Writer) bool
	width      func(io.Writer) int
	now        func() time.Time
	// argv is the command line, for the record of a run.
	argv []string
}

const defaultWidth = 80

func systemEnvironment() environment {
	env := environment{
		stdin: os.Stdin, stdout: printable.NewWriter(os.Stdout), stderr: printable.NewWriter(os.Stderr), getenv: os.Getenv,
		isTerminal: func(w io.Writer) bool {
			f, ok := unfiltered(w).(*os.File)
			return ok && term.IsTerminal(int(f.Fd()))
		},
		width: func(w io.Writer) int {
			if f, ok := unfiltered(w).(*os.File); ok {
				if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
					return columns
				}
			}
			return defaultWidth
		},
		now:  time.Now,
		argv: os.Args,
	}
	env.stdout, env.stderr = env.folded(env.stdout), env.folded(env.stderr)
	return env
}

// folded is a stream whose lines are folded where it is a terminal.
func (env environment) folded(w io.Writer) io.Writer {
	if !env.isTerminal(w) {
		return w
	}
	return &foldingWriter{to: w, width: func() int { return env.width(w) }}
}

// unfiltered is the stream underneath, for what is not text, and for lines that
// take the place of the one before.
func unfiltered(w io.Writer) io.Writer {
	for {
		filter, ok := w.(interface{ Unwrap() io.Writer })
		if !ok {
			return w
		}
		w = filter.Unwrap()
	}
}
