package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/printable"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/posteriors"
	"vaectl/internal/show/words"
	"vaectl/vae"
)

// attributeOptions are the flags of attribute.
type attributeOptions struct {
	imageViewOptions
	file      string
	indices   []int
	strengths string
	steps     int
}

func (o *attributeOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.file, "picture", "", "the picture `file` to change")
	flags.IntSliceVar(&o.indices, "index", []int{0}, "the `images` of the split to change, separated by commas, a row each (default: the first one)")
	flags.StringVar(&o.strengths, "strengths", "-2..2", "how much of the direction to add: a `range` in --steps steps, or numbers separated by commas")
	flags.IntVar(&o.steps, "steps", 9, fmt.Sprintf("how many strengths a range is divided into, from 2 to %d", maxGridSteps))
	o.addImageFlags(cmd, "PNG", "binary pixels that are drawn")
	o.addLabel(cmd, "each image's own; a file has none")
	flags.Lookup("index").DefValue = "0"
	split := flags.Lookup("split")
	split.DefValue, o.split.name = splitTrain, splitTrain
}

func newAttribute(env environment) *cobra.Command {
	var o attributeOptions
	cmd := &cobra.Command{
		Use:   "attribute CLASS [RUN]",
		Short: "Add what makes a class to a picture",
		Long: "Find the direction of a class in the latent space, from the mean code of all other images of a split to that of the images of the " +
			"class, add it to the code of a picture at several strengths, and write what the model decodes as a PNG. At strength 0 this is the " +
			"reconstruction; a strength of 1 makes the average of all other images the average of the class.\n\n" +
			"CLASS is a name or a number. RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl attribute 7 --index 3\n" +
			"  vaectl attribute \"Food & Drink\" emoji --picture cat.png\n" +
			"  vaectl attribute 7 deep --index 1,2,3 --strengths -1,0,1,2 --out sevens.png",
		GroupID:           groupModels,
		ValidArgsFunction: completeClass,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return exactlyOne("class")(cmd, args)
			}
			return atMostOne("run")(cmd, args[1:])
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), env, args[0], first(args[1:]))
		},
	}
	o.addFlags(cmd)
	return cmd
}

// completeClass completes a class of the newest run, and after it the name of a run.
func completeClass(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return runNames("runs")(cmd, args[1:], prefix)
	}
	return classNames(cmd, "")
}

// attributeResult is what attribute --json writes.
type attributeResult struct {
	pictureResult
	splitResult
	Attribute    attributeClass  `json:"attribute"`
	ClassImages  int             `json:"class_images"`
	OtherImages  int             `json:"other_images"`
	Direction    []float64       `json:"direction"` // in units of the Gaussian variable of z
	Length       float64         `json:"direction_length"`
	Strengths    []float64       `json:"strengths"`
	ChosenImages []chosenPicture `json:"pictures"` // a row each
}

// attributeClass is the class that is added.
type attributeClass struct {
	Label int    `json:"label"`
	Class string `json:"class"`
}

// parseStrengths are the strengths that flags name.
func (o *attributeOptions) parseStrengths() ([]float64, error) {
	wrong := usagef("--strengths %s: must be a range, as -2..2, or numbers separated by commas", o.strengths)
	if low, high, isRange := strings.Cut(o.strengths, ".."); isRange {
		from, lowErr := strconv.ParseFloat(low, 64)
		to, highErr := strconv.ParseFloat(high, 64)
		if lowErr != nil || highErr != nil || !isReasonable(from) || !isReasonable(to) || from >= to {
			return nil, wrong
		}
		var amounts []float64
		for i := range o.steps {
			amounts = append(amounts, from+(to-from)*float64(i)/float64(o.steps-1))
		}
		return amounts, nil
	}
	var amounts []float64
	for part := range strings.SplitSeq(o.strengths, ",") {
		amount, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !isReasonable(amount) {
			return nil, wrong
		}
		amounts = append(amounts, amount)
	}
	if len(amounts) > maxGridSteps {
		return nil, usagef("--strengths: %d numbers: must be at most %d", len(amounts), maxGridSteps)
	}
	return amounts, nil
}

// isReasonable numbers keep what is decoded finite.
func isReasonable(x float64) bool { return math.Abs(x) <= 1e6 }

func (o *attributeOptions) check() error {
	if err := checkRange("--steps", o.steps, 2, maxGridSteps); err != nil {
		return err
	}
	if o.file != "" && o.flags.Changed("index") {
		return usagef("--picture and --index both say which picture to change: set one of them")
	}
	if len(o.indices) > maxGridSteps {
		return usagef("--index: %d images: must be at most %d", len(o.indices), maxGridSteps)
	}
	return o.checkGrid()
}

