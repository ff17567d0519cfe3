package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	// widestHelp keeps help readable on a wide terminal.
	widestHelp = 100
	// narrowestHelp is the least that help is wrapped to.
	narrowestHelp = 40
	// helpColumn is where descriptions of flags begin, helpIndent where they do on a narrow terminal.
	helpColumn, helpIndent = 28, 8
	// sectionAnnotation names the part of a command's help in which a flag stands.
	sectionAnnotation = "section"
	// rareAnnotation marks a flag that only --help-all shows.
	rareAnnotation = "rare"
	helpAllFlag    = "help-all"
)

// newHelp is `vaectl help COMMAND`.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command or on a topic",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			parent, _, err := cmd.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, c := range parent.Commands() {
				if _, isTopic := topicOf(c); isTopic || c.IsAvailableCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkCommand(cmd.Root(), args); err != nil {
				return err
			}
			about, _, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// helpWriter writes help as wide as the terminal is.
type helpWriter struct {
	width int
	all   bool // rare flags too
	text  strings.Builder
}

func newHelpWriter(env environment, all bool) *helpWriter {
	return &helpWriter{width: max(narrowestHelp, min(widestHelp, env.width(env.stdout))), all: all}
}

// helpFunc writes what a command is for and how it is used.
func helpFunc(env environment) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, _ []string) {
		h := newHelpWriter(env, asksForAll(cmd))
		h.page(cmd)
		// Cobra's help functions have no error to return.
		_, _ = io.WriteString(cmd.OutOrStdout(), h.text.String())
	}
}

// usageFunc writes only how a command is used.
func usageFunc(env environment) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		h := newHelpWriter(env, false)
		h.usage(cmd)
		_, err := io.WriteString(cmd.OutOrStderr(), h.text.String())
		return err
	}
}

// addHelpAll adds --help-all to a command that has rare flags.
func addHelpAll(cmd *cobra.Command) {
	cmd.Flags().Bool(helpAllFlag, false, "show every flag")
}

func asksForAll(cmd *cobra.Command) bool {
	f := cmd.Flags().Lookup(helpAllFlag)
	return f != nil && f.Changed
}

// page is the whole help of a command.
func (h *helpWriter) page(cmd *cobra.Command) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintf(&h.text, "%s\n\n", paragraphs(text, h.width))
	if t, ok := topicOf(cmd); ok {
		h.list(t.list)
		return
	}
	h.usage(cmd)
}

func (h *helpWriter) usage(cmd *cobra.Command) {
	h.text.WriteString("Usage:\n")
	if cmd.HasAvailableSubCommands() && !cmd.HasParent() {
		fmt.Fprintf(&h.text, "  %s COMMAND\n", cmd.CommandPath())
	} else {
		h.text.WriteString(shellLines("  "+cmd.UseLine(), h.width) + "\n")
		if cmd.HasAvailableSubCommands() {
			fmt.Fprintf(&h.text, "  %s COMMAND\n", cmd.CommandPath())
		}
	}
	if cmd.HasExample() {
		h.text.WriteString("\nExamples:\n")
		for line := range strings.Lines(cmd.Example) {
			h.text.WriteString(shellLines(strings.TrimRight(line, "\n"), h.width) + "\n")
		}
	}
	for _, group := range cmd.Groups() {
		h.commands(cmd, group.Title, group.ID)
	}
	if len(cmd.Groups()) == 0 {
		h.commands(cmd, "Commands", "")
	}
	h.flags(cmd)
	if !cmd.HasParent() {
		h.text.WriteString("\nTopics (`vaectl help TOPIC`):\n")
		for _, t := range topics() {
			h.text.WriteString(hanging("  "+t.name, t.short, nameColumn(cmd), h.width))
		}
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&h.text, "\n%s\n", paragraphs(fmt.Sprintf("`%s COMMAND --help` says more about a command.", cmd.CommandPath()), h.width))
	}
}

func (h *helpWriter) commands(parent *cobra.Command, title, group string) {
	started := false
	for _, c := range parent.Commands() {
		if c.GroupID != group || !c.IsAvailableCommand() {
			continue
		}
		if !started {
			fmt.Fprintf(&h.text, "\n%s:\n", title)
			started = true
		}
		h.text.WriteString(hanging("  "+c.Name(), c.Short, nameColumn(parent), h.width))
	}
}

