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

// plotLatentOptions are the flags of plot latent.
type plotLatentOptions struct {
	imageViewOptions
	count   int
	latents []int
	sample  bool
}

func (o *plotLatentOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&o.count, "n", "n", 5000, "how many images, the first of the split")
	flags.IntSliceVar(&o.latents, "latents", nil, "`I,J`: show these two latents as they are (default: the model's two, or the two principal components of more)")
	flags.BoolVar(&o.sample, "sample", false, "draw z from the posterior instead of taking its mean")
	o.addImageFlags(cmd, plotFormats, "the draws of z and of binary pixels")
}

func newPlotLatent(env environment) *cobra.Command {
	var o plotLatentOptions
	cmd := &cobra.Command{
		Use:   "latent [RUN]",
		Short: "Plot where images are in the latent space, coloured by class",
		Long: "Plot the codes of images. Two latents are drawn as they are; more are projected on the two directions in which the\n" +
			"codes vary most (principal components). RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl plot latent\n" +
			"  vaectl plot latent deep -n 10000 --out space.svg\n" +
			"  vaectl plot latent deep --latents 3,17",
	}
	return withRunArgument(cmd, env, &o)
}

// plotLatentResult is what plot latent --json writes.
type plotLatentResult struct {
	pictureResult
	splitResult
	XLabel  string `json:"x"`
	YLabel  string `json:"y"`
	Labels  bool   `json:"labels"` // the images have classes
	Sampled bool   `json:"sampled"`
}

func (o *plotLatentOptions) run(ctx context.Context, env environment, ref string) error {
	if o.count < 1 {
		return usagef("-n %d: must be at least 1", o.count)
	}
	if err := o.checkPlot(); err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	count := min(o.count, s.images.Count)
	z, err := codes(v.Model, v.batch(s, consecutive(0, count)), 0, v.seed, o.sample)
	if err != nil {
		return err
	}
	points, name, err := o.place(v, z)
	if err != nil {
		return err
	}
	if s.images.Labels != nil {
		points.Classes, points.Names = s.images.Labels[:count], s.set.Classes
	}
	path, err := o.path(v.dir, o.fileName(name, count, v.seed))
	if err != nil {
		return err
	}
	what := fmt.Sprintf("the posterior's mean of %s of %s, %s", words.Counted(count, "image"), s.set.Name, o.split.name)
	if o.sample {
		what = fmt.Sprintf("one draw of z for each of %s of %s, %s", words.Counted(count, "image"), s.set.Name, o.split.name)
	}
	err = writePlot(ctx, path, func(w io.Writer, f plots.Format) error {
		return plots.Scatter(w, f, points, plots.Labels{Title: v.title("Latent space"), Subtitle: what})
	})
	if err != nil {
		return err
	}
	r := plotLatentResult{o.result(v, path), o.split.result(v, s, count), points.XLabel, points.YLabel, points.Classes != nil, o.sample}
	return o.report(env, r.pictureResult, r, what, r.Notes...)
}

// place puts codes on a plane; name is that of the plane in a file's name.
func (o *plotLatentOptions) place(v view, z []float64) (points plots.Points, name string, err error) {
	if !o.flags.Changed("latents") {
		points, err = gallery.Plane(v.Prior(), z)
		return points, "latent", err
	}
	pair, err := plane(true, o.latents, v)
	if err != nil {
		return points, "", err
	}
	return gallery.Axes(v.Prior(), z, pair[0], pair[1]), fmt.Sprintf("latent-z%d-z%d", pair[0], pair[1]), nil
}

// fileName tells figures of different flags apart.
func (o *plotLatentOptions) fileName(name string, count int, seed uint64) string {
	name += fmt.Sprintf("-%s-%d", o.split.name, count)
	if o.sample {
		name += fmt.Sprintf("-sample-seed-%d", seed)
	}
	return name
}
