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
	"github.com/spf13/pflag"

	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/format/vectors"
	"vaectl/internal/printable"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// maxSamples keeps a picture within what viewers open.
const maxSamples = 10000

// sampleOptions are the flags of sample.
type sampleOptions struct {
	flags   *pflag.FlagSet
	model   modelOptions
	count   int
	named   string
	label   int // of that name
	seed    uint64
	out     string
	format  string
	each    bool
	binary  bool
	threads int
	json    bool
}

func (o *sampleOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	o.flags.IntVarP(&o.count, "n", "n", 64, fmt.Sprintf("how many images to draw, from 1 to %d; of a conditional model without --label so many of every label (then default %d)", maxSamples, samplesPerClass))
	o.flags.StringVar(&o.named, labelFlag, "", "the `class` to draw, of a conditional model, by number or by name (default: a row of every class, with the same z down each column)")
	o.flags.Uint64Var(&o.seed, "seed", 0, "seed of the draws (default: the run's)")
	o.flags.StringVar(&o.out, "out", "", "the `file` to write, or with --each the folder (default: in the run's folder samples)")
	o.flags.StringVar(&o.format, "format", "", "`png|npy|csv`: a picture, or pixels from 0 to 1 with one image per row (default: the ending of --out, or png)")
	o.flags.BoolVar(&o.each, "each", false, "write every image to a PNG file of its own, in a folder")
	o.flags.BoolVar(&o.binary, "binary", false, "draw the pixels, black or white with a bernoulli likelihood, instead of showing their means")
	o.model.addFlags(o.flags)
	o.flags.IntVar(&o.threads, "threads", 0, "threads to compute on; 0 uses every core")
	o.flags.BoolVar(&o.json, "json", false, "write the result as JSON, and errors too")
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
	return ofRun(cmd, env, &o)
}

// sampleResult is what sample --json writes.
type sampleResult struct {
	Path       string           `json:"path"`
	Run        string           `json:"run"`
	RunPath    string           `json:"run_path"`
	Checkpoint string           `json:"checkpoint"`
	N          int              `json:"n"`
	Label      *int             `json:"label,omitempty"`
	Classes    int              `json:"classes,omitempty"` // rows, where a conditional model drew every label
	Seed       uint64           `json:"seed"`
	Binary     bool             `json:"binary"`
	Format     string           `json:"format"`
	Each       bool             `json:"each,omitempty"` // path is a folder with a file for every image
	Prior      string           `json:"prior"`
	PriorName  string           `json:"prior_name"`
	Parameters []loss.Parameter `json:"prior_parameters"`
	Dataset    string           `json:"dataset"`
	Substitute bool             `json:"substitute"`
	Warning    string           `json:"warning,omitempty"`
}

