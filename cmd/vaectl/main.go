// Command vaectl trains variational autoencoders on a CPU, toward any prior,
// and draws from them.
//
// How a command runs: main makes the environment (streams, variables, clock)
// and a context that the first interrupt ends, and calls run. run builds the
// cobra tree, where every command is one file: a constructor, its options with
// addFlags, and a run method that takes the context and the environment.
// A large command has further files under its name, such as sweep_print.go; what
// commands share is in files of its own: flags.go, arguments.go, view.go (a run's
// model), split.go (the images it is shown).
//
// Errors come back up; tellError prints them and exitCode turns them into the status
// of the process, both in errors.go.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := untilInterrupted(context.Background())
	env := systemEnvironment()
	if mayBeClosed(os.Stdout) {
		warn(env, "stdout is closed, or nobody reads it: what belongs there is lost")
	}
	code := run(ctx, env, os.Args[1:])
	stop()
	os.Exit(code)
}

// untilInterrupted returns a context that the first signal to end ends: an
// interrupt (Ctrl-C), a request to terminate, or the loss of the terminal. A
// second interrupt or request ends the process at once; a terminal that closes
// may well send its signal twice.
func untilInterrupted(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		asked := 0
		for s := range signals {
			cancel()
			if s == syscall.SIGHUP {
				continue
			}
			if asked++; asked == 2 {
				// A terminal that shows ^C in the middle of a line.
				_, _ = io.WriteString(os.Stderr, "\nvaectl: stopped at once; what was saved before stays\n")
				os.Exit(exitInterrupted)
			}
		}
	}()
	return ctx, cancel
}

// untilPipeCloses returns a context that also ends when whoever reads our output
// goes, as head does: a training then saves what it has. Without it the system
// ends the process at the next write, which is right for other commands. The
// signal stays caught to the end, when what happened is reported.
func untilPipeCloses(parent context.Context) context.Context {
	ctx, _ := signal.NotifyContext(parent, syscall.SIGPIPE)
	return ctx
}

// run executes one command line and returns the status of the process.
func run(ctx context.Context, env environment, args []string) int {
	err := execute(ctx, env, args)
	tellError(env, args, err)
	return exitCode(err)
}
