package main

import (
	"path/filepath"
	"slices"

	"vaectl/train/rundir"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// addRoot adds --runs, the folder in which a command looks for runs.
func addRoot(flags *pflag.FlagSet, root *string) {
	flags.StringVar(root, "runs", defaultRoot, "the `folder` that holds runs")
}

// acceptOut makes --out another spelling of --runs, for commands that write no
// file of their own.
func acceptOut(flags *pflag.FlagSet) {
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "out" {
			name = "runs"
		}
		return pflag.NormalizedName(name)
	})
}

// findRuns opens the runs that a command names, or the newest one. None may be named twice.
func findRuns(root string, refs []string, command string) ([]*rundir.Run, error) {
	if len(refs) == 0 {
		refs = []string{""}
	}
	var runs []*rundir.Run
	for _, ref := range refs {
		run, err := rundir.Find(root, ref)
		if err != nil {
			return nil, err
		}
		if slices.Contains(dirsOf(runs), run.Dir()) {
			return nil, usagef("%s: run %s twice", command, run.Dir())
		}
		runs = append(runs, run)
	}
	return runs, nil
}

func dirsOf(runs []*rundir.Run) []string {
	dirs := make([]string, len(runs))
	for i, r := range runs {
		dirs[i] = r.Dir()
	}
	return dirs
}

// runNames completes the name of a run in the folder that the named flag gives.
func runNames(folder string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		root, err := cmd.Flags().GetString(folder)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		runs, err := rundir.List(root)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []string
		for _, r := range runs {
			names = append(names, filepath.Base(r.Dir))
		}
		return names, cobra.ShellCompDirectiveDefault
	}
}

// completeRuns completes the values of a flag that takes a run.
func completeRuns(cmd *cobra.Command, flag string) {
	complete := runNames("runs")
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return complete(cmd, nil, prefix)
	})
}
