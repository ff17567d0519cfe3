package main

import (
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
	cmd.Flags().StringVar(&s.config, "config", "", "a `file|preset` with settings; flags that are set win over it (presets: "+strings.Join(configs.Presets(), ", ")+")")
	completePresets(cmd)
}

// addFields adds the flags of the settings whose keys wanted accepts. fallback
// says what holds when a flag is not set; empty names the default.
func (s *settings) addFields(cmd *cobra.Command, wanted func(key string) bool, fallback string) {
	s.flags = cmd.Flags()
	for _, f := range configs.Fields() {
		if !wanted(f.Key) {
			continue
		}
		s.fields = append(s.fields, f)
		flag := s.flags.VarPF(&settingValue{kind: valueName(f)}, f.Flag, "", settingUsage(f, fallback))
		if isSwitch(f) {
			flag.NoOptDefVal = "true"
		}
		group, _, _ := strings.Cut(f.Key, ".")
		flag.Annotations = map[string][]string{sectionAnnotation: {strings.ToUpper(group[:1]) + group[1:]}}
		if f.Choices != nil {
			// It fails only for a flag that does not exist.
			_ = cmd.RegisterFlagCompletionFunc(f.Flag, cobra.FixedCompletions(f.Choices, cobra.ShellCompDirectiveNoFileComp))
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

// valueName is what stands for a setting's value in help.
func valueName(f configs.Field) string {
	// Longer ones would leave no room beside them for what the flag does, which names them too.
	const longest = 40
	if choices := strings.Join(f.Choices, "|"); choices != "" && len(choices) <= longest {
		return choices
	}
	if f.Unit == "" {
		return "name"
	}
	if strings.Contains(f.Kind, "list") {
		return "numbers"
	}
	return "number"
}

// settingUsage is a setting's help: what it is, its unit and its default.
// pflag would take a word in backquotes for the name of the value.
func settingUsage(f configs.Field, fallback string) string {
	doc := strings.ReplaceAll(f.Doc, "`", "'")
	if fallback != "" {
		return fmt.Sprintf("%s (default: %s)", doc, fallback)
	}
	if f.Default == "" {
		return doc
	}
	if f.Unit == "" {
		return fmt.Sprintf("%s (default %s)", doc, f.Default)
	}
	return fmt.Sprintf("%s (default %s; %s)", doc, f.Default, f.Unit)
}
