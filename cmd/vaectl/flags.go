package main

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// addJSON adds --json.
func addJSON(flags *pflag.FlagSet, wanted *bool) {
	flags.BoolVar(wanted, "json", false, "write the result as JSON, and errors too")
}

// addThreads adds --threads.
func addThreads(flags *pflag.FlagSet, threads *int) {
	flags.IntVar(threads, "threads", 0, "threads to compute on; 0 uses every core")
}

// addQuiet adds --quiet.
func addQuiet(flags *pflag.FlagSet, wanted *bool) {
	flags.BoolVar(wanted, "quiet", false, "write only warnings and errors to stderr")
}

// checkRange refuses a value of a flag that is not from low to high.
func checkRange(flag string, value, low, high int) error {
	if value < low || value > high {
		return usagef("%s %d: must be from %d to %d", flag, value, low, high)
	}
	return nil
}

// completeWords completes the values of a flag that takes one of some words.
func completeWords(cmd *cobra.Command, flag string, words []string) {
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}
