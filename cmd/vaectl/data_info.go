package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/data"
	"vaectl/internal/draw/picture"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/lines"
)

// dataInfoOptions are the flags of data info.
type dataInfoOptions struct {
	datasetOptions
	sheet string
	json  bool
}

func (o *dataInfoOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.sheet, "sheet", "", "draw some images of every class into this PNG `file`")
	addJSON(cmd.Flags(), &o.json)
	o.datasetOptions.addFlags(cmd)
}

func newDataInfo(env environment) *cobra.Command {
	var o dataInfoOptions
	cmd := &cobra.Command{
		Use:   "info NAME|PATH [flags]",
		Short: "Look at a data set: its images, classes, files and oddities",
		Long: "Read a data set that is on this machine and sum it up: counts, sizes, classes, mean and standard deviation, images that are all one colour, " +
			"and images that are there twice. Nothing is downloaded. NAME is one of `vaectl data list`, or strokes, or auto; PATH is a folder, " +
			"an archive or a file of images.",
		Example: "  vaectl data info mnist\n  vaectl data info ./photos --size 64 --sheet sheet.png",
	}
	return withDatasetArgument(cmd, env, &o, "data set's name or path")
}

// dataInfoResult is what data info --json writes.
type dataInfoResult struct {
	data.Info
	data.Findings
	Sheet string `json:"sheet,omitempty"`
}

func (o *dataInfoOptions) run(ctx context.Context, env environment, name string) error {
	set, err := o.load(ctx, env, name, true, false)
	if err != nil {
		return err
	}
	if set.Substitute && !o.json {
		frame(env.stderr, "WARNING: "+set.Warning)
	}
	t := newDataProgress(env, false)
	findings, err := set.Examine(ctx, t.showReading)
	t.close()
	if err != nil {
		return err
	}
	if o.sheet != "" {
		if err := writeSheet(set, o.sheet); err != nil {
			return err
		}
	}
	if o.json {
		return writeJSON(env.stdout, dataInfoResult{Info: set.Info(), Findings: findings, Sheet: o.sheet})
	}
	return writeInfo(env.stdout, set, findings, o.sheet)
}

func writeInfo(w io.Writer, set *data.Set, f data.Findings, sheet string) error {
	info := set.Info()
	var t strings.Builder
	fmt.Fprintf(&t, "name\t%s\n", info.Name)
	if info.Title != "" {
		fmt.Fprintf(&t, "title\t%s\n", info.Title)
	}
	if info.Licence != "" {
		fmt.Fprintf(&t, "licence\t%s\n", info.Licence)
	}
	verified := "its content is not one the catalogue knows"
	if info.Verified {
		verified = "verified"
	}
	fmt.Fprintf(&t, "source\t%s (%s)\n", info.Source, verified)
	fmt.Fprintf(&t, "digest\t%s\n", info.Digest)
	writeSplit(&t, set, "training", info.Train)
	if info.Validation != nil {
		writeSplit(&t, set, "validation", *info.Validation)
	}
	writeSplit(&t, set, "test", info.Test)
	writeFindings(&t, f)
	for _, note := range info.Notes {
		fmt.Fprintf(&t, "note\t%s\n", note)
	}
	writeSizes(&t, info.Sizes)
	for _, b := range info.Broken[:min(len(info.Broken), shownOddities)] {
		fmt.Fprintf(&t, "broken\t%s: %s\n", b.Name, b.Error)
	}
	for _, file := range info.Files {
		fmt.Fprintf(&t, "file\t%s\n\t  %s\n", file.Path, file.SHA256)
	}
	if sheet != "" {
		fmt.Fprintf(&t, "sheet\t%s\n", sheet)
	}
	_, err := io.WriteString(w, lines.Columns(t.String()))
	return err
}

func writeSplit(w io.Writer, set *data.Set, name string, s data.SplitInfo) {
	_, _ = fmt.Fprintf(w, "%s\t%d images of %v, mean pixel %.4f\n", name, s.Count, s.Shape, s.MeanPixel)
	if s.ClassCounts == nil {
		_, _ = fmt.Fprintf(w, "\tno labels\n")
		return
	}
	var counts []string
	for class, n := range s.ClassCounts {
		counts = append(counts, fmt.Sprintf("%s: %d", set.ClassName(class), n))
	}
	_, _ = fmt.Fprintf(w, "\tlabels %s\n", strings.Join(counts, ", "))
}

