package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/data"
)

// dataExportOptions are the flags of data export.
type dataExportOptions struct {
	datasetOptions
	out    string
	format string
	json   bool
	quiet  bool
}

func (o *dataExportOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.out, "out", "", "write into this `directory`, which must not exist or be empty")
	cmd.Flags().StringVar(&o.format, "format", string(data.PNG), "`png|npy|idx`: what to write: a folder of pictures for each split and class, or an array of images and one of labels for each split, as NumPy or MNIST has them")
	addJSON(cmd.Flags(), &o.json)
	addQuiet(cmd.Flags(), &o.quiet)
	completeWords(cmd, "format", formatNames())
	o.datasetOptions.addFlags(cmd)
}

func newDataExport(env environment) *cobra.Command {
	var o dataExportOptions
	cmd := &cobra.Command{
		Use:   "export NAME|PATH --out DIR [flags]",
		Short: "Write a data set as PNG folders, NumPy arrays or IDX files",
		Long: "Write the images and labels of any data set in a form that other programs read. " +
			"With --size, --colour and the like they are written as training would see them.",
		Example: "  vaectl data export strokes --format npy --out strokes\n  vaectl data export mnist --out digits",
	}
	return withDatasetArgument(cmd, env, &o, "data set's name or path")
}

func formatNames() []string {
	var names []string
	for _, f := range data.Formats() {
		names = append(names, string(f))
	}
	return names
}

// dataExportResult is what data export --json writes.
type dataExportResult struct {
	Dir    string `json:"dir"`
	Format string `json:"format"`
	Images int    `json:"images"`
}

func (o *dataExportOptions) run(ctx context.Context, env environment, name string) error {
	if o.out == "" {
		return usagef("--out is missing: the files need a directory")
	}
	if !slices.Contains(formatNames(), o.format) {
		return usagef("--format %q: must be one of %s", o.format, strings.Join(formatNames(), ", "))
	}
	set, err := o.load(ctx, env, name, false, o.quiet)
	if err != nil {
		return err
	}
	if set.Substitute {
		frame(env.stderr, "WARNING: "+set.Warning)
	}
	t := newDataProgress(env, o.quiet)
	err = set.Export(ctx, data.Format(o.format), o.out, t.showReading)
	t.close()
	if err != nil {
		return err
	}
	result := dataExportResult{Dir: o.out, Format: o.format, Images: set.Train.Count + set.Validation.Count + set.Test.Count}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	_, err = fmt.Fprintf(env.stdout, "%s: %d images of %v as %s\n", result.Dir, result.Images, set.Train.Shape, strings.ToUpper(result.Format))
	return err
}
