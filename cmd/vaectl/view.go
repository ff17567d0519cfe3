package main

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/printable"
	"vaectl/loss"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// viewOptions are the flags of every command that makes a picture of a model.
type viewOptions struct {
	flags     *pflag.FlagSet
	model     modelOptions
	out       string
	seed      uint64
	labelText string // --label
	label     int    // that it names
	threads   int
	json      bool
}

// addFlags adds the flags; formats are the endings of files it can write.
func (o *viewOptions) addFlags(cmd *cobra.Command, formats string) {
	o.flags = cmd.Flags()
	o.flags.StringVar(&o.out, "out", "", "the "+formats+" `file` to write (default: in the run's folder samples)")
	o.model.addFlags(o.flags)
	addThreads(o.flags, &o.threads)
	addJSON(o.flags, &o.json)
}

// addSeed adds --seed; what says what is drawn.
func (o *viewOptions) addSeed(what string) {
	o.flags.Uint64Var(&o.seed, "seed", 0, "seed of "+what+" (default: the run's)")
}

// view is a run's model, ready to be looked at.
type view struct {
	runModel
	engine *vae.Engine
	seed   uint64
	label  *int // that everything is of; nil where it is not one label
}

// open reads the model of a run; the engine must be closed.
func (o *viewOptions) open(env environment, ref string) (view, error) {
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return view{}, err
	}
	m, err := o.model.load(env, ref, engine)
	if err != nil {
		engine.Close()
		return view{}, err
	}
	v := view{runModel: m, engine: engine, seed: m.Config().Train.Seed}
	if o.flags.Changed("seed") {
		v.seed = o.seed
	}
	return v, nil
}

// imageViewOptions are the flags of every command that makes a picture of a
// model and of images.
type imageViewOptions struct {
	viewOptions
	split splitOptions
}

// addImageFlags adds the flags; drawn says what --seed is the seed of.
func (o *imageViewOptions) addImageFlags(cmd *cobra.Command, formats, drawn string) {
	o.split.addFlag(cmd)
	o.addFlags(cmd, formats)
	o.addSeed(drawn)
	o.split.addFields(cmd)
}

// openWithImages reads the model of a run and the images it is shown on; the
// engine must be closed.
func (o *imageViewOptions) openWithImages(ctx context.Context, env environment, ref string) (view, inputImages, error) {
	v, err := o.open(env, ref)
	if err != nil {
		return view{}, inputImages{}, err
	}
	s, err := o.split.load(ctx, env, v.runModel, v.engine)
	if err != nil {
		v.engine.Close()
		return view{}, inputImages{}, err
	}
	return v, s, nil
}

// name is what the run is called.
func (v view) name() string { return printable.Text(filepath.Base(v.dir)) }

// title heads a picture.
func (v view) title(what string) string {
	return fmt.Sprintf("%s: %s, %s%s", what, v.name(), loss.Describe(v.Prior()), v.labelText(v.label))
}

// checkGrid refuses to write a grid of images as anything but PNG.
func (o *viewOptions) checkGrid() error {
	if o.out != "" && !strings.EqualFold(filepath.Ext(o.out), ".png") {
		return usagef("--out %s: the name must end in .png", o.out)
	}
	return nil
}

// checkGrid refuses what a command that draws images of a split cannot do.
func (o *imageViewOptions) checkGrid() error {
	return cmp.Or(o.viewOptions.checkGrid(), o.split.check())
}

// path is the file to write: --out, or one of that name among the run's
// pictures, told apart by the checkpoint.
func (o *viewOptions) path(dir, name string) (string, error) {
	return o.named(dir, name, ".png")
}

// named is path for files of any ending.
func (o *viewOptions) named(dir, name, ending string) (string, error) {
	if o.out != "" {
		return o.out, nil
	}
	if o.model.checkpoint != rundir.Last {
		name += "-" + o.model.checkpoint
	}
	if o.hasLabel() {
		name += fmt.Sprintf("-label-%d", o.label)
	}
	folder, err := rundir.SamplesDir(dir)
	return filepath.Join(folder, name+ending), err
}

// writePicture writes a picture under [viewOptions.path] and returns where it is.
func (o *viewOptions) writePicture(ctx context.Context, dir, name string, img image.Image) (string, error) {
	path, err := o.path(dir, name)
	if err != nil {
		return "", err
	}
	return path, writePNG(ctx, path, img)
}

// writePNG writes a picture, all of it or nothing.
func writePNG(ctx context.Context, path string, img image.Image) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return picture.EncodePNG(w, img) })
}

// pictureResult is what every command that makes a picture of one run writes
// with --json.
type pictureResult struct {
	Path       string           `json:"path"`
	Run        string           `json:"run"`
	RunPath    string           `json:"run_path"`
	Checkpoint string           `json:"checkpoint"`
	Label      *int             `json:"label,omitempty"` // of a conditional model, where the picture is of one
	Class      string           `json:"class,omitempty"` // the name of the label
	Prior      string           `json:"prior"`
	PriorName  string           `json:"prior_name"`
	Parameters []loss.Parameter `json:"prior_parameters"`
	Trained    string           `json:"trained_on"`
	Substitute bool             `json:"substitute"`
	Warning    string           `json:"warning,omitempty"`
}

func (o *viewOptions) result(v view, path string) pictureResult {
	return pictureResult{
		Path: path, Run: v.name(), RunPath: v.dir, Checkpoint: o.model.checkpoint, Label: v.label, Class: v.labelName(),
		Prior: loss.Describe(v.Prior()), PriorName: v.Prior().Name(), Parameters: v.Prior().Parameters(),
		Trained: v.record.Dataset.Name, Substitute: v.record.Dataset.Substitute, Warning: v.record.Dataset.Warning,
	}
}

// splitResult says of which images a picture is.
type splitResult struct {
	Dataset string   `json:"dataset"`
	Split   string   `json:"split"`
	Images  int      `json:"images"`
	Seed    uint64   `json:"seed"`
	Notes   []string `json:"notes,omitempty"`
}

func (o *splitOptions) result(v view, s inputImages, images int) splitResult {
	return splitResult{Dataset: s.set.Name, Split: o.name, Images: images, Seed: v.seed, Notes: o.notes(v.runModel, s)}
}

// report writes the result: full as JSON, which has the notes in it, or the notes and a
// line about the picture.
func (o *viewOptions) report(env environment, r pictureResult, full any, what string, notes ...string) error {
	if o.json {
		return writeJSON(env.stdout, full)
	}
	tellNotes(env, notes)
	if r.Substitute {
		warn(env, fmt.Sprintf("run %s was trained on the data set %s: %s", r.Run, r.Trained, r.Warning))
	}
	_, err := fmt.Fprintf(env.stdout, "%s: %s%s, run %s (%s)\n", r.Path, what, r.labelText(), r.Run, r.Prior)
	return err
}

// labelText follows what is said of pictures of one label.
func (r pictureResult) labelText() string {
	if r.Label == nil {
		return ""
	}
	return ", label " + r.Class
}

// tellNotes says on stderr how the images differ from those of the training.
func tellNotes(env environment, notes []string) {
	for _, note := range notes {
		// The picture is there all the same.
		_, _ = fmt.Fprintf(env.stderr, "note: %s\n", note)
	}
}
