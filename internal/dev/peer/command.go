package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// command is a program to run; environment is added to this process's own.
type command struct {
	name        string
	args        []string
	environment []string
}

// runner runs a command and returns what it wrote to standard output.
type runner func(context.Context, command) ([]byte, error)

// processes runs commands and adds up the CPU time they took.
type processes struct{ used time.Duration }

func newProcesses() *processes { return &processes{} }

func (p *processes) run(ctx context.Context, c command) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.name, c.args...)
	cmd.Env = append(os.Environ(), c.environment...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if cmd.ProcessState != nil {
		p.used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && stderr.Len() > 0 {
		return nil, fmt.Errorf("%w: %s", err, lastLine(stderr.Bytes()))
	}
	return out, err
}

// lastLine is the last line of text that is not empty.
func lastLine(text []byte) []byte {
	text = bytes.TrimSpace(text)
	return bytes.TrimSpace(text[bytes.LastIndexByte(text, '\n')+1:])
}
