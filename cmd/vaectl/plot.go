package main

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/plots"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/printable"
)

func newPlot(env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plot",
		Short: "Plot training curves, the latent space, the prior and the KL",
		Long: "Plot what a run or several runs did, as PNG or as SVG, chosen by the ending of --out.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		GroupID: groupModels,
		Example: "  vaectl plot curves wide narrow --out curves.svg\n" +
			"  vaectl plot prior shift standard\n" +
			"  vaectl plot latent",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPlotCurves(env), newPlotLatent(env), newPlotPrior(env), newPlotKL(env))
	return cmd
}

// plotFormats are the endings of the files that plots are written to.
const plotFormats = "PNG or SVG"

// checkPlot refuses an ending that is no format.
func (o *viewOptions) checkPlot() error {
	if o.out == "" {
		return nil
	}
	if _, err := plots.FormatOf(o.out); err != nil {
		return usagef("--out %s: the name must end in .png or .svg", o.out)
	}
	return nil
}

// checkPlot refuses what a plot of images of a split cannot do.
func (o *imageViewOptions) checkPlot() error {
	return cmp.Or(o.viewOptions.checkPlot(), o.split.check())
}

// writePlot writes a figure in the format of the path, all of it or nothing.
func writePlot(ctx context.Context, path string, draw func(io.Writer, plots.Format) error) error {
	format, err := plots.FormatOf(path)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return draw(w, format) })
}

// joinedNames is the names of runs for the name of a file.
func joinedNames(dirs []string) string {
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = printable.Text(filepath.Base(dir))
	}
	return strings.Join(names, "-")
}

// withRunNames is a line that says what a figure shows of which runs.
func withRunNames(what string, names []string) string { return what + ": " + strings.Join(names, ", ") }

// legendNames are the names of runs, or their paths where two have one name.
func legendNames(dirs []string) []string {
	count := make(map[string]int)
	for _, dir := range dirs {
		count[printable.Text(filepath.Base(dir))]++
	}
	names := make([]string, len(dirs))
	for i, dir := range dirs {
		names[i] = printable.Text(filepath.Base(dir))
		if count[names[i]] > 1 {
			names[i] = printable.Text(dir)
		}
	}
	return names
}
