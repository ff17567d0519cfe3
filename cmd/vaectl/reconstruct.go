package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/show/gallery"
	"vaectl/vae"
)

// reconstructOptions are the flags of reconstruct.
type reconstructOptions struct {
	imageViewOptions
	count  int
	start  int
	sample bool
}

func (o *reconstructOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&o.count, "n", "n", 16, fmt.Sprintf("how many images, from 1 to %d", maxSamples))
	flags.IntVar(&o.start, "start", 0, "index of the first `image`")
	o.split.addFlag(cmd)
	flags.BoolVar(&o.sample, "sample", false, "draw z from the posterior instead of taking its mean")
	o.viewOptions.addFlags(cmd, "PNG")
	o.addSeed("the draws of z and of binary pixels")
	o.split.addFields(cmd)
}

func newReconstruct(env environment) *cobra.Command {
	var o reconstructOptions
	cmd := &cobra.Command{
		Use:   "reconstruct [RUN]",
		Short: "Show images above what a model makes of them",
		Long: "Encode images and decode their codes, and write originals above reconstructions as a PNG.\n" +
			"The code is the posterior's mean unless --sample is set. A conditional model reads each image's own label.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl reconstruct\n" +
			"  vaectl reconstruct deep -n 30 --split train --out pairs.png\n" +
			"  vaectl reconstruct --start 100 --sample --seed 3",
		GroupID: groupModels,
	}
	return ofRun(cmd, env, &o)
}

// reconstructResult is what reconstruct --json writes.
type reconstructResult struct {
	pictureResult
	splitResult
	Start   int  `json:"start"`
	Sampled bool `json:"sampled"`
}

func (o *reconstructOptions) run(ctx context.Context, env environment, ref string) error {
	if o.count < 1 || o.count > maxSamples {
		return usagef("-n %d: must be from 1 to %d images", o.count, maxSamples)
	}
	if err := o.checkGrid(); err != nil {
		return err
	}
	if err := o.split.check(); err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	if o.start < 0 || o.start >= s.images.Count {
		return usagef("--start %d: the %s split of %s has images 0 to %d", o.start, o.split.name, s.set.Name, s.images.Count-1)
	}
	count := min(o.count, s.images.Count-o.start)
	indices := consecutive(o.start, count)
	images := v.batch(s, indices)
	z, err := codes(v.Model, images, o.start, v.seed, o.sample)
	if err != nil {
		return err
	}
	img, err := gallery.Reconstruction(v.Model, images, z, picture.Options{
		Title: v.title("Reconstruction"), Caption: o.caption(s, count),
	})
	if err != nil {
		return fmt.Errorf("picture of %d images: %w", count, err)
	}
	path, err := o.path(v.dir, o.fileName(count, v.seed))
	if err != nil {
		return err
	}
	if err := writePNG(ctx, path, img); err != nil {
		return err
	}
	r := reconstructResult{o.result(v, path), o.split.result(v, s, count), o.start, o.sample}
	if !o.json {
		tellNotes(env, r.Notes)
	}
	return o.report(env, r.pictureResult, r, o.caption(s, count))
}

// consecutive are count indices from first.
func consecutive(first, count int) []int {
	indices := make([]int, count)
	for i := range indices {
		indices[i] = first + i
	}
	return indices
}

// codes are z of images of which the first has the given index: the posterior's
// means, or one draw an image.
func codes(m *vae.Model, images vae.Batch, first int, seed uint64, sample bool) ([]float64, error) {
	if !sample {
		e, err := m.Encode(images)
		return e.Z, err
	}
	scorer, err := m.NewScorer(min(len(images.Pixels)/m.Values(), scoreRows))
	if err != nil {
		return nil, err
	}
	scores, err := scorer.Score(images, first, seed)
	return scores.Z, err
}

// scoreRows is the number of images scored at a time.
const scoreRows = 250

// caption says which images are shown and how they were encoded.
func (o *reconstructOptions) caption(s seen, count int) string {
	how := "the posterior's mean"
	if o.sample {
		how = "a draw from the posterior"
	}
	return fmt.Sprintf("%s of %s, %s, decoded from %s", rangeText(o.start, count), s.set.Name, o.split.name, how)
}

// rangeText names consecutive images.
func rangeText(start, count int) string {
	if count == 1 {
		return fmt.Sprintf("image %d", start)
	}
	return fmt.Sprintf("images %d to %d", start, start+count-1)
}

// fileName tells pictures of different flags apart.
func (o *reconstructOptions) fileName(count int, seed uint64) string {
	name := fmt.Sprintf("reconstruct-%s-%d-from-%d", o.split.name, count, o.start)
	if o.sample {
		name += fmt.Sprintf("-sample-seed-%d", seed)
	}
	return name
}
