package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/train/rundir"
)

func newRunsRm(env environment) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "rm RUN...",
		Short: "Remove runs",
		Long: "Remove runs, their checkpoints, pictures and metrics. RUN is the name of a run or a path. " +
			"A run that is still training is not removed.",
		Example:           "  vaectl runs rm first second",
		ValidArgsFunction: runNames("runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{err: fmt.Errorf("%s needs the names of runs", cmd.CommandPath()), hint: "`vaectl runs` lists them"}
			}
			return removeRuns(env, root, args)
		},
	}
	addRoot(cmd.Flags(), &root)
	return cmd
}

// removeRuns removes all that can be removed, once all are there.
func removeRuns(env environment, root string, refs []string) error {
	var dirs []string
	for _, ref := range refs {
		dir, err := rundir.Locate(root, ref)
		if err != nil {
			return err
		}
		dirs = append(dirs, dir)
	}
	var errs []error
	for _, dir := range dirs {
		if err := rundir.Remove(dir); err != nil {
			errs = append(errs, err)
			continue
		}
		if _, err := fmt.Fprintf(env.stdout, "removed %s\n", dir); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
