package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
)

// manifoldOptions are the flags of manifold.
type manifoldOptions struct {
	viewOptions
	grid    int
	latents []int
}

func (o *manifoldOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.grid, "grid", 20, fmt.Sprintf("images on each side, from 1 to %d", maxGridSteps))
	flags.IntSliceVar(&o.latents, "latents", nil, "`I,J`: the two latents that span the plane, the first to the right, the second upward (default: the model's two)")
	o.viewOptions.addFlags(cmd, "PNG")
	o.addLabel(cmd, "0")
}

func newManifold(env environment) *cobra.Command {
	var o manifoldOptions
	cmd := &cobra.Command{
		Use:   "manifold [RUN]",
		Short: "Show the plane of two latents",
		Long: "Decode a grid of codes on the plane of two latents, at the prior's quantiles, and write it as a PNG.\n" +
			"If the model has more than two latents, --latents picks two of them; the others stay at their medians.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl manifold\n" +
			"  vaectl manifold flat --grid 30 --out plane.png\n" +
			"  vaectl manifold deep --latents 3,17",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// manifoldResult is what manifold --json writes.
type manifoldResult struct {
	pictureResult
	Grid    int   `json:"grid"`
	Latents []int `json:"latents"`
}

func (o *manifoldOptions) run(ctx context.Context, env environment, ref string) error {
	if err := checkRange("--grid", o.grid, 1, maxGridSteps); err != nil {
		return err
	}
	if err := o.checkGrid(); err != nil {
		return err
	}
	v, err := o.open(env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	if v, err = o.withLabelOr(v, 0); err != nil {
		return err
	}
	latents, err := plane(o.flags.Changed("latents"), o.latents, v)
	if err != nil {
		return err
	}
	caption := fmt.Sprintf("z%d to the right, z%d upward, evenly in the prior's probability", latents[0], latents[1])
	if v.Latents() > 2 {
		caption += fmt.Sprintf("; the other %d at their medians", v.Latents()-2)
	}
	img, err := gallery.Manifold(v.Model, latents[0], latents[1], o.grid, v.oneLabel(), picture.Options{Title: v.title("Latent plane"), Caption: caption})
	if err != nil {
		return fmt.Errorf("picture of %dx%d images: %w", o.grid, o.grid, err)
	}
	path, err := o.writePicture(ctx, v.dir, fmt.Sprintf("manifold-z%d-z%d-grid-%d", latents[0], latents[1], o.grid), img)
	if err != nil {
		return err
	}
	r := manifoldResult{o.result(v, path), o.grid, latents}
	return o.report(env, r.pictureResult, r, fmt.Sprintf("%dx%d images on the plane of z%d and z%d", o.grid, o.grid, latents[0], latents[1]))
}

// plane is the two latents that span a plane: those that were asked for, or the
// only two there are.
func plane(asked bool, latents []int, v view) ([]int, error) {
	if !asked {
		if v.Latents() == 2 {
			return []int{0, 1}, nil
		}
		err := &usageError{err: fmt.Errorf("run %s has %s, a plane has two", v.name(), words.Counted(v.Latents(), "latent"))}
		if v.Latents() > 2 {
			err.hint = "pick two, such as --latents 0,1; `vaectl traverse` shows which are active"
		}
		return nil, err
	}
	if len(latents) != 2 || latents[0] == latents[1] {
		return nil, usagef("--latents %v: must be two different latents, such as 0,1", latents)
	}
	for _, d := range latents {
		if d < 0 || d >= v.Latents() {
			return nil, usagef("--latents %d,%d: run %s has latents 0 to %d", latents[0], latents[1], v.name(), v.Latents()-1)
		}
	}
	return latents, nil
}
