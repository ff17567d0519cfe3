package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/plots"
	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
	"vaectl/train/rundir"
)

// plotCurvesOptions are the flags of plot curves.
type plotCurvesOptions struct {
	root string
	out  string
	json bool
}

func (o *plotCurvesOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.out, "out", "", "the "+plotFormats+" `file` to write (default: in the first run's folder samples)")
	addRoot(cmd.Flags(), &o.root)
	addJSON(cmd.Flags(), &o.json)
}

func newPlotCurves(env environment) *cobra.Command {
	var o plotCurvesOptions
	cmd := &cobra.Command{
		Use:   "curves [RUN...]",
		Short: "Plot the loss, its parts and the active units over the epochs",
		Long: "Plot the loss, the reconstruction, the KL and the number of active units over the epochs. Solid lines are the evaluated images, dashed lines the training images. " +
			fmt.Sprintf("With more than %d runs there is one panel for the loss of each. A run that is still training can be plotted too.", gallery.MostCurves),
		Example: "  vaectl plot curves\n" +
			"  vaectl plot curves wide narrow --out curves.svg",
	}
	return withRunArguments(cmd, env, &o)
}

// plotCurvesResult is what plot curves --json writes.
type plotCurvesResult struct {
	Path  string   `json:"path"`
	Runs  []string `json:"runs"`
	Paths []string `json:"run_paths"`
	// Epochs is how many epochs of each run there are.
	Epochs []int `json:"epochs"`
	// Warning says what keeps the losses from being compared.
	Warning string `json:"warning,omitempty"`
}

func (o *plotCurvesOptions) run(ctx context.Context, env environment, refs []string) error {
	if err := (&viewOptions{out: o.out}).checkPlot(); err != nil {
		return err
	}
	opened, err := findRuns(o.root, refs, "plot curves")
	if err != nil {
		return err
	}
	result := plotCurvesResult{Paths: dirsOf(opened)}
	result.Runs = legendNames(result.Paths)
	var runs []gallery.Training
	var all []comparison.Loss
	for i, run := range opened {
		all = append(all, comparison.Of(run))
		metrics, err := run.Metrics()
		if err != nil {
			return err
		}
		if len(metrics.Epochs) == 0 {
			return &hintedError{fmt.Errorf("run %s has no curves yet: its first epoch has not been evaluated", run.Dir()), "`vaectl runs show " + printable.Word(result.Runs[i]) + "` says how far it is"}
		}
		runs = append(runs, gallery.Training{Name: result.Runs[i], Metrics: metrics})
		result.Epochs = append(result.Epochs, len(metrics.Epochs))
	}
	result.Warning = comparison.Warning(all, result.Runs)
	view := viewOptions{out: o.out, model: modelOptions{checkpoint: rundir.Last}}
	if result.Path, err = view.path(result.Paths[0], "curves-"+joinedNames(result.Paths)); err != nil {
		return err
	}
	err = writePlot(ctx, result.Path, func(w io.Writer, f plots.Format) error {
		return plots.Curves(w, f, gallery.Curves(runs), plots.Strokes{Solid: gallery.EvaluatedOn(runs), Dashed: "training images, as they were seen"},
			plots.Labels{Title: withRunNames("Training", result.Runs), Subtitle: subtitleOf(result.Warning)})
	})
	if err != nil {
		return err
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	if result.Warning != "" {
		warn(env, result.Warning)
	}
	_, err = fmt.Fprintf(env.stdout, "%s: curves of %s\n", result.Path, words.Counted(len(runs), "run"))
	return err
}

// subtitleOf puts a warning, where there is one, into the picture: it travels
// without the words around it.
func subtitleOf(warning string) string {
	if warning == "" {
		return ""
	}
	return words.Sentence(warning)
}
