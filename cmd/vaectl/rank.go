package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/ranking"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/vae"
)

// rankOptions are the flags of rank.
type rankOptions struct {
	imageViewOptions
	nll     nllOptions
	count   int
	normal  []string
	heatmap bool
	csv     bool
}

const (
	// rankSamples is fewer draws than published figures have: an order needs less.
	rankSamples = 500
	// mostRanked keeps a sheet within what viewers open.
	mostRanked = 200
)

func (o *rankOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVarP(&o.count, "count", "n", 8, fmt.Sprintf("how many of the most unusual and of the most typical images, from 1 to %d", mostRanked))
	o.nll.addFlags(flags, "rank by -log p(x), estimated by importance sampling, instead of by the negative ELBO", rankSamples)
	flags.BoolVar(&o.heatmap, "heatmap", false, "also show where in each image the surprise is: -log p(pixel|z)")
	flags.StringSliceVar(&o.normal, "normal", nil, "the `classes` that are normal, by name or number, as cat,dog or 0-8; say how well the ranking finds all others (default: those the run was trained on, if --without-class left some out)")
	flags.BoolVar(&o.csv, "csv", false, "write all images as CSV, the most unusual first, and a contact sheet only if --out is set")
	o.addImageFlags(cmd, "PNG", "the draws of z and of binary pixels")
	o.addLabel(cmd, "each image's own; images in files have none")
	completeClasses(cmd, "normal")
	flags.Lookup("out").Usage = "the PNG `file` to write the contact sheet to (default: in the run's folder samples)"
}

func newRank(env environment) *cobra.Command {
	var o rankOptions
	cmd := &cobra.Command{
		Use:   "rank [RUN [IMAGE|FOLDER...]]",
		Short: "Find the most unusual and the most typical images",
		Long: "Rank the images of a split, or picture files and folders of them, by how unusual the model finds them: by their negative ELBO " +
			"in nats at one draw of z, or with --nll by an estimate of -log p(x). Print the most unusual and the most typical, and write " +
			"a contact sheet of them, each beside its reconstruction.\n\n" +
			"With --normal, images of all other classes are anomalies. AUROC is then the probability that an anomaly ranks above a normal " +
			"image, with ties counted as one half: 0.5 is chance. Average precision is the mean, over the anomalies, of the " +
			"share of anomalies among the images that rank at least as high: the share of anomalies is chance.\n\n" +
			"RUN is the name of a run, a path, or nothing for the newest run.",
		Example: "  vaectl rank\n" +
			"  vaectl rank deep --count 20 --heatmap --out unusual.png\n" +
			"  vaectl rank deep photos --csv > ranked.csv\n" +
			"  vaectl train --without-class 4 --name nine; vaectl rank nine\n" +
			"  vaectl rank deep --normal 0-8 --nll",
		GroupID: groupModels,
	}
	return withRunArguments(cmd, env, &o)
}

// rankResult is what rank --json writes.
type rankResult struct {
	pictureResult
	Dataset string   `json:"dataset,omitempty"`
	Split   string   `json:"split,omitempty"`
	Images  int      `json:"images"`
	Seed    uint64   `json:"seed"`
	Notes   []string `json:"notes,omitempty"`

	Figure    string           `json:"figure"` // what Value is: neg_elbo or nll
	Samples   int              `json:"nll_samples,omitempty"`
	Mean      float64          `json:"mean_nats"`
	MeanBits  *float64         `json:"mean_bits_per_dimension,omitempty"`
	Unusual   []rankedImage    `json:"unusual"` // the most unusual first
	Typical   []rankedImage    `json:"typical"` // the most typical first
	Detection *detectionResult `json:"detection,omitempty"`
}

// rankedImage is one image of a ranking.
type rankedImage struct {
	Rank           int      `json:"rank"` // 1 is the most unusual
	Index          int      `json:"index"`
	File           string   `json:"file,omitempty"`
	Label          *int     `json:"label,omitempty"`
	Class          string   `json:"class,omitempty"`
	Nats           float64  `json:"nats"`
	Bits           *float64 `json:"bits_per_dimension,omitempty"`
	Reconstruction *float64 `json:"reconstruction_nats,omitempty"`
	KL             *float64 `json:"kl_nats,omitempty"`
	Anomaly        *bool    `json:"anomaly,omitempty"`
}

