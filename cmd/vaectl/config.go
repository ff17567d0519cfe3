package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
)

// configOptions are the flags of config: those of the settings, so that one
// sees what they do.
type configOptions struct {
	settings settings
	list     bool
	json     bool
}

func (o *configOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.list, "list", false, "list the presets instead")
	cmd.Flags().BoolVar(&o.json, "json", false, "write errors, and the list, as JSON")
	o.settings.addConfig(cmd)
	o.settings.hideRare = true
	o.settings.addFields(cmd, everySetting, "")
}

func newConfig(env environment) *cobra.Command {
	var o configOptions
	cmd := &cobra.Command{
		Use:   "config [PRESET|FILE] [flags]",
		Short: "Print a resolved configuration, every setting explained",
		Long: "Print all settings as a YAML file that train --config reads, each with a comment, its flag and its allowed values.\n" +
			"Settings come from the defaults, then from the preset or file, then from flags.",
		Example: "  vaectl config\n" +
			"  vaectl config article-uniform --latent 2 > mine.yaml\n" +
			"  vaectl config --list",
		GroupID:           groupSetup,
		Args:              atMostOne("preset or file"),
		ValidArgsFunction: presetNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(env, cmd, args)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *configOptions) run(env environment, cmd *cobra.Command, args []string) error {
	if o.list {
		return o.writeList(env)
	}
	if len(args) > 0 {
		if cmd.Flags().Changed("config") {
			return usagef("both %q and --config %q: one of them is enough", args[0], o.settings.config)
		}
		if err := cmd.Flags().Set("config", args[0]); err != nil {
			return usagef("%w", err)
		}
	}
	c, err := o.settings.resolve()
	if err != nil {
		return err
	}
	for _, warning := range configs.Warnings(c) {
		warn(env, warning)
	}
	var text strings.Builder
	if err := configs.WriteCommented(&text, c); err != nil {
		return err
	}
	_, err = io.WriteString(env.stdout, text.String())
	return err
}

// preset is a line of config --list --json.
type preset struct {
	Name     string            `json:"name"`
	About    string            `json:"about"`
	Settings map[string]string `json:"settings"` // that differ from the defaults, by key

	differences []configs.Difference
}

const aboutWidth = 100

func (o *configOptions) writeList(env environment) error {
	var text strings.Builder
	for _, name := range configs.Presets() {
		p, err := readPreset(name)
		if err != nil {
			return err
		}
		if o.json {
			if err := writeJSON(&text, p); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(&text, p.Name)
		for _, line := range breakLines(p.About, aboutWidth) {
			fmt.Fprintf(&text, "    %s\n", line)
		}
		for _, d := range p.differences {
			fmt.Fprintf(&text, "      %s: %s\n", d.Key, d.B)
		}
	}
	_, err := io.WriteString(env.stdout, text.String())
	return err
}

// readPreset reads a preset with what its file says about itself, which is the
// comment it begins with.
func readPreset(name string) (preset, error) {
	text, err := configs.PresetText(name)
	if err != nil {
		return preset{}, err
	}
	c, err := configs.Load(name)
	if err != nil {
		return preset{}, err
	}
	var about []string
	for line := range strings.Lines(text) {
		comment, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		about = append(about, strings.TrimSpace(comment))
	}
	p := preset{Name: name, About: strings.Join(about, " "), Settings: make(map[string]string), differences: configs.Diff(configs.Default(), c)}
	for _, d := range p.differences {
		p.Settings[d.Key] = d.B
	}
	return p, nil
}
