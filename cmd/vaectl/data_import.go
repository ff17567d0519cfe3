package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"vaectl/data"
	"vaectl/internal/printable"
)

// dataImportOptions are the flags of data import.
type dataImportOptions struct {
	datasetOptions
	out   string
	json  bool
	quiet bool
}

func (o *dataImportOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.out, "out", "", "write the prepared set into this `directory`, which must not exist or be empty")
	addJSON(cmd.Flags(), &o.json)
	addQuiet(cmd.Flags(), &o.quiet)
	o.datasetOptions.addFlags(cmd)
}

func newDataImport(env environment) *cobra.Command {
	var o dataImportOptions
	cmd := &cobra.Command{
		Use:   "import NAME|PATH --out DIR [flags]",
		Short: "Prepare pictures or arrays once, in a directory to train from",
		Long: "Read a data set, make images of one shape of it, and write them into a directory that every command takes as --dataset. " +
			"The pixels lie there as they are computed with, in a file that NumPy reads (numpy.load(\"DIR/images.npy\", mmap_mode=\"r\")), " +
			"so the set starts at once, may be larger than memory, and can be copied to another machine.",
		Example: "  vaectl data import ./photos --size 64 --out photos64\n  vaectl train --dataset ./photos64",
	}
	return withDatasetArgument(cmd, env, &o, "data set's name or path")
}

func (o *dataImportOptions) run(ctx context.Context, env environment, name string) error {
	if o.out == "" {
		return usagef("--out is missing: a prepared set needs a directory")
	}
	options, err := o.options(env, name)
	if err != nil {
		return err
	}
	t := newDataProgress(env, o.quiet)
	options.Progress, options.Reading = t.showTransfer, t.showReading
	set, err := data.Import(ctx, options, o.out)
	t.close()
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(env.stdout, set.Info())
	}
	_, err = fmt.Fprintf(env.stdout, "%s: %d training and %d test images of %v\nnext  vaectl train --dataset %s\n",
		o.out, set.Train.Count, set.Test.Count, set.Train.Shape, shellPath(o.out))
	return err
}

// shellPath is a path as one types it, with a separator, so that it cannot be taken
// for the name of a data set.
func shellPath(path string) string {
	if !isPath(path) {
		path = "." + string(filepath.Separator) + path
	}
	return printable.Word(path)
}
