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

// plotKLOptions are the flags of plot kl.
type plotKLOptions struct {
	imageViewOptions
}

func newPlotKL(env environment) *cobra.Command {
	var o plotKLOptions
	cmd := &cobra.Command{
		Use:   "kl [RUN]",
		Short: "Plot the KL of each latent",
		Long: "Plot the KL of each latent, averaged over a split, the most active first, with the inactive ones in grey\n" +
			"(Burda et al. 2016, section 5.2). RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl plot kl\n" +
			"  vaectl plot kl deep --out kl.svg",
	}
	return withRunArgument(cmd, env, &o)
}

func (o *plotKLOptions) addFlags(cmd *cobra.Command) {
	o.addImageFlags(cmd, plotFormats, "the draws of z and of binary pixels")
}

// plotKLResult is what plot kl --json writes.
type plotKLResult struct {
	pictureResult
	splitResult
	KLPerDim       []float64 `json:"kl_per_dim,omitempty"`
	ActivityPerDim []float64 `json:"activity_per_dim"`
	ActiveUnits    int       `json:"active_units"`
}

func (o *plotKLOptions) run(ctx context.Context, env environment, ref string) error {
	if err := o.checkPlot(); err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	e, err := v.Evaluate(ctx, s.reader, v.seed)
	if err != nil {
		return err
	}
	path, err := o.path(v.dir, "kl-"+o.split.name)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("%d of %s active, on %s of %s, %s; KL %s nats per image in all",
		e.ActiveUnits(), words.Counted(v.Latents(), "latent"), words.Counted(e.Images, "image"), s.set.Name, o.split.name, words.Nats(e.KL))
	usage, title := gallery.UsageOf(e), "KL of each latent"
	if !usage.KL {
		title = "Activity of each latent"
	}
	err = writePlot(ctx, path, func(w io.Writer, f plots.Format) error {
		return plots.Bars(w, f, usage.Bars(), plots.Labels{Title: v.title(title), Subtitle: what})
	})
	if err != nil {
		return err
	}
	r := plotKLResult{o.result(v, path), o.split.result(v, s, e.Images), e.KLPerDim, e.ActivityPerDim, e.ActiveUnits()}
	return o.report(env, r.pictureResult, r, what, r.Notes...)
}