func (o *attributeOptions) run(ctx context.Context, env environment, class, ref string) error {
	if err := o.check(); err != nil {
		return err
	}
	strengths, err := o.parseStrengths()
	if err != nil {
		return err
	}
	v, s, err := o.openWithImages(ctx, env, ref)
	if err != nil {
		return err
	}
	defer v.engine.Close()
	if v, err = o.withChosenLabel(v); err != nil {
		return err
	}
	label, err := classOf(class, s)
	if err != nil {
		return err
	}
	pictures, err := o.pictures(ctx, v, s)
	if err != nil {
		return err
	}
	direction, err := posteriors.DirectionOf(ctx, v.Model, s.reader, v.seed, label)
	if errors.Is(err, posteriors.ErrOneKind) {
		return usagef("class %s of %s, %s: %v", class, s.set.Name, o.split.name, err)
	}
	if err != nil {
		return err
	}
	r := attributeResult{
		splitResult: o.split.result(v, s, direction.Images+direction.Others),
		Attribute:   attributeClass{label, printable.Text(s.set.ClassName(label))},
		ClassImages: direction.Images, OtherImages: direction.Others,
		Direction: direction.Step, Length: direction.Length(), Strengths: strengths, ChosenImages: pictures,
	}
	r.Notes = append(r.Notes, attributeNotes(v)...)
	path, err := o.draw(ctx, v, r)
	if err != nil {
		return err
	}
	r.pictureResult = o.result(v, path)
	return o.report(env, r.pictureResult, r, fmt.Sprintf("%s with the direction of class %s, of length %.3g, added", words.Counted(len(pictures), "image"), r.Attribute.Class, r.Length), r.Notes...)
}

// classOf is the label of a class of the data set.
func classOf(class string, s inputImages) (int, error) {
	if s.images.Labels == nil {
		return 0, usagef("class %s: data set %s has no labels", class, s.set.Name)
	}
	return s.labelOf("class", class)
}

// attributeNotes say where a direction means less than elsewhere.
func attributeNotes(v view) []string {
	var notes []string
	if v.Classes() > 0 {
		notes = append(notes, "a conditional model is told the class beside z, so that z says little of it: sample --label draws from a class")
	}
	if v.Prior().Name() == "sphere" {
		notes = append(notes, "codes that are moved along the direction leave the sphere that the prior is on")
	}
	return notes
}

// pictures are the ones to change.
func (o *attributeOptions) pictures(ctx context.Context, v view, s inputImages) ([]chosenPicture, error) {
	if o.file != "" {
		p, err := o.pictureFromFile(ctx, v, o.file)
		return []chosenPicture{p}, err
	}
	var pictures []chosenPicture
	for _, index := range o.indices {
		p, err := o.pictureFromSplit(v, s, index)
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, p)
	}
	return pictures, nil
}

// draw writes the rows and returns the path.
func (o *attributeOptions) draw(ctx context.Context, v view, r attributeResult) (string, error) {
	var images vae.Batch
	var labels, names []string
	for _, p := range r.ChosenImages {
		images.Pixels = append(images.Pixels, p.batch.Pixels...)
		images.Labels = append(images.Labels, p.batch.Labels...)
		labels, names = append(labels, p.name()), append(names, p.fileName())
	}
	img, err := gallery.Attribute(v.Model, images, r.Direction, r.Strengths, picture.Options{
		Title:     v.title("Class " + r.Attribute.Class),
		Caption:   fmt.Sprintf("plus so many times the mean code of class %s less that of all others, of %s, %s", r.Attribute.Class, r.Dataset, r.Split),
		RowLabels: labels,
	})
	if err != nil {
		return "", fmt.Errorf("picture of %s at %s: %w", words.Counted(len(labels), "image"), words.Counted(len(r.Strengths), "strength"), err)
	}
	return o.writePicture(ctx, v.dir, o.fileName(r, names), img)
}

// fileName tells pictures of different flags apart.
func (o *attributeOptions) fileName(r attributeResult, pictures []string) string {
	strengths := strings.NewReplacer(",", "_", " ", "").Replace(o.strengths)
	name := fmt.Sprintf("attribute-%s-%d-of-%s-strengths-%s", o.split.name, r.Attribute.Label, shorten(strings.Join(pictures, "-"), longestList), shorten(strengths, longestList))
	if strings.Contains(strengths, "..") {
		name += fmt.Sprintf("-steps-%d", o.steps)
	}
	return name
}