// shownOddities is how many files of a kind are named; --json names more.
const shownOddities = 5

func writeFindings(w io.Writer, f data.Findings) {
	var mean, std []string
	for i := range f.Mean {
		mean, std = append(mean, fmt.Sprintf("%.4f", f.Mean[i])), append(std, fmt.Sprintf("%.4f", f.Std[i]))
	}
	_, _ = fmt.Fprintf(w, "pixels\tmean %s, standard deviation %s, of the training images\n", strings.Join(mean, " "), strings.Join(std, " "))
	if f.PlainCount > 0 {
		_, _ = fmt.Fprintf(w, "suspicious\t%d images are all one colour: %s\n", f.PlainCount, firstNames(f.Plain, f.PlainCount))
	}
	if f.CopyCount == 0 {
		return
	}
	var copies []string
	for _, c := range f.Copies {
		copies = append(copies, c.Name+" = "+c.Of)
	}
	leaked := ""
	if f.Leaked > 0 {
		leaked = fmt.Sprintf(", %d of them test images that are training images too", f.Leaked)
	}
	_, _ = fmt.Fprintf(w, "suspicious\t%d images are copies of others%s: %s\n", f.CopyCount, leaked, firstNames(copies, f.CopyCount))
}

func firstNames(names []string, count int) string {
	shown := names[:min(len(names), shownOddities)]
	text := strings.Join(shown, ", ")
	if count > len(shown) {
		text += ", ..."
	}
	return text
}

// writeSizes says which sizes pictures had, where they were not all of one.
func writeSizes(w io.Writer, sizes []data.SizeCount) {
	if len(sizes) < 2 {
		return
	}
	var words []string
	for _, s := range sizes[:min(len(sizes), shownOddities)] {
		words = append(words, fmt.Sprintf("%d of %dx%d", s.Count, s.Height, s.Width))
	}
	if len(sizes) > shownOddities {
		words = append(words, fmt.Sprintf("and %d more sizes", len(sizes)-shownOddities))
	}
	_, _ = fmt.Fprintf(w, "sizes\t%s (height x width)\n", strings.Join(words, ", "))
}

const (
	sheetColumns = 10
	sheetRows    = 30
)

// writeSheet draws training images: a row for each class, or without classes rows of
// images from all over the set.
func writeSheet(set *data.Set, path string) error {
	indices, labels := sheetImages(set)
	s := &set.Train
	pixels := make([]float32, 0, len(indices)*s.Values())
	for _, i := range indices {
		one := make([]float32, s.Values())
		if i >= 0 {
			for j, v := range s.Image(i) {
				one[j%s.Channels*s.Pixels()+j/s.Channels] = float32(v) / 255
			}
		} else {
			for j := range one {
				one[j] = 1
			}
		}
		pixels = append(pixels, one...)
	}
	img, err := picture.Grid(pixels, s.Shape, picture.Options{
		Columns: sheetColumns, RowLabels: labels, Title: set.Name,
		Caption: fmt.Sprintf("%d training images of %v", s.Count, s.Shape),
	})
	if err != nil {
		return fmt.Errorf("contact sheet: %w", err)
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error { return picture.EncodePNG(w, img) })
}

// sheetImages picks them, -1 for an empty place, and the labels of the rows.
func sheetImages(set *data.Set) (indices []int, labels []string) {
	s := &set.Train
	if s.Labels == nil {
		n := min(s.Count, sheetColumns*sheetColumns)
		for i := range n {
			indices = append(indices, i*s.Count/n)
		}
		return indices, nil
	}
	byClass := make([][]int, min(set.ClassCount(), sheetRows))
	for i, label := range s.Labels {
		if label < len(byClass) && len(byClass[label]) < sheetColumns {
			byClass[label] = append(byClass[label], i)
		}
	}
	for label, images := range byClass {
		if len(images) == 0 {
			continue
		}
		for len(images) < sheetColumns {
			images = append(images, -1)
		}
		indices, labels = append(indices, images...), append(labels, set.ClassName(label))
	}
	return indices, labels
}
