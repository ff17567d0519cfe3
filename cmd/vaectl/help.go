package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	helpWidth = 110
	// sectionAnnotation names the part of a command's help in which a flag stands.
	sectionAnnotation = "section"
)

// newHelp is `vaectl help COMMAND`.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			topic, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range topic.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkCommand(cmd.Root(), args); err != nil {
				return err
			}
			topic, _, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			topic.InitDefaultHelpFlag()
			return topic.Help()
		},
	}
}

// help writes what a command is for and how it is used.
func help(cmd *cobra.Command, _ []string) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	// Cobra's help functions have no error to return.
	fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n", strings.TrimSpace(text))
	writeUsage(cmd.OutOrStdout(), cmd)
}

func usage(cmd *cobra.Command) error {
	writeUsage(cmd.OutOrStderr(), cmd)
	return nil
}

func writeUsage(w io.Writer, cmd *cobra.Command) {
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "Usage:\n  %s COMMAND\n", cmd.CommandPath())
	} else {
		fmt.Fprintf(w, "Usage:\n  %s\n", cmd.UseLine())
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	for _, group := range cmd.Groups() {
		writeCommands(w, cmd, group.Title, group.ID)
	}
	if len(cmd.Groups()) == 0 {
		writeCommands(w, cmd, "Commands", "")
	}
	writeFlags(w, cmd)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n`%s COMMAND --help` tells more about a command.\n", cmd.CommandPath())
	}
}

func writeCommands(w io.Writer, parent *cobra.Command, title, group string) {
	started := false
	for _, c := range parent.Commands() {
		if c.GroupID != group || !c.IsAvailableCommand() {
			continue
		}
		if !started {
			fmt.Fprintf(w, "\n%s:\n", title)
			started = true
		}
		fmt.Fprintf(w, "  %-*s %s\n", parent.Commands()[0].NamePadding(), c.Name(), c.Short)
	}
}

// writeFlags writes a command's flags under the titles of their sections, in
// the order in which they were added.
func writeFlags(w io.Writer, cmd *cobra.Command) {
	var titles []string
	sections := make(map[string]*pflag.FlagSet)
	cmd.Flags().SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		title := "Flags"
		if names := f.Annotations[sectionAnnotation]; len(names) > 0 {
			title = names[0]
		}
		if sections[title] == nil {
			sections[title] = pflag.NewFlagSet(title, pflag.ContinueOnError)
			sections[title].SortFlags = false
			titles = append(titles, title)
		}
		sections[title].AddFlag(f)
	})
	for _, title := range titles {
		if text := sections[title].FlagUsagesWrapped(helpWidth); text != "" {
			fmt.Fprintf(w, "\n%s:\n%s", title, text)
		}
	}
}
