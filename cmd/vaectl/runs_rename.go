package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/train/rundir"
)

func newRunsRename(env environment) *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:               "rename RUN NAME",
		Short:             "Give a run another name",
		Long:              "Give a run another name in the same folder. RUN is the name of a run or a path. A run that is still training cannot be renamed.",
		Example:           "  vaectl runs rename 20260102-150405-normal-0-1 standard",
		ValidArgsFunction: runNames("runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return &usageError{err: fmt.Errorf("%s needs a run and its new name", cmd.CommandPath()), hint: "usage: " + cmd.UseLine()}
			}
			dir, err := rundir.Locate(root, args[0])
			if err != nil {
				return err
			}
			renamed, err := rundir.Rename(dir, args[1])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.stdout, "%s is now %s\n", dir, renamed)
			return err
		},
	}
	addRoot(cmd.Flags(), &root)
	return cmd
}
