package main

import "github.com/spf13/cobra"

func newData(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List, download and inspect data sets",
		Long: "List the data sets there are, download one of them into the cache, or look at one.\n" +
			"Training does not need this: train downloads what it needs, or draws the built-in set.",
		GroupID: groupSetup,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newDataList(env), newDataGet(env), newDataInfo(env))
	return cmd
}
