package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/format/vectors"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// maxSamples keeps a picture within what viewers open.
const maxSamples = 10000

// sampleOptions are the flags of sample.
type sampleOptions struct {
	viewOptions
	count  int
	format string
	each   bool
	binary bool
}

func (o *sampleOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&o.count, "n", "n", 64, fmt.Sprintf("how many images to draw, from 1 to %d; with a conditional model and no --label, this many of every label (default then %d)", maxSamples, samplesPerClass))
	flags.StringVar(&o.format, "format", "", "`png|npy|csv`: what to write: a picture, or pixels from 0 to 1 with one image per row (default: the ending of --out, or png)")
	flags.BoolVar(&o.each, "each", false, "write every image to a PNG file of its own, in a folder")
	flags.BoolVar(&o.binary, "binary", false, "draw the pixels, black or white with a bernoulli likelihood, instead of showing their means")
	o.viewOptions.addFlags(cmd, "PNG, NPY or CSV")
	flags.Lookup("out").Usage = "the `file` to write, or with --each the folder (default: in the run's folder samples)"
	o.addSeed("the draws")
	o.addLabel(cmd, "a row of every class, with the same z down each column")
}

func newSample(env environment) *cobra.Command {
	var o sampleOptions
	cmd := &cobra.Command{
		Use:   "sample [RUN]",
		Short: "Draw images from a trained model",
		Long: "Draw z from the prior, decode it and write the images as one PNG, as one PNG file each, or as numbers. " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl sample\n" +
			"  vaectl sample deep -n 100 --seed 7 --out digits.png\n" +
			"  vaectl sample -n 1000 --out digits.npy\n" +
			"  vaectl sample -n 20 --each --out digits\n" +
			"  vaectl sample --binary\n" +
			"  vaectl sample told --label 7",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// sampleResult is what sample --json writes.
type sampleResult struct {
	pictureResult
	N       int    `json:"n"`
	Classes int    `json:"classes,omitempty"` // rows, where a conditional model drew every label
	Seed    uint64 `json:"seed"`
	Binary  bool   `json:"binary"`
	Format  string `json:"format"`
	Each    bool   `json:"each,omitempty"` // path is a folder with a file for every image
}

func (o *sampleOptions) run(ctx context.Context, env environment, ref string) error {
	if err := checkRange("-n", o.count, 1, maxSamples); err != nil {
		return err
	}
	if err := o.chooseFormat(); err != nil {
		return err
	}
	v, err := o.open(env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	if v, err = o.choose(v); err != nil {
		return err
	}
	path, err := o.file(v)
	if err != nil {
		return err
	}
	if err := o.draw(ctx, v, path); err != nil {
		return err
	}
	r := sampleResult{pictureResult: o.result(v, path), N: o.count, Seed: v.seed, Binary: o.binary, Format: o.format, Each: o.each}
	what := words.Counted(r.N, "image")
	if v.everyLabel() {
		r.Classes = v.Classes()
		r.N *= r.Classes
		what = fmt.Sprintf("%s, a row of each of %d labels", words.Counted(r.N, "image"), r.Classes)
	}
	return o.report(env, r.pictureResult, r, fmt.Sprintf("%s, seed %d", what, v.seed))
}

// samplesPerClass is how many images of each label are drawn where nothing is said.
const samplesPerClass = 10

// choose makes the view one of the label that was asked for, or settles how many
// images of every label there are.
func (o *sampleOptions) choose(v view) (view, error) {
	v, err := o.withChosenLabel(v)
	if err != nil {
		return v, err
	}
	if v.everyLabel() {
		if !o.flags.Changed("n") {
			o.count = samplesPerClass
		}
		if o.count*v.Classes() > maxSamples {
			return v, usagef("-n %d: %d images of each of %d labels are more than %d", o.count, o.count, v.Classes(), maxSamples)
		}
	}
	return v, nil
}

// file is the file or folder to write. Its name tells pictures of different flags
// apart.
func (o *sampleOptions) file(v view) (string, error) {
	name, ending := fmt.Sprintf("samples-%d-seed-%d", o.count, v.seed), "."+o.format
	if o.binary {
		name += "-binary"
	}
	if o.each {
		ending = ""
	}
	return o.named(v.dir, name, ending)
}

// chooseFormat settles what is written.
func (o *sampleOptions) chooseFormat() error {
	ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(o.out), "."))
	formats := []string{formatPNG, string(vectors.NPY), string(vectors.CSV)}
	switch {
	case o.format != "" && !slices.Contains(formats, o.format):
		return usagef("--format %q: must be png, npy or csv", o.format)
	case o.each && o.format != "" && o.format != formatPNG:
		return usagef("--format %s: with --each every image is a PNG file", o.format)
	case o.each, o.format == "" && o.out == "":
		o.format = formatPNG
	case o.format == "":
		if !slices.Contains(formats, ending) {
			return &usageError{err: fmt.Errorf("--out %s: the name must end in .png, .npy or .csv", o.out), hint: "or --format says what to write"}
		}
		o.format = ending
	}
	return nil
}

// draw samples and writes what was asked for, a file whole or not at all.
func (o *sampleOptions) draw(ctx context.Context, v view, path string) error {
	var samples vae.Samples
	var err error
	if v.everyLabel() {
		samples, err = v.SampleClasses(o.count, v.seed)
	} else {
		samples, err = v.Sample(o.count, v.seed, v.labels(o.count))
	}
	if err != nil {
		return err
	}
	pixels := samples.Means
	if o.binary {
		pixels = v.DrawPixels(samples, v.seed)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case o.each:
		return o.writeEach(ctx, v, pixels, path)
	case o.format == formatPNG:
		return o.writeGrid(ctx, v, pixels, path)
	}
	return o.writeRows(v, pixels, path)
}

// writeGrid writes all images in one picture.
func (o *sampleOptions) writeGrid(ctx context.Context, v view, pixels []float32, path string) error {
	var options picture.Options
	if v.everyLabel() {
		options.Columns = o.count
		for label := range v.Classes() {
			options.RowLabels = append(options.RowLabels, v.className(label))
		}
	}
	size := v.Shape()
	grid, err := picture.Grid(pixels, size, options)
	if err != nil {
		return fmt.Errorf("picture of %d images: %w", o.count, err)
	}
	return writePNG(ctx, path, grid)
}

// writeEach writes a picture of its own for every image into a folder.
func (o *sampleOptions) writeEach(ctx context.Context, v view, pixels []float32, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("folder of images: %w", err)
	}
	size := v.Shape()
	for i := range len(pixels) / size.Values() {
		one, err := picture.Grid(pixels[i*size.Values():(i+1)*size.Values()], size, picture.Options{Scale: 1, Gap: -1, Columns: 1})
		if err != nil {
			return fmt.Errorf("picture of image %d: %w", i, err)
		}
		name := fmt.Sprintf("%05d.png", i)
		if v.everyLabel() {
			name = fmt.Sprintf("label-%d-%05d.png", i/o.count, i%o.count)
		}
		if err := writePNG(ctx, filepath.Join(folder, name), one); err != nil {
			return err
		}
	}
	return nil
}

// writeRows writes the pixels as numbers, an image a row, with the label before
// them where every label was drawn and the format has names for columns.
func (o *sampleOptions) writeRows(v view, pixels []float32, path string) error {
	values := v.Shape().Values()
	images := len(pixels) / values
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		out, err := vectors.NewWriter(w, vectors.Format(o.format), images)
		if err != nil {
			return err
		}
		row := make([]float64, values)
		for i := range images {
			for p := range row {
				row[p] = float64(pixels[i*values+p])
			}
			var fields []vectors.Field
			if v.everyLabel() && o.format == string(vectors.CSV) {
				fields = append(fields, vectors.Field{Name: columnLabel, Values: []float64{float64(i / o.count)}})
			}
			if err := out.Write(append(fields, vectors.Field{Name: "pixel", Values: row, Vector: true})); err != nil {
				return fmt.Errorf("image %d: %w", i, err)
			}
		}
		return out.Close()
	})
}
