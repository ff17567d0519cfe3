package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
)

// traverseOptions are the flags of traverse.
type traverseOptions struct {
	imageViewOptions
	latents int
	steps   int
	around  int
}

func (o *traverseOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.latents, "latents", 10, fmt.Sprintf("how many latents, the most active first, from 1 to %d", maxGridSteps))
	flags.IntVar(&o.steps, "steps", 11, fmt.Sprintf("how many values of each, from 1 to 99 %% of the prior, at most %d", maxGridSteps))
	flags.IntVar(&o.around, "around", 0, "index of an `image` whose code the other latents take (default: the medians of the prior)")
	o.addImageFlags(cmd, "PNG", "the draws of z that measure the KL")
	o.addLabel(cmd, "that of the image of --around, or 0")
}

func newTraverse(env environment) *cobra.Command {
	var o traverseOptions
	cmd := &cobra.Command{
		Use:   "traverse [RUN]",
		Short: "Show what each latent does",
		Long: "Vary each latent over the quantiles of the prior while the others stay fixed, and write what the model decodes as a PNG:\n" +
			"one row for each latent, the most active first, by their KL over the split.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl traverse\n" +
			"  vaectl traverse deep --latents 20 --steps 15\n" +
			"  vaectl traverse --around 7 --out seven.png",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// traverseResult is what traverse --json writes.
type traverseResult struct {
	pictureResult
	splitResult
	Latents       []int     `json:"latents"`               // a row each
	KL            []float64 `json:"kl_nats,omitempty"`     // of the rows
	Activity      []float64 `json:"activity,omitempty"`    // of the rows, where the prior has no KL a latent
	Probabilities []float64 `json:"probabilities"`         // of the columns
	Around        *int      `json:"around_image,omitzero"` // none: the medians
	Code          []float64 `json:"around"`                // z
}

func (o *traverseOptions) check() error {
	return cmp.Or(checkRange("--latents", o.latents, 1, maxGridSteps), checkRange("--steps", o.steps, 1, maxGridSteps), o.checkGrid())
}

func (o *traverseOptions) run(ctx context.Context, env environment, ref string) error {
	if err := o.check(); err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	around, what, err := o.center(v, s)
	if err != nil {
		return err
	}
	fallback := 0
	if v.Classes() > 0 && s.images.Labels != nil && o.flags.Changed("around") {
		fallback = s.images.Labels[o.around]
	}
	if v, err = o.withLabelOr(v, fallback); err != nil {
		return err
	}
	if s, err = v.withLabels(s); err != nil {
		return err
	}
	evaluation, err := v.Evaluate(ctx, s.reader, v.seed)
	if err != nil {
		return err
	}
	usage := gallery.UsageOf(evaluation)
	rows := usage.Order[:min(o.latents, len(usage.Order))]
	if !usage.KL {
		what += "; var is the variance of the posterior's mean over images"
	}
	img, err := gallery.Traversal(v.Model, around, rows, o.steps, v.oneLabel(), picture.Options{
		Title: v.title("Traversal"), Caption: what, RowLabels: rowLabels(usage, rows),
	})
	if err != nil {
		return fmt.Errorf("picture of %s: %w", words.Counted(len(rows), "latent"), err)
	}
	path, err := o.writePicture(ctx, v.dir, o.fileName(len(rows)), img)
	if err != nil {
		return err
	}
	r := traverseResult{
		pictureResult: o.result(v, path), splitResult: o.split.result(v, s, evaluation.Images),
		Latents: rows, Probabilities: gallery.Probabilities(o.steps), Code: around,
	}
	if o.flags.Changed("around") {
		r.Around = &o.around
	}
	for _, d := range rows {
		if usage.KL {
			r.KL = append(r.KL, usage.Values[d])
		} else {
			r.Activity = append(r.Activity, usage.Values[d])
		}
	}
	return o.report(env, r.pictureResult, r, fmt.Sprintf("%s of %d", words.Counted(len(rows), "latent"), v.Latents()), r.Notes...)
}

// center is the code that all rows share but for their own latent, with words
// about the picture.
func (o *traverseOptions) center(v view, s inputImages) (z []float64, what string, err error) {
	const swept = "each latent from 1 to 99 % of the prior, "
	if !o.flags.Changed("around") {
		return gallery.Median(v.Prior()), swept + "the others at their medians", nil
	}
	if err := o.split.checkIndex("--around", o.around, s); err != nil {
		return nil, "", err
	}
	e, err := v.Encode(v.batch(s, []int{o.around}))
	return e.Z, fmt.Sprintf("%sthe others as in image %d of %s, %s", swept, o.around, s.set.Name, o.split.name), err
}

// rowLabels name latents by number and use.
func rowLabels(u gallery.Usage, latents []int) []string {
	unit := "KL"
	if !u.KL {
		unit = "var"
	}
	var labels []string
	for _, d := range latents {
		labels = append(labels, fmt.Sprintf("z%d  %s %.2f", d, unit, u.Values[d]))
	}
	return labels
}

// fileName tells pictures of different flags apart.
func (o *traverseOptions) fileName(latents int) string {
	name := fmt.Sprintf("traverse-%s-latents-%d-steps-%d", o.split.name, latents, o.steps)
	if o.flags.Changed("around") {
		name += fmt.Sprintf("-around-%d", o.around)
	}
	return name
}
