package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"vaectl/internal/sweep"
)

// child trains a trial in a process of its own, so that whatever happens to one, a crash or the kernel ending it for want
// of memory, does not touch the others. It is the command that an engine runs, too.
func (o *sweepOptions) child(env environment, f *sweep.File) func(context.Context, sweep.Job) error {
	return func(ctx context.Context, job sweep.Job) error {
		path, err := program()
		if err != nil {
			return fmt.Errorf("start another process of this program: %w", err)
		}
		args := append(o.trialArguments(f, strconv.Itoa(job.Trial.Index), strconv.Itoa(job.Threads)), "--json", "--quiet")
		cmd := exec.CommandContext(ctx, path, args...)
		detach(cmd)
		var out, log tail
		cmd.Stdout, cmd.Stderr = &out, &log
		err = cmd.Run()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			return nil
		}
		return childError(err, out.last(), log.text())
	}
}

// trialArguments are those that train a trial.
func (o *sweepOptions) trialArguments(f *sweep.File, trial, threads string) []string {
	return append([]string{"sweep", f.Path, "--trial", trial, "--threads", threads, "--runs", o.root}, o.forwardedFlags()...)
}

// forwardedFlags are the flags that every trial gets as they were given.
func (o *sweepOptions) forwardedFlags() []string {
	var args []string
	for _, name := range []string{"data-dir", "validation", "pictures", "tensorboard"} {
		if flag := o.flags.Lookup(name); flag.Changed {
			args = append(args, "--"+name+"="+flag.Value.String())
		}
	}
	return args
}

// childError is what a process told of its failure, or how it ended where it could not tell.
func childError(err error, line []byte, log string) error {
	var told failure
	if json.Unmarshal(line, &told) == nil && told.Error != "" {
		if told.Hint == "" {
			return errors.New(told.Error)
		}
		return &hintedError{errors.New(told.Error), told.Hint}
	}
	if log = strings.TrimSpace(log); log != "" {
		return fmt.Errorf("%w; the end of what it wrote:\n%s", err, log)
	}
	return err
}

// tail keeps the end of what is written to it.
type tail struct{ kept bytes.Buffer }

// mostKept is enough for a line of JSON with the figures of thousands of dimensions, or the head of a crash.
const mostKept = 1 << 20

func (t *tail) Write(p []byte) (int, error) {
	t.kept.Write(p)
	if over := t.kept.Len() - mostKept; over > 0 {
		t.kept.Next(over)
	}
	return len(p), nil
}

// last is the last whole line.
func (t *tail) last() []byte {
	lines := bytes.Split(bytes.TrimRight(t.kept.Bytes(), "\n"), []byte("\n"))
	return lines[len(lines)-1]
}

// text is the last two thousand bytes.
func (t *tail) text() string {
	text := t.kept.String()
	return text[max(0, len(text)-2000):]
}
