package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/data"
	"vaectl/internal/lines"
)

// dataListOptions are the flags of data list.
type dataListOptions struct {
	dir  string
	json bool
}

func (o *dataListOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.dir, "data-dir", "", "look for the files in this `directory` alone")
	cmd.Flags().BoolVar(&o.json, "json", false, "write one JSON object a line, errors too")
}

func newDataList(env environment) *cobra.Command {
	var o dataListOptions
	cmd := &cobra.Command{
		Use:   "list [flags]",
		Short: "List the data sets that can be had",
		Args:  noArguments,
		RunE:  func(*cobra.Command, []string) error { return o.run(env) },
	}
	o.addFlags(cmd)
	return cmd
}

// dataLine is a line of data list --json: an entry of the catalogue and where
// it lies on this machine, if it does.
type dataLine struct {
	data.Entry
	Bytes int64  `json:"bytes"`
	Dir   string `json:"dir,omitempty"`
}

func (o *dataListOptions) run(env environment) error {
	var t strings.Builder
	fmt.Fprintln(&t, "name\timages\tsize\tdownload\ton this machine\tlicence")
	for _, e := range data.Catalogue() {
		dir, found := data.Locate(e.Name, data.Options{Dir: o.dir, Env: env.getenv})
		if !found {
			dir = ""
		}
		if o.json {
			if err := writeJSON(env.stdout, dataLine{Entry: e, Bytes: e.Size(), Dir: dir}); err != nil {
				return err
			}
			continue
		}
		if dir == "" {
			dir = "no"
		}
		images := fmt.Sprintf("%d + %d", e.Train, e.Test)
		if e.Validation > 0 {
			images = fmt.Sprintf("%d + %d + %d", e.Train, e.Validation, e.Test)
		}
		fmt.Fprintf(&t, "%s\t%s\t%v\t%s\t%s\t%s\n", e.Name, images, e.Shape, megabytes(e.Size()), dir, e.Licence)
	}
	if o.json {
		return nil
	}
	_, err := io.WriteString(env.stdout, lines.Columns(t.String())+"\nAlso: strokes, the built-in set of drawn digits, which needs no file; and any folder, archive or file of images.\n"+
		"Download one: vaectl data get NAME. Look at one: vaectl data info NAME.\n")
	return err
}

// dataNames completes the names of the catalogue.
func dataNames(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, e := range data.Catalogue() {
		names = append(names, e.Name)
	}
	return names, cobra.ShellCompDirectiveDefault
}
