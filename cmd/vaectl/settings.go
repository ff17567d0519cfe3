package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/configs"
)

// settings are the flags of a configuration. They are made from the
// configuration's own description of its fields, so a new setting is a flag
// without a line here.
type settings struct {
	config string // --config, where the command has it
	flags  *pflag.FlagSet
	fields []configs.Field
	// hideRare leaves the settings that few need, and the details of the others, to
	// --help-all.
	hideRare bool
}

// settingValue is a setting's text until the configuration parses it: only the
// configuration knows what may stand there.
type settingValue struct {
	text string
	kind string
}

func (v *settingValue) String() string { return v.text }
func (v *settingValue) Type() string   { return v.kind }
func (v *settingValue) Set(text string) error {
	v.text = text
	return nil
}

// addConfig adds --config.
func (s *settings) addConfig(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.config, "config", "", "`file|preset`: take settings from a file or a preset; the presets are "+strings.Join(configs.Presets(), ", "))
	completePresets(cmd)
}

// addFields adds the flags of the settings whose keys wanted accepts. fallback
// says what holds when a flag is not set; empty names the default.
func (s *settings) addFields(cmd *cobra.Command, wanted func(key string) bool, fallback string) {
	s.flags = cmd.Flags()
	if s.hideRare {
		addHelpAll(cmd)
	}
	fields := configs.Fields()
	named := asFlags(fields)
	for _, f := range fields {
		if !wanted(f.Key) {
			continue
		}
		f.Doc = named(f.Doc)
		s.fields = append(s.fields, f)
		flag := s.flags.VarPF(&settingValue{kind: valueName(f)}, f.Flag, "", settingUsage(f, fallback))
		if isSwitch(f) {
			flag.NoOptDefVal = "true"
		}
		group, _, _ := strings.Cut(f.Key, ".")
		flag.Annotations = map[string][]string{sectionAnnotation: {strings.ToUpper(group[:1]) + group[1:]}}
		if s.hideRare {
			flag.Annotations[brieflyAnnotation] = []string{settingBriefly(f, fallback)}
			if !f.Common {
				markRare(s.flags, f.Flag)
			}
		}
		if f.Choices != nil {
			completeWords(cmd, f.Flag, f.Choices)
		}
	}
}

// completePresets completes the value of --config.
func completePresets(cmd *cobra.Command) {
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("config", presetNames)
}

func presetNames(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return configs.Presets(), cobra.ShellCompDirectiveDefault
}

func everySetting(string) bool { return true }

// resolve applies --config and then the flags that were set to the defaults,
// and validates what comes of it.
func (s *settings) resolve() (configs.Config, error) {
	c := configs.Default()
	if s.flags.Changed("config") {
		var err error
		if c, err = configs.Load(s.config); err != nil {
			return c, err
		}
	}
	if err := s.apply(&c); err != nil {
		return c, err
	}
	return c, configs.Validate(c)
}

// apply writes the flags that were set into c.
func (s *settings) apply(c *configs.Config) error {
	for _, f := range s.fields {
		flag := s.flags.Lookup(f.Flag)
		if !flag.Changed {
			continue
		}
		if err := c.Set(f.Key, flag.Value.String()); err != nil {
			return err
		}
	}
	return s.applyImplied(c)
}

// applyImplied sets what the flags that were set imply, unless flags say
// otherwise.
func (s *settings) applyImplied(c *configs.Config) error {
	for _, f := range s.fields {
		key, value, ok := strings.Cut(f.Implies, "=")
		if !ok || !s.flags.Changed(f.Flag) {
			continue
		}
		i := slices.IndexFunc(s.fields, func(f configs.Field) bool { return f.Key == key })
		if i >= 0 && s.flags.Changed(s.fields[i].Flag) {
			continue
		}
		if err := c.Set(key, value); err != nil {
			return err
		}
	}
	return nil
}

// isSwitch tells a setting that is on or off: its flag alone turns it on.
func isSwitch(f configs.Field) bool { return slices.Equal(f.Choices, []string{"true", "false"}) }

// setBeyond names the flags that were set and are not among allowed.
func setBeyond(flags *pflag.FlagSet, allowed ...string) []string {
	var names []string
	flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(allowed, f.Name) {
			names = append(names, "--"+f.Name)
		}
	})
	return names
}

// anyName stands for a value that is a word.
const anyName = "name"

// valueName is what stands for a setting's value in help.
func valueName(f configs.Field) string {
	// Longer ones would leave no room beside them for what the flag does, which names them too.
	const longest = 40
	if isSwitch(f) {
		return "bool" // for which pflag shows no value
	}
	if choices := strings.Join(f.Choices, "|"); choices != "" && len(choices) <= longest {
		return choices
	}
	if f.Unit == "" {
		return anyName
	}
	if strings.Contains(f.Kind, "list") {
		return "numbers"
	}
	return "number"
}

// settingUsage is a setting's help: what it is, its default and its unit.
func settingUsage(f configs.Field, fallback string) string {
	// pflag would take a word in backquotes for the name of the value.
	doc := strings.ReplaceAll(f.Doc, "`", "'")
	switch {
	case fallback != "":
		return fmt.Sprintf("%s (default: %s)", doc, fallback)
	case f.Default == "" || isSwitch(f):
		return doc
	case f.Unit == "whole number":
		return fmt.Sprintf("%s (default %s)", doc, f.Default)
	}
	return fmt.Sprintf("%s (default %s)", doc, f.Quantity(f.Default))
}

// brieflyAnnotation is the short form of a flag's help, for a command that
// shows its flags in full with --help-all only.
const brieflyAnnotation = "briefly"

// settingBriefly is the first sentence of a setting's help, with the words that
// it can be and its default.
func settingBriefly(f configs.Field, fallback string) string {
	text := strings.TrimSuffix(firstSentence(f.Doc), ".")
	if f.Choices != nil && !isSwitch(f) && valueName(f) == anyName {
		text += ": " + strings.Join(f.Choices, ", ")
	}
	f.Doc = text
	return settingUsage(f, fallback)
}

// firstSentence ends at the first full stop that is not the one of "et al.".
func firstSentence(text string) string {
	for i := range text {
		if strings.HasPrefix(text[i:], ". ") && !strings.HasSuffix(text[:i], " al") {
			return text[:i+1]
		}
	}
	return text
}

// asFlags returns a function that writes the settings a text names as the
// flags they are.
func asFlags(fields []configs.Field) func(text string) string {
	// Of keys that begin alike the replacer takes the one that comes first.
	fields = slices.SortedFunc(slices.Values(fields), func(a, b configs.Field) int { return cmp.Compare(len(b.Key), len(a.Key)) })
	var pairs []string
	for _, f := range fields {
		pairs = append(pairs, f.Key, "--"+f.Flag)
	}
	return strings.NewReplacer(pairs...).Replace
}