// nameColumn is where the descriptions of a command's commands and topics begin.
func nameColumn(parent *cobra.Command) int {
	longest := 0
	for _, c := range parent.Commands() {
		if _, isTopic := topicOf(c); isTopic || c.IsAvailableCommand() {
			longest = max(longest, len(c.Name()))
		}
	}
	return 2 + longest + 2
}

// flags writes a command's flags under the titles of their sections, and says
// how to see the rare ones.
func (h *helpWriter) flags(cmd *cobra.Command) {
	left := 0
	for _, s := range sectionsOf(cmd) {
		shown := slices.Clone(s.flags)
		if !h.all {
			shown = slices.DeleteFunc(shown, isRare)
			left += len(s.flags) - len(shown)
		}
		if len(shown) == 0 {
			continue
		}
		fmt.Fprintf(&h.text, "\n%s:\n", s.title)
		h.list(flagEntries(shown, !h.all))
	}
	if left > 0 {
		text := fmt.Sprintf("`%s --%s` shows %d more flags.", cmd.CommandPath(), helpAllFlag, left)
		fmt.Fprintf(&h.text, "\n%s\n", paragraphs(text, h.width))
	}
}

// list writes names with what they mean, in two columns where there is room.
func (h *helpWriter) list(entries []entry) {
	column := helpIndent
	if h.width >= 72 {
		longest := 0
		for _, e := range entries {
			longest = max(longest, len(e.name))
		}
		column = min(helpColumn, longest+4)
	}
	for _, e := range entries {
		h.text.WriteString(hanging("  "+e.name, e.text, column, h.width))
	}
}

// section is a titled list of flags.
type section struct {
	title string
	flags []*pflag.Flag
}

// sectionsOf sorts a command's flags into their sections, in the order in which
// they were added.
func sectionsOf(cmd *cobra.Command) []section {
	var sections []section
	cmd.Flags().SortFlags = false
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		title := "Flags"
		if names := f.Annotations[sectionAnnotation]; len(names) > 0 {
			title = names[0]
		}
		i := slices.IndexFunc(sections, func(s section) bool { return s.title == title })
		if i < 0 {
			i = len(sections)
			sections = append(sections, section{title: title})
		}
		sections[i].flags = append(sections[i].flags, f)
	})
	return sections
}

// markRare leaves a flag to --help-all.
func markRare(flags *pflag.FlagSet, name string) {
	f := flags.Lookup(name)
	if f.Annotations == nil {
		f.Annotations = make(map[string][]string)
	}
	f.Annotations[rareAnnotation] = []string{"true"}
}

func isRare(f *pflag.Flag) bool { return len(f.Annotations[rareAnnotation]) > 0 }

// valueAndUsage takes a flag's usage apart: into what stands for its value, and
// what it does. The value may be a part of the sentence, in backquotes, or stand
// before it: "`last|best`: the weights to use".
func valueAndUsage(f *pflag.Flag) (value, usage string) {
	value, usage = pflag.UnquoteUsage(f)
	if strings.HasPrefix(f.Usage, "`"+value+"`: ") {
		usage = strings.TrimPrefix(usage, value+": ")
	}
	return value, usage
}

// flagEntries writes flags as they are typed, with what they do, in short where
// there is a short form.
func flagEntries(flags []*pflag.Flag, briefly bool) []entry {
	var entries []entry
	for _, f := range flags {
		value, usage := valueAndUsage(f)
		if short := f.Annotations[brieflyAnnotation]; briefly && len(short) > 0 {
			usage = short[0]
		}
		name := "--" + f.Name
		switch {
		case f.Shorthand == f.Name:
			name = "-" + f.Name
		case f.Shorthand != "":
			name = "-" + f.Shorthand + ", " + name
		}
		switch value {
		case "":
		case "int", "uint", "float":
			name += " number"
		default:
			name += " " + value
		}
		if text := f.DefValue; text != "" && !strings.Contains(usage, "(default") && !slices.Contains([]string{"false", "0", "-1", "[]"}, text) {
			usage += fmt.Sprintf(" (default %s)", text)
		}
		entries = append(entries, entry{name, usage})
	}
	return entries
}
