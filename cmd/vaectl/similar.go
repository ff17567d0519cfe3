package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/draw/picture"
	"vaectl/internal/lines"
	"vaectl/internal/show/posteriors"
	"vaectl/internal/show/words"
)

// similarOptions are the flags of similar.
type similarOptions struct {
	imageViewOptions
	choice   pictureChoice
	count    int
	distance string
}

// mostSimilar keeps a sheet within what viewers open.
const mostSimilar = 200

func (o *similarOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	o.choice.addFlag(flags, "look for the neighbours of this `image` of the split instead of a file")
	flags.IntVarP(&o.count, "count", "n", 10, fmt.Sprintf("how many images, from 1 to %d", mostSimilar))
	flags.StringVar(&o.distance, "distance", string(posteriors.KL), "`kl|wasserstein`: the distance between posteriors, either the symmetric KL divergence in nats, which counts differences in units of how sure the encoder is, or the 2-Wasserstein distance in units of z")
	o.addImageFlags(cmd, "PNG", "binary pixels that are drawn")
	o.addLabel(cmd, "each image's own; a file has none")
	split := flags.Lookup("split")
	split.DefValue, o.split.name = splitTrain, splitTrain
}

func newSimilar(env environment) *cobra.Command {
	var o similarOptions
	cmd := &cobra.Command{
		Use:   "similar PICTURE [RUN]",
		Short: "Find the images that a model finds most like a picture",
		Long: "Encode a picture, and find the images of a split whose posteriors are nearest to its own: images that mean the same to the " +
			"model, whatever their pixels. Print them and write a picture of them.\n\n" +
			"PICTURE is a file of any format and size, which is made to fit as --fit, --invert and --background tell, or nothing with --index. " +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl similar cat.jpg\n" +
			"  vaectl similar cat.jpg deep -n 30 --out cats.png\n" +
			"  vaectl similar --index 17 --split test --distance wasserstein",
		GroupID: groupModels,
	}
	return withPictureArgument(cmd, env, &o, &o.choice)
}

// similarResult is what similar --json writes.
type similarResult struct {
	pictureResult
	splitResult
	Picture  chosenPicture  `json:"picture"`
	Distance string         `json:"distance"`
	Similar  []similarImage `json:"similar"` // the nearest first
}

// similarImage is an image of the split near the picture.
type similarImage struct {
	Index    int     `json:"index"`
	Label    *int    `json:"label,omitempty"`
	Class    string  `json:"class,omitempty"`
	Distance float64 `json:"distance"`
}

func (o *similarOptions) check() error {
	if err := checkRange("--count", o.count, 1, mostSimilar); err != nil {
		return err
	}
	if !slices.Contains(posteriors.Distances(), posteriors.Distance(o.distance)) {
		return usagef("--distance %q: must be %s or %s", o.distance, posteriors.KL, posteriors.Wasserstein)
	}
	return o.checkGrid()
}

func (o *similarOptions) run(ctx context.Context, env environment, ref string) error {
	if err := o.check(); err != nil {
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
	p, err := o.picture(ctx, v, s, &o.choice)
	if err != nil {
		return err
	}
	query, err := v.Encode(p.batch)
	if err != nil {
		return err
	}
	without := -1
	if p.Index != nil {
		without = *p.Index
	}
	near, err := posteriors.Nearest(ctx, v.Model, s.reader, v.seed, query, posteriors.Distance(o.distance), o.count, without)
	if err != nil {
		return err
	}
	r := similarResult{splitResult: o.split.result(v, s, s.images.Count), Picture: p, Distance: o.distance, Similar: similarImages(s, near)}
	path, err := o.draw(ctx, v, s, r)
	if err != nil {
		return err
	}
	r.pictureResult = o.result(v, path)
	if !o.json {
		if err := o.writeText(env.stdout, r); err != nil {
			return err
		}
	}
	return o.report(env, r.pictureResult, r, fmt.Sprintf("%s nearest to %s", words.Counted(len(near), "image"), p.name()))
}

func similarImages(s inputImages, near []posteriors.Neighbour) []similarImage {
	images := make([]similarImage, 0, len(near))
	for _, n := range near {
		one := similarImage{Index: n.Image, Distance: n.Distance}
		one.Label, one.Class = s.classAt(n.Image)
		images = append(images, one)
	}
	return images
}

// distanceText says which distance it is.
func (o *similarOptions) distanceText() string {
	if posteriors.Distance(o.distance) == posteriors.Wasserstein {
		return "2-Wasserstein distance between posteriors, in units of z"
	}
	return "symmetric KL divergence between posteriors, in nats"
}

// distanceNumber writes a distance to four figures, or to a thousandth where it is small.
func distanceNumber(x float64) string {
	decimals := 3
	for limit := 10.0; x >= limit && decimals > 0; limit *= 10 {
		decimals--
	}
	return strconv.FormatFloat(x, 'f', decimals, 64)
}

func (o *similarOptions) writeText(w io.Writer, r similarResult) error {
	var text, t strings.Builder
	fmt.Fprintf(&text, "nearest to %s among %s of %s, %s, by the %s\n\n", r.Picture.name(), words.Counted(r.Images, "image"), r.Dataset, r.Split, o.distanceText())
	fmt.Fprintln(&t, "image\tdistance\t  class")
	for _, one := range r.Similar {
		fmt.Fprintf(&t, "%d\t%s\t  %s\n", one.Index, distanceNumber(one.Distance), one.Class)
	}
	text.WriteString(lines.RightColumns(t.String()) + "\n")
	_, err := io.WriteString(w, text.String())
	return err
}

// draw writes the picture above its neighbours and returns the path.
func (o *similarOptions) draw(ctx context.Context, v view, s inputImages, r similarResult) (string, error) {
	sections := []picture.Section{
		{Label: "picture", Cards: []picture.Card{{Images: r.Picture.batch.Pixels, Lines: []string{r.Picture.name()}}}},
		{Label: "nearest"},
	}
	for _, one := range r.Similar {
		lines := []string{distanceNumber(one.Distance), fmt.Sprint(one.Index)}
		if one.Class != "" {
			lines = append(lines, one.Class)
		}
		sections[1].Cards = append(sections[1].Cards, picture.Card{Images: s.pixels([]int{one.Index}, v.seed), Lines: lines})
	}
	img, err := picture.Sheet(sections, v.Shape(), picture.Options{
		Title: v.title("Similar images"), Caption: fmt.Sprintf("the nearest images of %s, %s, and the %s", r.Dataset, r.Split, o.distanceText()),
	})
	if err != nil {
		return "", fmt.Errorf("picture of %s: %w", words.Counted(len(r.Similar), "image"), err)
	}
	return o.writePicture(ctx, v.dir, o.fileName(r), img)
}

// fileName tells pictures of different flags apart.
func (o *similarOptions) fileName(r similarResult) string {
	return fmt.Sprintf("similar-%s-%d-%s-to-%s", o.split.name, len(r.Similar), o.distance, r.Picture.fileName())
}