// detectionResult says how well a ranking finds anomalies.
type detectionResult struct {
	Classes          []string `json:"anomalous_classes"`
	Normal           int      `json:"normal_images"`
	Anomalies        int      `json:"anomalous_images"`
	AUROC            float64  `json:"auroc"`
	AveragePrecision float64  `json:"average_precision"`
}

func (o *rankOptions) check(args []string) error {
	if err := checkRange("--count", o.count, 1, mostRanked); err != nil {
		return err
	}
	if o.csv && o.json {
		return usagef("--csv and --json both say how to write the table: set one of them")
	}
	if o.heatmap && o.csv && o.out == "" {
		return usagef("--heatmap is about the contact sheet, which --csv writes only where --out is set")
	}
	if err := o.nll.check(); err != nil {
		return err
	}
	if len(args) > 1 {
		if err := o.split.checkFiles("--normal"); err != nil {
			return err
		}
	}
	return o.checkGrid()
}

func (o *rankOptions) run(ctx context.Context, env environment, args []string) error {
	if err := o.check(args); err != nil {
		return err
	}
	v, err := o.open(env, first(args))
	if err != nil {
		return beforePictures(err, args)
	}
	defer v.engine.Close()
	if err := o.nll.checkModel(v.Model, "rank without --nll goes by reconstruction and KL"); err != nil {
		return err
	}
	r, err := o.load(ctx, env, v, args[min(1, len(args)):])
	if err != nil {
		return err
	}
	if err := r.chooseAnomalies(o.normal); err != nil {
		return err
	}
	if err := r.rank(ctx, env, &o.nll); err != nil {
		return err
	}
	return o.write(ctx, env, r)
}

// imageRanking is the images of a ranking.
type imageRanking struct {
	view
	inputImages
	files     []string // none of a split
	figure    figureKind
	ranking   *ranking.Ranking
	anomalous []int // labels of the classes that are anomalies; none where nobody said which are normal
	detection *ranking.Detection
}

// figureKind is what images are ranked by.
type figureKind struct{ name, short, text string }

// load reads the images, with the label that was asked for.
func (o *rankOptions) load(ctx context.Context, env environment, v view, files []string) (*imageRanking, error) {
	r := &imageRanking{view: v}
	var err error
	if len(files) > 0 {
		r.inputImages, r.files, err = o.split.fromFiles(ctx, v, files)
	} else {
		r.inputImages, err = o.split.load(ctx, env, v.runModel, v.engine)
	}
	if err != nil {
		return nil, err
	}
	if r.view, err = o.withChosenLabel(v); err != nil {
		return nil, err
	}
	r.inputImages, err = r.withLabels(r.inputImages)
	return r, err
}

// chooseAnomalies finds out which classes are anomalies: all but those that are normal, or
// those that the run was trained without.
func (r *imageRanking) chooseAnomalies(normal []string) error {
	own := r.set != nil && r.set.Digest == r.record.Dataset.Digest
	left := r.Config().Data.WithoutClasses
	if len(normal) == 0 && (!own || len(left) == 0) {
		return nil
	}
	if r.images.Labels == nil {
		return usagef("--normal %s: the images have no labels", strings.Join(normal, ","))
	}
	classes := r.set.ClassList()
	if len(normal) == 0 {
		var err error
		r.anomalous, err = classes.FindAll(left)
		return err
	}
	labels, err := classes.FindAll(normal)
	if err != nil {
		return fmt.Errorf("--normal: data set %s: %w", r.set.Name, err)
	}
	for label := range classes.Count {
		if !slices.Contains(labels, label) {
			r.anomalous = append(r.anomalous, label)
		}
	}
	anomalies := r.anomalies()
	if !slices.Contains(anomalies, true) || !slices.Contains(anomalies, false) {
		return usagef("--normal %s: there must be images of these classes and of others", strings.Join(normal, ","))
	}
	return nil
}

// anomalies says of every image whether it is one.
func (r *imageRanking) anomalies() []bool {
	marks := make([]bool, r.images.Count)
	for i := range marks {
		marks[i] = slices.Contains(r.anomalous, r.images.Labels[i])
	}
	return marks
}

