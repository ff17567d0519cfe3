package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// completeOptions are the flags of complete.
type completeOptions struct {
	imageViewOptions
	choice pictureChoice
	mask   string
	steps  int
	rows   int
}

// mostSteps bounds a chain, which has long settled by then.
const mostSteps = 100_000

func (o *completeOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.choice.addFlag(flags, "complete this `image` of the split instead of a file")
	flags.StringVar(&o.mask, "mask", "", "what is missing: the `left|right|top|bottom` half, a rectangle x,y,width,height in pixels of the model's images, or a picture file that is white where something is missing")
	flags.IntVar(&o.steps, "steps", 32, fmt.Sprintf("how many times to encode and decode, from 1 to %d", mostSteps))
	flags.IntVar(&o.rows, "rows", 4, fmt.Sprintf("how many times to do it, each with draws of its own, from 1 to %d", maxGridSteps))
	o.addImageFlags(cmd, "PNG", "the draws of z and of pixels")
	o.addLabel(cmd, "the image's own; a file has none")
	// It fails only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("mask", cobra.FixedCompletions(maskSides(), cobra.ShellCompDirectiveDefault))
}

func newComplete(env environment) *cobra.Command {
	var o completeOptions
	cmd := &cobra.Command{
		Use:   "complete PICTURE --mask MASK [RUN]",
		Short: "Fill in what is missing in a picture",
		Long: "Fill in the missing part of a picture by encoding and decoding it again and again while the rest stays as it is " +
			"(Rezende et al. 2014, appendix F). Each step draws z from the posterior of the picture as it stands, and the missing pixels " +
			"from what the model decodes. Write the picture, the masked picture and the steps on the way as a PNG; several rows show " +
			"that there is more than one way to do it.\n\n" +
			"PICTURE is a file of any format and size, which is made to fit as --fit, --invert and --background tell, or nothing with --index. " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl complete seven.png --mask left\n" +
			"  vaectl complete --index 17 --mask 0,14,28,14 deep\n" +
			"  vaectl complete face.jpg --mask hole.png --steps 100 --seed 3 --out filled.png",
		GroupID: groupModels,
	}
	return withPictureArgument(cmd, env, &o, &o.choice)
}

// completeResult is what complete --json writes.
type completeResult struct {
	pictureResult
	Dataset string        `json:"dataset,omitempty"`
	Split   string        `json:"split,omitempty"`
	Notes   []string      `json:"notes,omitempty"`
	Picture chosenPicture `json:"picture"`
	Mask    string        `json:"mask"`
	Missing int           `json:"missing_pixels"`
	Steps   []int         `json:"steps"` // that are shown
	Rows    int           `json:"rows"`
	Seed    uint64        `json:"seed"`
}

func (o *completeOptions) check() error {
	if o.mask == "" {
		return &usageError{err: fmt.Errorf("--mask is not set: nothing is missing"), hint: "--mask left, or x,y,width,height, or a picture that is white where something is missing"}
	}
	if err := cmp.Or(checkRange("--steps", o.steps, 1, mostSteps), checkRange("--rows", o.rows, 1, maxGridSteps)); err != nil {
		return err
	}
	if !o.choice.inSplit() {
		if err := o.split.checkFiles(); err != nil {
			return err
		}
	}
	return o.checkGrid()
}

func (o *completeOptions) run(ctx context.Context, env environment, ref string) error {
	if err := o.check(); err != nil {
		return err
	}
	v, p, r, err := o.load(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	missing, err := o.missing(v.Shape())
	if err != nil {
		return err
	}
	r.Picture, r.Mask, r.Rows, r.Seed, r.Steps = p, o.mask, o.rows, v.seed, gallery.CompletionSteps(o.steps)
	for _, m := range missing {
		if m {
			r.Missing++
		}
	}
	path, err := o.draw(ctx, v, r, missing)
	if err != nil {
		return err
	}
	r.pictureResult = o.result(v, path)
	return o.report(env, r.pictureResult, r, fmt.Sprintf("%s with %s of %d filled in, %s", p.name(), words.Counted(r.Missing, "pixel"), len(missing), words.Counted(o.rows, "time")), r.Notes...)
}

// load opens the model and reads the picture; the view's engine must be closed unless there is an
// error.
func (o *completeOptions) load(ctx context.Context, env environment, ref string) (v view, p chosenPicture, r completeResult, err error) {
	var s inputImages
	if o.choice.inSplit() {
		v, s, err = o.openWithImages(ctx, env, ref)
	} else {
		v, err = o.open(env, ref)
	}
	if err != nil {
		return v, p, r, err
	}
	defer func() {
		if err != nil {
			v.engine.Close()
		}
	}()
	if o.choice.inSplit() {
		r.Dataset, r.Split, r.Notes = s.set.Name, o.split.name, o.split.notes(v.runModel, s)
	}
	if v, err = o.withChosenLabel(v); err != nil {
		return v, p, r, err
	}
	p, err = o.picture(ctx, v, s, &o.choice)
	return v, p, r, err
}

// draw fills in what is missing, writes the picture of it and returns the path.
func (o *completeOptions) draw(ctx context.Context, v view, r completeResult, missing []bool) (string, error) {
	images := vae.Batch{
		Pixels: slices.Repeat(r.Picture.batch.Pixels, o.rows), Labels: slices.Repeat(r.Picture.batch.Labels, o.rows),
	}
	if len(images.Labels) == 0 {
		images.Labels = nil
	}
	img, err := gallery.Completion(ctx, v.Model, images, missing, r.Steps, v.seed, picture.Options{
		Title:   v.title("Completion"),
		Caption: fmt.Sprintf("%s, %d of %d pixels missing; after so many of %s of encoding and decoding, seed %d", r.Picture.name(), r.Missing, len(missing), words.Counted(o.steps, "step"), v.seed),
	})
	if err != nil {
		return "", fmt.Errorf("picture of %s: %w", words.Counted(o.rows, "completion"), err)
	}
	return o.writePicture(ctx, v.dir, fmt.Sprintf("complete-%s-%s-steps-%d-seed-%d", r.Picture.fileName(), maskName(o.mask), o.steps, v.seed), img)
}
