package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train"
)

// Splits of a data set.
const (
	splitTrain      = "train"
	splitTest       = train.SplitTest
	splitValidation = train.SplitValidation
)

// evalOptions are the flags of eval.
type evalOptions struct {
	flags    *pflag.FlagSet
	settings settings
	model    modelOptions
	nll      nllOptions
	split    string
	seed     uint64
	threads  int
	json     bool
}

func (o *evalOptions) addFlags(cmd *cobra.Command) {
	o.flags = cmd.Flags()
	o.flags.StringVar(&o.split, "split", splitTest, "which images, `test|train|validation`: the last are those the run held out of its training images, which train leaves out")
	o.flags.Uint64Var(&o.seed, "seed", 0, "seed of the draws of z (default: the run's)")
	o.nll.addFlags(o.flags)
	o.model.addFlags(o.flags)
	acceptOut(o.flags)
	o.flags.IntVar(&o.threads, "threads", 0, "threads to compute on; 0 uses every core")
	o.flags.BoolVar(&o.json, "json", false, "write the result as JSON, and errors too")
	o.settings.addFields(cmd, func(key string) bool { return strings.HasPrefix(key, "data.") && key != "data.validation" }, "the run's")
}

func newEval(env environment) *cobra.Command {
	var o evalOptions
	cmd := &cobra.Command{
		Use:   "eval [RUN]",
		Short: "Measure a trained model: ELBO, KL, active units, prior match",
		Long: "Compute the negative ELBO of a split, in nats per image, with its two parts, the KL of each latent dimension,\n" +
			"the number of active units (Burda et al. 2016) and how well z matches the prior. With --nll also -log p(x),\n" +
			"estimated by importance sampling with --samples draws of z an image, the figure of the published tables.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl eval\n" +
			"  vaectl eval deep --split train --json\n" +
			"  vaectl eval deep --nll --samples 5000",
		GroupID:           groupModels,
		Args:              atMostOne("run"),
		ValidArgsFunction: runNames("runs"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), env, first(args))
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *evalOptions) run(ctx context.Context, env environment, ref string) error {
	if o.split != splitTrain && o.split != splitTest && o.split != splitValidation {
		return usagef("--split %q: must be %s, %s or %s", o.split, splitTest, splitTrain, splitValidation)
	}
	if err := o.nll.check(); err != nil {
		return err
	}
	if err := o.nll.check(); err != nil {
		return err
	}
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	m, err := o.model.load(ref, engine)
	if err != nil {
		return err
	}
	wanted, err := o.data(m)
	if err != nil {
		return err
	}
	set, err := loadData(ctx, env, wanted, false)
	if err != nil {
		return err
	}
	if err := fits(m, set); err != nil {
		return err
	}
	images, err := o.images(m, set)
	if err != nil {
		return err
	}
	reader, err := data.NewReader(images, data.Binarization(wanted.Binarize), engine)
	if err != nil {
		return err
	}
	seed := m.Config().Train.Seed
	if o.flags.Changed("seed") {
		seed = o.seed
	}
	evaluation, err := m.Evaluate(ctx, reader, seed)
	if err != nil {
		return err
	}
	nll, err := o.nll.estimate(ctx, env, m.Model, reader, seed)
	if err != nil {
		return err
	}
	f := newFigures(m.dir, m.Model, evaluation)
	f.estimated(nll)
	f.of(set, o.split, wanted.Binarize)
	f.inherit(m.record.Dataset)
	f.Checkpoint, f.Epoch, f.Seed = o.model.checkpoint, m.epoch(o.model.checkpoint), seed
	f.Notes = o.notes(m, set, wanted)
	if w, ok := train.CollapseWarning(evaluation); ok {
		f.Warnings = append(f.Warnings, w)
	}
	return o.write(env, f)
}

// data is the data set to evaluate on: the run's, unless flags say otherwise.
func (o *evalOptions) data(m trained) (configs.Data, error) {
	c := m.Config()
	original := c.Data
	if err := o.settings.apply(&c); err != nil {
		return c.Data, err
	}
	if err := configs.Validate(c); err != nil {
		return c.Data, err
	}
	dataset, dir := o.flags.Changed("dataset"), o.flags.Changed("data-dir")
	switch {
	case dataset && !dir:
		c.Data.Dir = "" // the run's directory is that of another set
	case !dataset && !dir:
		run := dataOfRun(original, m.record.Dataset)
		c.Data.Dataset, c.Data.Dir = run.Dataset, run.Dir
	}
	return c.Data, nil
}

// images are those of the split that was asked for. On the run's own data the
// training images are the ones it was trained on.
func (o *evalOptions) images(m trained, set *data.Set) (*data.Split, error) {
	parts := set
	if set.Digest == m.record.Dataset.Digest {
		var err error
		if parts, err = set.HoldOut(m.Config().Data.Validation); err != nil {
			return nil, err
		}
	}
	switch o.split {
	case splitTrain:
		return &parts.Train, nil
	case splitValidation:
		if parts.Validation.Count == 0 {
			return nil, usagef("--split %s: run %s held no images of %s out", o.split, m.dir, set.Name)
		}
		return &parts.Validation, nil
	}
	return &parts.Test, nil
}

// fits refuses images of another size than the model's.
func fits(m trained, set *data.Set) error {
	height, width := m.Size()
	if set.Test.Height == height && set.Test.Width == width && set.Train.Height == height && set.Train.Width == width {
		return nil
	}
	return fmt.Errorf("%w: data set %s has images of %dx%d, the model of run %s reads %dx%d",
		train.ErrData, set.Name, set.Test.Height, set.Test.Width, m.dir, height, width)
}

// notes say how this evaluation differs from those of the training.
func (o *evalOptions) notes(m trained, set *data.Set, used configs.Data) []string {
	var notes []string
	if trained := m.record.Dataset; trained.Digest != set.Digest {
		notes = append(notes, fmt.Sprintf("the run was trained on the data set %s (content %.12s), this is %s (content %.12s)", trained.Name, trained.Digest, set.Name, set.Digest))
	}
	if own := m.Config().Data.Binarize; own != used.Binarize {
		notes = append(notes, fmt.Sprintf("the run was trained with binarize %s, this is binarize %s", own, used.Binarize))
	}
	if o.split == splitTrain {
		notes = append(notes, "these are images the model was trained on")
	}
	if f := m.record.Figures; o.model.checkpoint == train.Best && f != nil && f.Split == o.split {
		notes = append(notes, "the best checkpoint was picked by its loss on these images, which flatters that loss")
	}
	return notes
}

func (o *evalOptions) write(env environment, f figures) error {
	if o.json {
		return writeJSON(env.stdout, f)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "run %s, checkpoint %s of epoch %d\n", f.Run, f.Checkpoint, f.Epoch)
	if err := f.write(&text); err != nil {
		return err
	}
	_, err := io.WriteString(env.stdout, text.String())
	return err
}
