package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
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
	label   int
	seed    uint64
	out     string
	binary  bool
	threads int
	json    bool
}

func (o *sampleOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	o.flags.IntVarP(&o.count, "n", "n", 64, fmt.Sprintf("how many images to draw, from 1 to %d; of a conditional model without --label so many of every label (then default %d)", maxSamples, samplesPerClass))
	o.flags.IntVar(&o.label, labelFlag, 0, "the `class` to draw, of a conditional model (default: a row of every class, with the same z down each column)")
	o.flags.Uint64Var(&o.seed, "seed", 0, "seed of the draws (default: the run's)")
	o.flags.StringVar(&o.out, "out", "", "the PNG `file` to write (default: in the run's folder samples)")
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
		Long: "Draw z from the prior, decode it and write the images as a PNG grid.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl sample\n" +
			"  vaectl sample deep -n 100 --seed 7 --out digits.png\n" +
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
	if err := checkPNG(o.out); err != nil {
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
	if err := o.draw(ctx, m.Model, seed, out); err != nil {
		return err
	}
	classes := 0
	if o.everyLabel(m.Model) {
		classes = m.Classes()
		o.count *= classes
	}
	result := sampleResult{
		Path: out, Run: printable.Text(filepath.Base(m.dir)), RunPath: m.dir, Checkpoint: o.model.checkpoint, N: o.count, Label: o.asked(), Classes: classes, Seed: seed, Binary: o.binary,
		Prior: loss.Describe(m.Prior()), PriorName: m.Prior().Name(), Parameters: m.Prior().Parameters(),
		Dataset: m.record.Dataset.Name, Substitute: m.record.Dataset.Substitute, Warning: m.record.Dataset.Warning,
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	if result.Substitute {
		warn(env, fmt.Sprintf("run %s was trained on the data set %s: %s", result.Run, result.Dataset, result.Warning))
	}
	_, err = fmt.Fprintf(env.stdout, "%s: %d images%s from %s, run %s (data set %s), seed %d\n", out, o.count, o.labelsText(classes), result.Prior, result.Run, result.Dataset, seed)
	return err
}

// samplesPerClass is how many images of each label are drawn where nothing is said.
const samplesPerClass = 10

// choose checks the label that was asked for, or settles how many images of every
// label there are.
func (o *sampleOptions) choose(m trained) error {
	if o.flags.Changed(labelFlag) {
		return checkLabel(m.Model, printable.Text(filepath.Base(m.dir)), o.label)
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
func (o *sampleOptions) labelsText(classes int) string {
	if classes > 0 {
		return fmt.Sprintf(", a row of each of %d labels,", classes)
	}
	if label := o.asked(); label != nil {
		return labelText(label) + ","
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
	return name + ".png"
}

// draw samples and writes the picture, all of it or nothing.
func (o *sampleOptions) draw(ctx context.Context, m *vae.Model, seed uint64, path string) error {
	var samples vae.Samples
	var options picture.Options
	var err error
	if o.everyLabel(m) {
		options.Columns = o.count
		for label := range m.Classes() {
			options.RowLabels = append(options.RowLabels, fmt.Sprint(label))
		}
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
	size := m.Shape()
	grid, err := picture.Grid(pixels, size.Width, size.Height, options)
	if err != nil {
		return fmt.Errorf("picture of %d images: %w", o.count, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return picture.EncodePNG(w, grid) })
}
