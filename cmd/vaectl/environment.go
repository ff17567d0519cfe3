package main

import (
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// environment is everything a command sees of the world outside its arguments.
type environment struct {
	stdin          io.Reader
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
	return environment{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		isTerminal: func(w io.Writer) bool {
			f, ok := w.(*os.File)
			return ok && term.IsTerminal(int(f.Fd()))
		},
		width: func(w io.Writer) int {
			if f, ok := w.(*os.File); ok {
				if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
					return columns
				}
			}
			return defaultWidth
		},
		now:  time.Now,
		argv: os.Args,
	}
}
