package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/show/gallery"
	"vaectl/vae"
)

// reconstructOptions are the flags of reconstruct.
type reconstructOptions struct {
	imageViewOptions
	count   int
	start   int
	indices []int
	sample  bool
}

func (o *reconstructOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&o.count, "n", "n", 16, fmt.Sprintf("how many images, from 1 to %d", maxSamples))
	flags.IntVar(&o.start, "start", 0, "index of the first `image`")
	flags.IntSliceVar(&o.indices, "indices", nil, "the indices of the `images`, separated by commas, instead of -n and --start")
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
		Long: "Encode images and decode their codes, and write originals above reconstructions as a PNG. " +
			"The code is the posterior's mean unless --sample is set. A conditional model reads each image's own label. " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl reconstruct\n" +
			"  vaectl reconstruct deep -n 30 --split train --out pairs.png\n" +
			"  vaectl reconstruct --indices 17,4023\n" +
			"  vaectl reconstruct --start 100 --sample --seed 3",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// reconstructResult is what reconstruct --json writes.
type reconstructResult struct {
	pictureResult
	splitResult
	Start   int   `json:"start"`
	Indices []int `json:"indices,omitempty"`
	Sampled bool  `json:"sampled"`
}

func (o *reconstructOptions) run(ctx context.Context, env environment, ref string) error {
	if err := checkRange("-n", o.count, 1, maxSamples); err != nil {
		return err
	}
	if err := o.checkGrid(); err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	indices, err := o.chosenImages(s)
	if err != nil {
		return err
	}
	count := len(indices)
	images := v.batch(s, indices)
	z, err := o.codes(v, s, indices)
	if err != nil {
		return err
	}
	img, err := gallery.Reconstruction(v.Model, images, z, picture.Options{
		Title: v.title("Reconstruction"), Caption: o.caption(s, indices),
	})
	if err != nil {
		return fmt.Errorf("picture of %d images: %w", count, err)
	}
	path, err := o.writePicture(ctx, v.dir, o.fileName(indices, v.seed), img)
	if err != nil {
		return err
	}
	r := reconstructResult{o.result(v, path), o.split.result(v, s, count), indices[0], o.indices, o.sample}
	return o.report(env, r.pictureResult, r, o.caption(s, indices), r.Notes...)
}

// chosenImages are the indices of the images that flags name.
func (o *reconstructOptions) chosenImages(s inputImages) ([]int, error) {
	if len(o.indices) == 0 {
		if err := o.split.checkIndex("--start", o.start, s); err != nil {
			return nil, err
		}
		return consecutive(o.start, min(o.count, s.images.Count-o.start)), nil
	}
	if len(o.indices) > maxSamples {
		return nil, usagef("--indices: %d images are more than %d", len(o.indices), maxSamples)
	}
	for _, index := range o.indices {
		if err := o.split.checkIndex("--indices", index, s); err != nil {
			return nil, err
		}
	}
	return o.indices, nil
}

// codes are z of the images; a draw for an image is the same among whichever
// others it is shown.
func (o *reconstructOptions) codes(v view, s inputImages, indices []int) ([]float64, error) {
	if !o.sample || len(o.indices) == 0 {
		return codes(v.Model, v.batch(s, indices), indices[0], v.seed, o.sample)
	}
	var z []float64
	for _, index := range indices {
		one, err := codes(v.Model, v.batch(s, []int{index}), index, v.seed, true)
		if err != nil {
			return nil, err
		}
		z = append(z, one...)
	}
	return z, nil
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
func (o *reconstructOptions) caption(s inputImages, indices []int) string {
	how := "the posterior's mean"
	if o.sample {
		how = "a draw from the posterior"
	}
	return fmt.Sprintf("%s of %s, %s, decoded from %s", indicesText(indices), s.set.Name, o.split.name, how)
}

// indicesText names images: those that follow each other as a range, others one
// by one, of many only the first.
func indicesText(indices []int) string {
	const most = 8
	first, last := indices[0], indices[len(indices)-1]
	if slices.Equal(indices, consecutive(first, len(indices))) {
		if first == last {
			return fmt.Sprintf("image %d", first)
		}
		return fmt.Sprintf("images %d to %d", first, last)
	}
	if len(indices) > most {
		return fmt.Sprintf("images %s and %d more", joinInts(indices[:most], ", "), len(indices)-most)
	}
	return "images " + joinInts(indices, ", ")
}

func joinInts(numbers []int, separator string) string {
	var texts []string
	for _, n := range numbers {
		texts = append(texts, strconv.Itoa(n))
	}
	return strings.Join(texts, separator)
}

// fileName tells pictures of different flags apart.
func (o *reconstructOptions) fileName(indices []int, seed uint64) string {
	name := fmt.Sprintf("reconstruct-%s-%d-from-%d", o.split.name, len(indices), indices[0])
	if len(o.indices) > 0 {
		name = fmt.Sprintf("reconstruct-%s-of-%s", o.split.name, shorten(joinInts(indices, "-"), longestList))
	}
	if o.sample {
		name += fmt.Sprintf("-sample-seed-%d", seed)
	}
	return name
}

// longestList keeps a file's name within what file systems take.
const longestList = 100
