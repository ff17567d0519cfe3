package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vaectl/data"
)

// dataInfoOptions are the flags of data info.
type dataInfoOptions struct {
	dir  string
	json bool
}

func (o *dataInfoOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.dir, "data-dir", "", "look for the files in this `directory` alone")
	cmd.Flags().BoolVar(&o.json, "json", false, "write the result as JSON, and errors too")
}

func newDataInfo(env environment) *cobra.Command {
	var o dataInfoOptions
	cmd := &cobra.Command{
		Use:   "info NAME|DIRECTORY [flags]",
		Short: "Look at a data set: its images, labels, files and content hashes",
		Long: "Read a data set that is on this machine and sum it up. Nothing is downloaded.\n" +
			"NAME is one of `vaectl data list`, or strokes, or auto; DIRECTORY holds IDX files under MNIST's names.",
		Example:           "  vaectl data info mnist\n  vaectl data info ./my-digits",
		Args:              exactlyOne("data set's name or directory"),
		ValidArgsFunction: dataNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), env, args[0])
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *dataInfoOptions) run(ctx context.Context, env environment, name string) error {
	info, err := data.Inspect(ctx, data.Options{Name: name, Dir: o.dir, Env: env.getenv, Log: newLog(env, slog.LevelWarn)})
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(env.stdout, info)
	}
	if info.Substitute {
		frame(env.stderr, "WARNING: "+info.Warning)
	}
	return writeInfo(env.stdout, info)
}

func writeInfo(w io.Writer, info data.Info) error {
	var text strings.Builder
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "name\t%s\n", info.Name)
	if info.Title != "" {
		fmt.Fprintf(t, "title\t%s\n", info.Title)
	}
	if info.Licence != "" {
		fmt.Fprintf(t, "licence\t%s\n", info.Licence)
	}
	verified := "its content is not one the catalogue knows"
	if info.Verified {
		verified = "verified"
	}
	fmt.Fprintf(t, "source\t%s (%s)\n", info.Source, verified)
	fmt.Fprintf(t, "digest\t%s\n", info.Digest)
	writeSplit(t, "training", info.Train)
	writeSplit(t, "test", info.Test)
	for _, f := range info.Files {
		fmt.Fprintf(t, "file\t%s\n\t  %s\n", f.Path, f.SHA256)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func writeSplit(w io.Writer, name string, s data.SplitInfo) {
	_, _ = fmt.Fprintf(w, "%s\t%d images of %dx%d, mean pixel %.4f\n", name, s.Count, s.Height, s.Width, s.MeanPixel)
	if s.ClassCounts == nil {
		_, _ = fmt.Fprintf(w, "\tno labels\n")
		return
	}
	var counts []string
	for class, n := range s.ClassCounts {
		counts = append(counts, fmt.Sprintf("%d: %d", class, n))
	}
	_, _ = fmt.Fprintf(w, "\tlabels %s\n", strings.Join(counts, ", "))
}
