package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vaectl/internal/draw/picture"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
)

// maxGridSteps keeps a row of images within what viewers open.
const maxGridSteps = 100

// interpolateOptions are the flags of interpolate.
type interpolateOptions struct {
	imageViewOptions
	from, to           int
	fromClass, toClass string
	steps, rows        int
}

func (o *interpolateOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&o.from, "from", 0, "index of the first `image`")
	flags.IntVar(&o.to, "to", 1, "index of the last `image`")
	flags.StringVar(&o.fromClass, "from-class", "", "begin at the first image of this `class`, given by number or by name")
	flags.StringVar(&o.toClass, "to-class", "", "end at the first image of this `class`, given by number or by name")
	acceptDigit(flags)
	flags.IntVar(&o.steps, "steps", 12, fmt.Sprintf("how many codes, both ends included, from 2 to %d", maxGridSteps))
	flags.IntVar(&o.rows, "rows", 1, fmt.Sprintf("how many rows, from 1 to %d: the next one takes the next images, or the next of the class", maxGridSteps))
	o.addImageFlags(cmd, "PNG", "binary pixels that are drawn")
	o.addLabel(cmd, "that of the image a row begins at")
}

func newInterpolate(env environment) *cobra.Command {
	var o interpolateOptions
	cmd := &cobra.Command{
		Use:   "interpolate [RUN]",
		Short: "Show what lies between two images",
		Long: "Move from the code of one image to that of another and write what the model decodes on the way as a PNG.\n" +
			"The path follows the prior: along a sphere for normal priors, by quantiles for the others.\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl interpolate --from-class 3 --to-class 8\n" +
			"  vaectl interpolate deep --from 10 --to 25 --steps 20\n" +
			"  vaectl interpolate --from-class 1 --to-class 7 --rows 6 --out ones-to-sevens.png",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// interpolateResult is what interpolate --json writes.
type interpolateResult struct {
	pictureResult
	splitResult
	Pairs [][2]int `json:"pairs"` // indices of the images
	Steps int      `json:"steps"`
}

func (o *interpolateOptions) check() error {
	if err := cmp.Or(checkRange("--steps", o.steps, 2, maxGridSteps), checkRange("--rows", o.rows, 1, maxGridSteps)); err != nil {
		return err
	}
	for _, end := range []string{"from", "to"} {
		if o.flags.Changed(end) && o.flags.Changed(end+classSuffix) {
			return usagef("--%[1]s and --%[1]s-class both say where to %[2]s: set one of them", end, map[string]string{"from": "begin", "to": "end"}[end])
		}
	}
	return o.checkGrid()
}

// end names what an end of the way was chosen by: its class, or else.
func (o *interpolateOptions) end(flag, class, otherwise string) string {
	if o.flags.Changed(flag + classSuffix) {
		return "class " + class
	}
	return otherwise
}

func (o *interpolateOptions) run(ctx context.Context, env environment, ref string) error {
	if err := o.check(); err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	begins, err := o.ends(s, "from", o.from, o.fromClass)
	if err != nil {
		return err
	}
	ends, err := o.ends(s, "to", o.to, o.toClass)
	if err != nil {
		return err
	}
	var indices []int
	var labels []string
	pairs := make([][2]int, o.rows)
	for i := range pairs {
		pairs[i] = [2]int{begins[i], ends[i]}
		indices = append(indices, begins[i], ends[i])
		labels = append(labels, fmt.Sprintf("#%d to #%d", begins[i], ends[i]))
	}
	what := fmt.Sprintf("%s from %s of %s, %s, to %s", words.Counted(o.steps, "code"),
		o.end("from", o.fromClass, "one image"), s.set.Name, o.split.name, o.end("to", o.toClass, "another"))
	images := v.batch(s, indices)
	var shown []int // a label a row
	for i := 0; i < len(images.Labels); i += 2 {
		shown = append(shown, images.Labels[i])
	}
	if o.hasLabel() {
		if v, err = o.withLabelOr(v, 0); err != nil {
			return err
		}
		shown = v.labels(o.rows)
		if images.Labels == nil {
			images.Labels = v.labels(len(indices))
		}
	}
	img, err := gallery.Interpolation(v.Model, images, shown, o.steps, picture.Options{
		Title: v.title("Interpolation"), Caption: fmt.Sprintf("%s from one image of %s, %s, to another; on the left their indices", words.Counted(o.steps, "code"), s.set.Name, o.split.name), RowLabels: labels,
	})
	if err != nil {
		return fmt.Errorf("picture of %s: %w", words.Counted(o.rows, "row"), err)
	}
	path, err := o.writePicture(ctx, v.dir, o.fileName(pairs[0]), img)
	if err != nil {
		return err
	}
	r := interpolateResult{o.result(v, path), o.split.result(v, s, len(indices)), pairs, o.steps}
	return o.report(env, r.pictureResult, r, what, r.Notes...)
}

// ends are the images at one end of the rows. flag is "from" or "to".
func (o *interpolateOptions) ends(s inputImages, flag string, index int, class string) ([]int, error) {
	if o.flags.Changed(flag + classSuffix) {
		return firstOfClass(s, flag+classSuffix, o.split.name, class, o.rows)
	}
	if index < 0 || index > s.images.Count-o.rows {
		return nil, usagef("--%s %d: %s there, and the %s split of %s has images 0 to %d", flag, index, begins(o.rows), o.split.name, s.set.Name, s.images.Count-1)
	}
	return consecutive(index, o.rows), nil
}

func begins(rows int) string {
	if rows == 1 {
		return "1 row begins or ends"
	}
	return fmt.Sprintf("%d rows begin or end", rows)
}

// firstOfClass are the first images of a class; flag is the one that asked for it.
func firstOfClass(s inputImages, flag, split, class string, count int) ([]int, error) {
	if s.images.Labels == nil {
		return nil, &usageError{
			err:  fmt.Errorf("--%s %s: the %s split of %s has no labels", flag, class, split, s.set.Name),
			hint: "--from and --to take the indices of images",
		}
	}
	wanted, err := s.labelOf("--"+flag, class)
	if err != nil {
		return nil, err
	}
	var found []int
	for i, label := range s.images.Labels {
		if label == wanted {
			if found = append(found, i); len(found) == count {
				return found, nil
			}
		}
	}
	if len(found) > 0 {
		return nil, usagef("--%s %s: the %s split of %s has %s of it, %d are wanted", flag, class, split, s.set.Name, words.Counted(len(found), "image"), count)
	}
	return nil, usagef("--%s %s: the %s split of %s has no image of it; its classes are %d to %d", flag, class, split, s.set.Name, slices.Min(s.images.Labels), slices.Max(s.images.Labels))
}

// classSuffix ends the flags that choose an image by its class.
const classSuffix = "-class"

// acceptDigit makes --from-digit and --to-digit other spellings of the flags for
// classes, for those who know them from earlier versions.
func acceptDigit(flags *pflag.FlagSet) {
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if end, found := strings.CutSuffix(name, "-digit"); found && (end == "from" || end == "to") {
			name = end + classSuffix
		}
		return pflag.NormalizedName(name)
	})
}

// fileName tells pictures of different flags apart.
func (o *interpolateOptions) fileName(pair [2]int) string {
	return fmt.Sprintf("interpolate-%s-%d-to-%d-steps-%d-rows-%d", o.split.name, pair[0], pair[1], o.steps, o.rows)
}
