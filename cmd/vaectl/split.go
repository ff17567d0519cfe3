package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// Splits of a data set.
const (
	splitTrain      = "train"
	splitTest       = rundir.SplitTest
	splitValidation = rundir.SplitValidation
)

// splitOptions are the flags of every command that shows a model the images of
// a split.
type splitOptions struct {
	settings settings
	name     string
}

// addFlag adds --split.
func (o *splitOptions) addFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.name, "split", splitTest, "`test|train|validation`: the images to use; validation is the part of the training images that the run held out, and train is the rest")
}

// addFields adds the flags of the settings about data.
func (o *splitOptions) addFields(cmd *cobra.Command) {
	o.settings.hideRare = true
	o.settings.addFields(cmd, isReadingSetting, "the run's")
}

// isReadingSetting tells the settings by which images are read from those by which a
// training divides them.
func isReadingSetting(key string) bool {
	return strings.HasPrefix(key, "data.") && key != "data.validation" && key != "data.without_classes"
}

func (o *splitOptions) check() error {
	if o.name != splitTrain && o.name != splitTest && o.name != splitValidation {
		return usagef("--split %q: must be %s, %s or %s", o.name, splitTest, splitTrain, splitValidation)
	}
	return nil
}

// inputImages are the images of a split, or of files, that a model reads.
type inputImages struct {
	set      *data.Set
	images   *data.Split
	reader   *data.Reader
	binarize string
}

// load reads the data set that flags name, the run's otherwise, and takes the
// split that was asked for.
func (o *splitOptions) load(ctx context.Context, env environment, m runModel, e *vae.Engine) (inputImages, error) {
	return o.loadBy(m, e, func(wanted configs.Data) (*data.Set, error) { return loadData(ctx, env, wanted, false) })
}

// loadBy does so with the data set that a function loads.
func (o *splitOptions) loadBy(m runModel, e *vae.Engine, loader func(configs.Data) (*data.Set, error)) (inputImages, error) {
	wanted, err := o.data(m)
	if err != nil {
		return inputImages{}, err
	}
	set, err := loader(wanted)
	if err != nil {
		return inputImages{}, err
	}
	if err := checkShape(m, set); err != nil {
		return inputImages{}, err
	}
	images, err := o.images(m, set)
	if err != nil {
		return inputImages{}, err
	}
	reader, err := data.NewReader(images, data.Binarization(wanted.Binarize), e)
	return inputImages{set: set, images: images, reader: reader, binarize: wanted.Binarize}, err
}

// data is the data set to read: the run's, unless flags say otherwise.
func (o *splitOptions) data(m runModel) (configs.Data, error) {
	c := m.Config()
	dataset, dir := o.settings.flags.Changed("dataset"), o.settings.flags.Changed("data-dir")
	switch {
	case dataset && !dir:
		c.Data.Dir = "" // the run's directory is that of another set
	case !dataset && !dir:
		c.Data = dataOfRun(c.Data, m.record.Dataset)
	}
	if err := o.settings.apply(&c); err != nil {
		return c.Data, err
	}
	return c.Data, configs.Validate(c)
}

// images are those of the split that was asked for. On the run's own data the
// training images are the ones it was trained on.
func (o *splitOptions) images(m runModel, set *data.Set) (*data.Split, error) {
	parts := set
	if set.Digest == m.record.Dataset.Digest {
		var err error
		if parts, err = train.Parts(m.Config().Data, set); err != nil {
			return nil, err
		}
	}
	switch o.name {
	case splitTrain:
		return &parts.Train, nil
	case splitValidation:
		if parts.Validation.Count == 0 {
			return nil, usagef("--split %s: run %s held no images of %s out", o.name, m.dir, set.Name)
		}
		return &parts.Validation, nil
	}
	return &parts.Test, nil
}

// checkIndex refuses an index that no image of the split has.
func (o *splitOptions) checkIndex(flag string, index int, s inputImages) error {
	if index < 0 || index >= s.images.Count {
		return usagef("%s %d: the %s split of %s has images 0 to %d", flag, index, o.name, s.set.Name, s.images.Count-1)
	}
	return nil
}

// checkShape refuses images of another size than the model's.
func checkShape(m runModel, set *data.Set) error {
	if set.Test.Shape == m.Shape() && set.Train.Shape == m.Shape() {
		return nil
	}
	return fmt.Errorf("%w: data set %s has images of %v, the model of run %s reads %v",
		train.ErrData, set.Name, set.Test.Shape, m.dir, m.Shape())
}

// notes say how these images differ from those of the training.
func (o *splitOptions) notes(m runModel, s inputImages) []string {
	var notes []string
	if trained := m.record.Dataset; trained.Digest != s.set.Digest {
		notes = append(notes, fmt.Sprintf("the run was trained on the data set %s (content %.12s), this is %s (content %.12s)", trained.Name, trained.Digest, s.set.Name, s.set.Digest))
	}
	if own := m.Config().Data.Binarize; own != s.binarize {
		notes = append(notes, fmt.Sprintf("the run was trained with binarize %s, this is binarize %s", own, s.binarize))
	}
	if left := m.Config().Data.WithoutClasses; len(left) > 0 && o.name == splitTest {
		notes = append(notes, fmt.Sprintf("the run was trained without %s %s, which the test images have", plural(len(left), "class", "classes"), strings.Join(left, ", ")))
	}
	if o.name == splitTrain {
		notes = append(notes, "these are images the model was trained on")
	}
	return notes
}

// pixels are the given images as an evaluation with the seed reads them.
func (s inputImages) pixels(indices []int, seed uint64) []float32 {
	rows := make([]int32, len(indices))
	for i, index := range indices {
		rows[i] = int32(index)
	}
	pixels := make([]float32, len(indices)*s.images.Values())
	s.reader.Read(pixels, rows, data.EvaluationDraw(seed))
	return pixels
}

// plural is the form of a word for so many.
func plural(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}
