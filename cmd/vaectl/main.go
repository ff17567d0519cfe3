// Command vaectl trains variational autoencoders on a CPU, toward any prior,
// and draws from them.
//
// How a command runs: main makes the environment (streams, variables, clock)
// and a context that the first interrupt ends, and calls run. run builds the
// cobra tree, where every command is one file: a constructor, its options with
// addFlags, and a run method that takes the context and the environment.
// Errors come back up; report prints them and exitCode turns them into the
// status of the process, both in errors.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := untilInterrupted(context.Background())
	code := run(ctx, systemEnvironment(), os.Args[1:])
	stop()
	os.Exit(code)
}

// untilInterrupted returns a context that the first interrupt or termination
// signal ends; a second signal ends the process at once.
func untilInterrupted(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitInterrupted)
	}()
	return ctx, cancel
}

// run executes one command line and returns the status of the process.
func run(ctx context.Context, env environment, args []string) int {
	err := execute(ctx, env, args)
	report(env, args, err)
	return exitCode(err)
}
