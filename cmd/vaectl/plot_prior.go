package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/plots"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
)

// plotPriorOptions are the flags of plot prior.
type plotPriorOptions struct {
	imageViewOptions
}

func newPlotPrior(env environment) *cobra.Command {
	var o plotPriorOptions
	cmd := &cobra.Command{
		Use:   "prior [RUN [RUN...]]",
		Short: "Plot the aggregate posterior under the density of the prior",
		Long: "Plot how the codes of the images are distributed, with one draw of z per image, under the density of the prior that\n" +
			fmt.Sprintf("the run was trained toward: all latents together and the most active ones alone. Up to %d runs stand side by\n", plots.MostPriorRuns) +
			"side for contrast. RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl plot prior\n" +
			"  vaectl plot prior shift standard --out priors.svg",
	}
	return withRunArguments(cmd, env, &o)
}

func (o *plotPriorOptions) addFlags(cmd *cobra.Command) {
	o.addImageFlags(cmd, plotFormats, "the draws of z and of binary pixels")
}

// plotPriorResult is what plot prior --json writes.
type plotPriorResult struct {
	Path string         `json:"path"`
	Runs []plotPriorRun `json:"runs"`
}

// plotPriorRun is one run of the figure.
type plotPriorRun struct {
	pictureResult
	splitResult
	KLPerDim      []float64 `json:"kl_per_dim,omitempty"`
	AggregateMean []float64 `json:"aggregate_mean"`
	AggregateStd  []float64 `json:"aggregate_std"`
}

func (o *plotPriorOptions) run(ctx context.Context, env environment, refs []string) error {
	if len(refs) == 0 {
		refs = []string{""}
	}
	if len(refs) > plots.MostPriorRuns {
		return usagef("plot prior of %d runs: at most %d stand side by side", len(refs), plots.MostPriorRuns)
	}
	if err := o.checkPlot(); err != nil {
		return err
	}
	var result plotPriorResult
	var drawn []plots.PriorRun
	var dirs []string
	for _, ref := range refs {
		run, shown, err := o.measure(ctx, env, ref)
		if err != nil {
			return err
		}
		result.Runs, drawn, dirs = append(result.Runs, run), append(drawn, shown), append(dirs, run.RunPath)
	}
	names := legendNames(dirs)
	for i := range drawn {
		drawn[i].Name = fmt.Sprintf("%s: %s", names[i], result.Runs[i].Prior)
	}
	var err error
	result.Path, err = o.path(dirs[0], fmt.Sprintf("prior-%s-%s", o.split.name, joinedNames(dirs)))
	if err != nil {
		return err
	}
	err = writePlot(ctx, result.Path, func(w io.Writer, f plots.Format) error {
		return plots.Prior(w, f, drawn, plots.Labels{Title: "Aggregate posterior and prior"})
	})
	if err != nil {
		return err
	}
	for i := range result.Runs {
		result.Runs[i].Path = result.Path
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	for _, r := range result.Runs {
		tellNotes(env, r.Notes)
	}
	_, err = fmt.Fprintf(env.stdout, "%s: aggregate posterior and prior of %s\n", result.Path, withRunNames(words.Counted(len(dirs), "run"), names))
	return err
}

// measure draws the aggregate posterior of one run.
func (o *plotPriorOptions) measure(ctx context.Context, env environment, ref string) (plotPriorRun, plots.PriorRun, error) {
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return plotPriorRun{}, plots.PriorRun{}, err
	}
	defer v.engine.Close()
	evaluation, err := v.Evaluate(ctx, s.reader, v.seed)
	if err != nil {
		return plotPriorRun{}, plots.PriorRun{}, err
	}
	run := plotPriorRun{
		pictureResult: o.result(v, ""), splitResult: o.split.result(v, s, evaluation.Images),
		KLPerDim: evaluation.KLPerDim, AggregateMean: evaluation.AggregateMean, AggregateStd: evaluation.AggregateStd,
	}
	z, err := gallery.Aggregate(ctx, v.Model, s.reader, v.seed)
	usage := gallery.UsageOf(evaluation)
	return run, plots.PriorRun{
		Z: z, Latents: v.Latents(), Priors: gallery.Densities(v.Prior()), KL: usage.KLs(), Order: usage.Order,
	}, err
}
