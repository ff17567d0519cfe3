package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/typo"
)

// Groups of commands in help.
const (
	groupTrain  = "train"
	groupModels = "models"
	groupSetup  = "setup"
)

// newRoot builds the command tree.
func newRoot(env environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "vaectl",
		Short: "Train variational autoencoders on a CPU, toward any prior",
		Long: "vaectl trains variational autoencoders on a CPU. The latent code can follow any prior, not only N(0, 1):\n" +
			"a shifted and narrow normal, a uniform, a mixture, a learned one, and samples are drawn from that same prior.",
		Example: "  vaectl train --prior-mean 0.5 --prior-std 0.1\n" +
			"  vaectl sample\n" +
			"  vaectl eval",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       programVersion(),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("vaectl {{.Version}}\n")
	root.SetIn(env.stdin)
	root.SetOut(verbatim(env.stdout)) // help is as wide as the terminal, and completions are programs
	root.SetErr(env.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(helpFunc(env))
	root.SetUsageFunc(usageFunc(env))
	root.AddGroup(
		&cobra.Group{ID: groupTrain, Title: "Train"},
		&cobra.Group{ID: groupModels, Title: "Use what was trained"},
		&cobra.Group{ID: groupSetup, Title: "Data, settings and the program itself"},
	)
	root.AddCommand(
		newTrain(env),
		newRuns(env),
		newSweep(env),
		newSample(env),
		newReconstruct(env),
		newInterpolate(env),
		newTraverse(env),
		newManifold(env),
		newPlot(env),
		newRank(env),
		newSimilar(env),
		newAttribute(env),
		newComplete(env),
		newEncode(env),
		newDecode(env),
		newReport(env),
		newExport(env),
		newImport(env),
		newEval(env),
		newServe(env),
		newKL(env),
		newBench(env),
		newData(env),
		newConfig(env),
		newVersion(env),
		newMan(env),
	)
	root.AddCommand(newTopics()...)
	root.SetHelpCommand(newHelp())
	root.SetHelpCommandGroupID(groupSetup)
	root.SetCompletionCommandGroupID(groupSetup)
	return root
}

// execute finds the command that args name and runs it.
func execute(ctx context.Context, env environment, args []string) error {
	root := newRoot(env)
	root.SetArgs(args)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	if err := checkCommand(root, args); err != nil {
		return err
	}
	if cmd, _, err := root.Find(args); err == nil && cmd.Flags().Lookup(helpAllFlag) != nil && slices.Contains(args, "--"+helpAllFlag) {
		cmd.InitDefaultHelpFlag()
		if err := cmd.Flags().Set(helpAllFlag, "true"); err != nil {
			return err
		}
		return cmd.Help()
	}
	return root.ExecuteContext(ctx)
}

// checkCommand finds out before anything runs whether args name a command, in
// any depth. Cobra itself notices this in the first place only.
func checkCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		return nil // the hidden command that shells ask for completions
	}
	cmd, rest, err := root.Find(args)
	if err == nil && (!cmd.HasSubCommands() || len(rest) == 0 || strings.HasPrefix(rest[0], "-")) {
		return nil
	}
	word := rest[0]
	for _, arg := range rest {
		if !strings.HasPrefix(arg, "-") {
			word = arg
			break
		}
	}
	return unknownCommand(cmd, word)
}

func unknownCommand(parent *cobra.Command, word string) error {
	var known []string
	for _, c := range parent.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	hint := fmt.Sprintf("`%s --help` lists the commands", parent.CommandPath())
	if nearest, ok := typo.Nearest(word, known); ok {
		hint = fmt.Sprintf("did you mean `%s %s`?", parent.CommandPath(), nearest)
	}
	return &usageError{err: fmt.Errorf("unknown command %q for %s", word, parent.CommandPath()), hint: hint}
}

// flagError makes what pflag says about a flag a usage error with a hint.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		if nearest, ok := typo.Nearest(unknown.GetSpecifiedName(), known); ok {
			hint = fmt.Sprintf("did you mean --%s?", nearest)
		}
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		err = fmt.Errorf("--%s is %q: must be %s", invalid.GetFlag().Name, invalid.GetValue(), kindOf(invalid.GetFlag().Value.Type()))
	}
	return &usageError{err: err, hint: hint}
}

// kindOf says in words what a type of pflag's reads.
func kindOf(flagType string) string {
	switch flagType {
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	case "uint64":
		return "a whole number from 0 to 2^64-1"
	default:
		return "a number"
	}
}
