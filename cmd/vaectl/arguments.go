package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// options are the flags of a command, and what it does with its arguments: one of them,
// or all.
type options[A string | []string] interface {
	addFlags(cmd *cobra.Command)
	run(ctx context.Context, env environment, arguments A) error
}

// withRunArgument completes a command that takes a run: its name, its path, or nothing
// for the newest.
func withRunArgument(cmd *cobra.Command, env environment, o options[string]) *cobra.Command {
	cmd.Args = atMostOne("run")
	cmd.ValidArgsFunction = runNames("runs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd.Context(), env, first(args))
	}
	o.addFlags(cmd)
	return cmd
}

// withRunArguments completes a command whose arguments begin with a run.
func withRunArguments(cmd *cobra.Command, env environment, o options[[]string]) *cobra.Command {
	cmd.ValidArgsFunction = runNames("runs")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd.Context(), env, args)
	}
	o.addFlags(cmd)
	return cmd
}

// withDatasetArgument completes a command that takes a data set; what names the argument
// in errors.
func withDatasetArgument(cmd *cobra.Command, env environment, o options[string], what string) *cobra.Command {
	cmd.Args = exactlyOne(what)
	cmd.ValidArgsFunction = dataNames
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.run(cmd.Context(), env, args[0])
	}
	o.addFlags(cmd)
	return cmd
}

// withPictureArgument completes a command that takes a picture, unless its choice is an
// image of the split, and then a run.
func withPictureArgument(cmd *cobra.Command, env environment, o options[string], choice *pictureChoice) *cobra.Command {
	cmd.ValidArgsFunction = completePicture
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		run, err := choice.takeFirst(cmd, args)
		if err != nil {
			return err
		}
		return o.run(cmd.Context(), env, run)
	}
	o.addFlags(cmd)
	return cmd
}

// atMostOne lets a command take one argument or none; what names it in errors.
func atMostOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("%s takes one %s, not %d: %s", cmd.CommandPath(), what, len(args), strings.Join(args, " "))
		}
		return nil
	}
}

// exactlyOne makes a command take one argument; what names it in errors.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return &usageError{err: fmt.Errorf("%s wants a %s", cmd.CommandPath(), what), hint: "usage: " + cmd.UseLine()}
		}
		return atMostOne(what)(cmd, args)
	}
}

// noArguments refuses arguments, which a forgotten dash makes of a flag's name.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{err: fmt.Errorf("%s takes no arguments, got %q", cmd.CommandPath(), args[0]), hint: "usage: " + cmd.UseLine()}
	}
	return nil
}

// first is the first argument, "" when there is none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