func (o *sampleOptions) run(ctx context.Context, env environment, ref string) error {
	if o.count < 1 || o.count > maxSamples {
		return usagef("-n %d: must be from 1 to %d images", o.count, maxSamples)
	}
	if err := o.chooseFormat(); err != nil {
		return err
	}
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	m, err := o.model.load(env, ref, engine)
	if err != nil {
		return err
	}
	seed := m.Config().Train.Seed
	if o.flags.Changed("seed") {
		seed = o.seed
	}
	if err := o.choose(m); err != nil {
		return err
	}
	out := o.out
	if out == "" {
		folder, err := rundir.SamplesDir(m.dir)
		if err != nil {
			return err
		}
		out = filepath.Join(folder, o.fileName(seed))
	}
	if err := o.draw(ctx, m, seed, out); err != nil {
		return err
	}
	classes := 0
	if o.everyLabel(m.Model) {
		classes = m.Classes()
		o.count *= classes
	}
	result := sampleResult{
		Path: out, Run: printable.Text(filepath.Base(m.dir)), RunPath: m.dir, Checkpoint: o.model.checkpoint, N: o.count, Label: o.asked(), Classes: classes, Seed: seed, Binary: o.binary, Format: o.format, Each: o.each,
		Prior: loss.Describe(m.Prior()), PriorName: m.Prior().Name(), Parameters: m.Prior().Parameters(),
		Dataset: m.record.Dataset.Name, Substitute: m.record.Dataset.Substitute, Warning: m.record.Dataset.Warning,
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	if result.Substitute {
		warn(env, fmt.Sprintf("run %s was trained on the data set %s: %s", result.Run, result.Dataset, result.Warning))
	}
	_, err = fmt.Fprintf(env.stdout, "%s: %d images%s from %s, run %s (data set %s), seed %d\n", out, o.count, o.labelsText(m, classes), result.Prior, result.Run, result.Dataset, seed)
	return err
}

// samplesPerClass is how many images of each label are drawn where nothing is said.
const samplesPerClass = 10

// choose checks the label that was asked for, or settles how many images of every
// label there are.
func (o *sampleOptions) choose(m trained) error {
	if o.flags.Changed(labelFlag) {
		var err error
		o.label, err = m.labelOf(o.named)
		return err
	}
	if classes := m.Classes(); classes > 0 {
		if !o.flags.Changed("n") {
			o.count = samplesPerClass
		}
		if o.count*classes > maxSamples {
			return usagef("-n %d: %d images of each of %d labels are more than %d", o.count, o.count, classes, maxSamples)
		}
	}
	return nil
}

// everyLabel tells whether all labels are drawn.
func (o *sampleOptions) everyLabel(m *vae.Model) bool {
	return m.Classes() > 0 && !o.flags.Changed(labelFlag)
}

// asked is the label that was asked for; nil for none.
func (o *sampleOptions) asked() *int {
	if !o.flags.Changed(labelFlag) {
		return nil
	}
	return &o.label
}

// labelsText says of which labels the images are.
func (o *sampleOptions) labelsText(m trained, classes int) string {
	if classes > 0 {
		return fmt.Sprintf(", a row of each of %d labels,", classes)
	}
	if label := o.asked(); label != nil {
		return m.labelText(label) + ","
	}
	return ""
}

// fileName tells pictures of different flags apart.
func (o *sampleOptions) fileName(seed uint64) string {
	name := fmt.Sprintf("samples-%d-seed-%d", o.count, seed)
	if o.binary {
		name += "-binary"
	}
	if o.flags.Changed(labelFlag) {
		name += fmt.Sprintf("-label-%d", o.label)
	}
	if o.model.checkpoint != rundir.Last {
		name += "-" + o.model.checkpoint
	}
	if o.each {
		return name
	}
	return name + "." + o.format
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
func (o *sampleOptions) draw(ctx context.Context, m trained, seed uint64, path string) error {
	var samples vae.Samples
	var err error
	if o.everyLabel(m.Model) {
		samples, err = m.SampleClasses(o.count, seed)
	} else {
		samples, err = m.Sample(o.count, seed, m.SameLabel(o.label, o.count))
	}
	if err != nil {
		return err
	}
	pixels := samples.Means
	if o.binary {
		pixels = m.DrawPixels(samples, seed)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case o.each:
		return o.writeEach(ctx, m, pixels, path)
	case o.format == formatPNG:
		return o.writeGrid(m, pixels, path)
	}
	return o.writeRows(m, pixels, path)
}

// writeGrid writes all images in one picture.
func (o *sampleOptions) writeGrid(m trained, pixels []float32, path string) error {
	var options picture.Options
	if o.everyLabel(m.Model) {
		options.Columns = o.count
		for label := range m.Classes() {
			options.RowLabels = append(options.RowLabels, m.className(label))
		}
	}
	size := m.Shape()
	grid, err := picture.Grid(pixels, size, options)
	if err != nil {
		return fmt.Errorf("picture of %d images: %w", o.count, err)
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return picture.EncodePNG(w, grid) })
}

// writeEach writes a picture of its own for every image into a folder.
func (o *sampleOptions) writeEach(ctx context.Context, m trained, pixels []float32, folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("folder of images: %w", err)
	}
	size := m.Shape()
	for i := range len(pixels) / size.Values() {
		if err := ctx.Err(); err != nil {
			return err
		}
		one, err := picture.Grid(pixels[i*size.Values():(i+1)*size.Values()], size, picture.Options{Scale: 1, Gap: -1, Columns: 1})
		if err != nil {
			return fmt.Errorf("picture of image %d: %w", i, err)
		}
		name := fmt.Sprintf("%05d.png", i)
		if o.everyLabel(m.Model) {
			name = fmt.Sprintf("label-%d-%05d.png", i/o.count, i%o.count)
		}
		if err := atomicfile.WriteFile(filepath.Join(folder, name), func(w io.Writer) error { return picture.EncodePNG(w, one) }); err != nil {
			return err
		}
	}
	return nil
}

// writeRows writes the pixels as numbers, an image a row, with the label before
// them where every label was drawn and the format has names for columns.
func (o *sampleOptions) writeRows(m trained, pixels []float32, path string) error {
	values := m.Shape().Values()
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
			if o.everyLabel(m.Model) && o.format == string(vectors.CSV) {
				fields = append(fields, vectors.Field{Name: columnLabel, Values: []float64{float64(i / o.count)}})
			}
			if err := out.Write(append(fields, vectors.Field{Name: "pixel", Values: row, Vector: true})); err != nil {
				return fmt.Errorf("image %d: %w", i, err)
			}
		}
		return out.Close()
	})
}