// rank computes the figure of every image.
func (r *imageRanking) rank(ctx context.Context, env environment, nll *nllOptions) (err error) {
	evidence := r.Bound().Evidence()
	if nll.wanted {
		r.figure = figureKind{"nll", "-log " + evidence, fmt.Sprintf("-log %s, estimated with %s an image", evidence, words.Counted(nll.samples, "draw"))}
	} else {
		r.figure = figureKind{"neg_elbo", "neg. ELBO", "negative ELBO: reconstruction + KL at one draw of z"}
		if !loss.HasDensity(r.Prior()) {
			r.figure = figureKind{"neg_elbo", "loss", boundText(vae.Bound{Name: vae.ELBO, NoDensity: true})}
		}
	}
	p := newCountdown(env, r.figure.short, r.images.Count)
	defer p.clear()
	if nll.wanted {
		r.ranking, err = ranking.ByNLL(ctx, r.Model, r.reader, r.seed, nll.samples, p.show)
	} else {
		r.ranking, err = ranking.ByELBO(ctx, r.Model, r.reader, nil, r.seed, p.show)
	}
	if err != nil || r.anomalous == nil {
		return err
	}
	detection, err := ranking.Detect(r.ranking.Values, r.anomalies())
	if errors.Is(err, ranking.ErrOneKind) {
		return nil // of a split without the classes that were left out
	}
	r.detection = &detection
	return err
}

// write prints the table and draws the contact sheet.
func (o *rankOptions) write(ctx context.Context, env environment, r *imageRanking) error {
	result := rankResult{
		Images: r.images.Count, Seed: r.seed, Figure: r.figure.name, Mean: r.ranking.Mean, MeanBits: r.bits(r.ranking.Mean),
	}
	if o.nll.wanted {
		result.Samples = o.nll.samples
	}
	unusual, typical := r.ranking.Ends(o.count)
	places := r.ranks()
	result.Unusual, result.Typical = r.describe(unusual, places), r.describe(typical, places)
	result.Detection = r.detectionResult()
	if r.files == nil {
		result.Dataset, result.Split, result.Notes = r.set.Name, o.split.name, o.split.notes(r.runModel, r.inputImages)
	}
	path := ""
	if !o.csv || o.out != "" {
		var err error
		if path, err = o.draw(ctx, r, result); err != nil {
			return err
		}
	}
	result.pictureResult = o.result(r.view, path)
	switch {
	case o.json:
		return writeJSON(env.stdout, result)
	case o.csv:
		return r.writeCSV(unfiltered(env.stdout))
	}
	tellNotes(env, result.Notes)
	if err := r.writeText(env.stdout, result); err != nil {
		return err
	}
	return o.report(env, result.pictureResult, result, fmt.Sprintf("%d and %d of %s", len(unusual), len(typical), words.Counted(result.Images, "image")))
}

// ranks are the ranks of all images, from 1.
func (r *imageRanking) ranks() []int {
	places := make([]int, len(r.ranking.Order))
	for rank, i := range r.ranking.Order {
		places[i] = rank + 1
	}
	return places
}

// bits is a figure in bits per dimension, where it can be told so.
func (r *imageRanking) bits(nats float64) *float64 {
	bits, ok := comparison.Bits(r.Config().Model, r.Shape(), nats)
	if !ok || !loss.HasDensity(r.Prior()) {
		return nil
	}
	return &bits
}

// describe says of the images at some places what is known of them.
func (r *imageRanking) describe(places []int32, ranks []int) []rankedImage {
	out := make([]rankedImage, 0, len(places))
	for _, i := range places {
		index := int(r.ranking.Images[i])
		one := rankedImage{Rank: ranks[i], Index: index, Nats: r.ranking.Values[i], Bits: r.bits(r.ranking.Values[i])}
		if r.files != nil {
			one.File = r.files[index]
		}
		if r.ranking.KL != nil {
			one.Reconstruction, one.KL = &r.ranking.Reconstruction[i], &r.ranking.KL[i]
		}
		if r.images.Labels != nil {
			label := r.images.Labels[index]
			one.Label, one.Class = &label, r.classOf(label)
			if r.anomalous != nil {
				anomaly := slices.Contains(r.anomalous, label)
				one.Anomaly = &anomaly
			}
		}
		out = append(out, one)
	}
	return out
}

// classOf is a label by its name in the data set that the images are from.
func (r *imageRanking) classOf(label int) string {
	if r.set != nil {
		return printable.Text(r.set.ClassName(label))
	}
	return r.className(label)
}

func (r *imageRanking) detectionResult() *detectionResult {
	if r.detection == nil {
		return nil
	}
	d := detectionResult{
		Normal: r.detection.Normal, Anomalies: r.detection.Anomalies,
		AUROC: r.detection.AUROC, AveragePrecision: r.detection.AveragePrecision,
	}
	for _, label := range r.anomalous {
		d.Classes = append(d.Classes, r.classOf(label))
	}
	return &d
}
