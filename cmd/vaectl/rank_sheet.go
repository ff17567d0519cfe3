package main

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"vaectl/internal/draw/picture"
	"vaectl/internal/printable"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
)

// draw writes the contact sheet and returns its path.
func (o *rankOptions) draw(ctx context.Context, r *imageRanking, result rankResult) (string, error) {
	ends := []gallery.Ranked{r.sheetEnd("most unusual", result.Unusual)}
	if len(result.Typical) > 0 {
		ends = append(ends, r.sheetEnd("most typical", result.Typical))
	}
	caption := fmt.Sprintf("%s beside their reconstructions; %s, in nats", r.source(o.split.name), r.figure.text)
	var low, high float64
	if o.heatmap {
		var err error
		if low, high, err = r.heat(ctx, ends, result); err != nil {
			return "", err
		}
		caption += fmt.Sprintf("; the heat map shows -log p(pixel|z) from %.2f (black) to %.2f (yellow)", low, high)
	}
	img, err := gallery.Ranking(r.Model, ends, low, high, picture.Options{Title: r.title("Unusual and typical"), Caption: caption})
	if err != nil {
		return "", fmt.Errorf("contact sheet of %s: %w", words.Counted(len(result.Unusual)+len(result.Typical), "image"), err)
	}
	return o.writePicture(ctx, r.dir, o.fileName(r), img)
}

// source says which images are ranked.
func (r *imageRanking) source(split string) string {
	if r.files != nil {
		return words.Counted(len(r.files), "picture")
	}
	return fmt.Sprintf("images of %s, %s,", r.set.Name, split)
}

// sheetEnd is the images of one end as the contact sheet shows them.
func (r *imageRanking) sheetEnd(label string, images []rankedImage) gallery.Ranked {
	var indices []int
	end := gallery.Ranked{Label: label}
	for _, one := range images {
		indices = append(indices, one.Index)
		what := fmt.Sprintf("%d", one.Index)
		switch {
		case one.File != "":
			what = printable.Text(filepath.Base(one.File))
		case one.Class != "":
			what += ": " + one.Class
		}
		lines := []string{words.Nats(one.Nats)}
		if one.Bits != nil {
			lines = append(lines, fmt.Sprintf("%.3f bits/dim", *one.Bits))
		}
		end.Lines = append(end.Lines, append(lines, what))
	}
	end.Images = r.batch(r.inputImages, indices)
	return end
}

// heat computes the heat maps of all ends, and where their colours begin and end: what all
// but the thousandth part of the pixels stay below.
func (r *imageRanking) heat(ctx context.Context, ends []gallery.Ranked, result rankResult) (low, high float64, err error) {
	scorer, err := r.NewPixelScorer(1)
	if err != nil {
		return 0, 0, err
	}
	var all []float64
	for e, images := range [][]rankedImage{result.Unusual, result.Typical} {
		for _, one := range images {
			if err := ctx.Err(); err != nil {
				return 0, 0, err
			}
			nats, err := scorer.Score(r.batch(r.inputImages, []int{one.Index}), one.Index, r.seed)
			if err != nil {
				return 0, 0, err
			}
			ends[e].Heat = append(ends[e].Heat, nats...)
		}
		if e < len(ends) {
			all = append(all, ends[e].Heat...)
		}
	}
	slices.Sort(all)
	return all[0], all[int(math.Ceil(0.999*float64(len(all))))-1], nil
}

// fileName tells pictures of different flags apart.
func (o *rankOptions) fileName(r *imageRanking) string {
	name := "rank-" + o.split.name
	if r.files != nil {
		name = "rank-files"
	}
	name += fmt.Sprintf("-%d-%s-seed-%d", o.count, r.figure.name, r.seed)
	if o.heatmap {
		name += "-heatmap"
	}
	return strings.ReplaceAll(name, "_", "-")
}
