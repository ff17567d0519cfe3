package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"

	"vaectl/data"
	"vaectl/internal/draw/page"
	"vaectl/internal/draw/picture"
	"vaectl/internal/draw/plots"
	"vaectl/internal/show/gallery"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/vae"
)

const (
	reportSamples   = 64
	reportCodes     = 2000 // images in a picture of the latent space
	reportRounds    = 2    // images of each class among the reconstructions
	reportPlaneSide = 20   // images a side of the plane of two latents
)

// plotted draws a figure.
func plotted(p page.Picture, draw func(w io.Writer) error) page.Picture {
	var svg bytes.Buffer
	if err := draw(&svg); err != nil {
		p.Missing = words.Sentence(err.Error())
		return p
	}
	p.SVG = svg.Bytes()
	return p
}

// drawn encodes a picture.
func drawn(p page.Picture, img image.Image, err error) page.Picture {
	var png bytes.Buffer
	if err == nil {
		err = picture.EncodePNG(&png, img)
	}
	if err != nil {
		p.Missing = words.Sentence(err.Error())
		return p
	}
	p.PNG = png.Bytes()
	return p
}

// without is a picture that there is no model or there are no images for.
func without(p page.Picture, err error) page.Picture {
	p.Missing = words.Sentence(err.Error())
	return p
}

// heading stands over a picture of one of the runs: what it shows, after the
// run's name where there are several.
func heading(runs []*Run, r *Run, what string) string {
	switch {
	case len(runs) == 1:
		return what
	case what == "":
		return r.Label
	}
	return r.Label + ": " + what
}

func curvesSection(_ context.Context, runs []*Run) page.Section {
	s := page.Section{ID: "curves", Title: "Training"}
	var trainings []gallery.Training
	for _, r := range runs {
		if len(r.Metrics.Epochs) > 0 {
			trainings = append(trainings, gallery.Training{Name: r.Label, Metrics: r.Metrics})
		}
	}
	p := page.Picture{Alt: "Curves of the loss, the reconstruction, the KL and the number of active units over the epochs", Wide: true}
	if len(trainings) == 0 {
		p.Missing = "Curves begin with the first evaluation, and there was none yet."
	} else {
		p = plotted(p, func(w io.Writer) error {
			return plots.Curves(w, plots.SVG, gallery.Curves(trainings),
				plots.Strokes{Solid: gallery.EvaluatedOn(trainings), Dashed: "training images, as they were seen"}, plots.Labels{})
		})
	}
	s.Pictures = []page.Picture{p}
	return s
}

// priorSection has the aggregate posteriors, as many side by side as a figure
// holds.
func priorSection(ctx context.Context, runs []*Run) page.Section {
	s := page.Section{
		ID: "prior", Title: "Prior",
		Text:  []string{"Where the model puts the test images (bars: one draw of z an image) and the prior it was trained to follow (line)."},
		Table: diagnosisTable(ctx, runs),
	}
	var columns []plots.PriorRun
	for _, r := range runs {
		p := page.Picture{Title: heading(runs, r, ""), Wide: true}
		if r.NoImages != nil {
			s.Pictures = append(s.Pictures, without(p, r.NoImages))
			continue
		}
		z, err := gallery.Aggregate(ctx, r.Model, r.Images.Reader, r.seed())
		if err != nil {
			s.Pictures = append(s.Pictures, without(p, err))
			continue
		}
		columns = append(columns, plots.PriorRun{
			Name: r.Label + ": " + loss.Describe(r.Prior()), Z: z, Latents: r.Latents(), KL: r.klPerLatent(), Order: r.mostUsed(), Priors: gallery.Densities(r.Prior()),
		})
	}
	rows := max(1, (len(columns)+plots.MostPriorRuns-1)/plots.MostPriorRuns)
	for chunk := range slices.Chunk(columns, max(1, (len(columns)+rows-1)/rows)) {
		p := page.Picture{Alt: "Histograms of z under the density of the prior", Wide: true}
		s.Pictures = append(s.Pictures, plotted(p, func(w io.Writer) error { return plots.Prior(w, plots.SVG, chunk, plots.Labels{}) }))
	}
	return s
}

// klPerLatent is the KL of each latent, where there is one for each.
func (r *Run) klPerLatent() []float64 {
	if f := r.figures(); f != nil && len(f.KLPerDim) == r.Latents() {
		return f.KLPerDim
	}
	return nil
}

// mostUsed is the order of the latents, nil where the record is too old to tell
// more than their KL.
func (r *Run) mostUsed() []int {
	if f := r.figures(); f != nil && len(f.ActivityPerDim) == r.Latents() {
		return gallery.UsageOf(vae.Evaluation{KLPerDim: f.KLPerDim, ActivityPerDim: f.ActivityPerDim}).Order
	}
	return nil
}

func samplesSection(_ context.Context, runs []*Run) page.Section {
	s := page.Section{ID: "samples", Title: "Samples", Text: []string{"Images decoded from z drawn from the prior; grey is the probability of white."}}
	for _, r := range runs {
		p := page.Picture{Title: heading(runs, r, ""), Alt: fmt.Sprintf("%d images sampled from run %s", reportSamples, r.Label)}
		if r.NoModel != nil {
			s.Pictures = append(s.Pictures, without(p, r.NoModel))
			continue
		}
		p.Caption = fmt.Sprintf("z from %s, seed %d, checkpoint %s", loss.Describe(r.Prior()), r.seed(), r.Checkpoint())
		columns := 0
		var samples vae.Samples
		var err error
		if classes := r.Classes(); classes > 0 {
			columns = max(1, reportSamples/classes)
			p.Caption += "; a row for each label, a column for each z"
			samples, err = r.SampleClasses(columns, r.seed())
		} else {
			samples, err = r.Sample(reportSamples, r.seed(), nil)
		}
		if err != nil {
			s.Pictures = append(s.Pictures, without(p, err))
			continue
		}
		size := r.Shape()
		img, err := picture.Grid(samples.Means, size, picture.Options{Dark: true, Columns: columns})
		s.Pictures = append(s.Pictures, drawn(p, img, err))
	}
	return s
}

// pairsSection shows what the models make of the same images: in one picture,
// where the images are the same.
func pairsSection(_ context.Context, runs []*Run) page.Section {
	s := page.Section{ID: "reconstructions", Title: "Reconstructions", Text: []string{"Test images, and what is decoded from the mean of their posteriors."}}
	var groups [][]*Run
	for _, r := range runs {
		if r.NoImages != nil {
			s.Pictures = append(s.Pictures, without(page.Picture{Title: heading(runs, r, "")}, r.NoImages))
			continue
		}
		i := slices.IndexFunc(groups, func(g []*Run) bool { return sameImages(g[0], r) })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], r)
	}
	for _, group := range groups {
		s.Pictures = append(s.Pictures, reconstructions(group, len(runs) == 1))
	}
	return s
}

// sameImages tells whether two runs read the same pixels.
func sameImages(a, b *Run) bool {
	if a.Images.Set.Digest != b.Images.Set.Digest || a.Images.Binarize != b.Images.Binarize {
		return false
	}
	return a.seed() == b.seed() || data.Binarization(a.Images.Binarize) != data.Dynamic
}

// reconstructions shows runs that read the same images; alone is one that the
// whole report is about.
func reconstructions(runs []*Run, alone bool) page.Picture {
	first := runs[0]
	p := page.Picture{
		Alt: "Test images above their reconstructions", Wide: true,
		Caption: fmt.Sprintf("from the test split of %s, %s", first.Images.Set.Name, words.Pixels(first.Images.Binarize, first.Images.Set.Train.Channels, first.Images.Set.Binary)),
	}
	var indices []int
	for _, i := range first.Images.Split.Examples(reportRounds) {
		indices = append(indices, int(i))
	}
	rows := []picture.Row{{Label: "original", Pixels: first.batch(first.Images, indices).Pixels}}
	for _, r := range runs {
		images := r.batch(first.Images, indices)
		codes, err := r.Encode(images)
		if err != nil {
			return without(p, err)
		}
		means, err := r.Decode(vae.Codes{Z: codes.Z, Labels: images.Labels})
		if err != nil {
			return without(p, err)
		}
		label := r.Label
		if alone {
			label = "reconstruction"
		}
		rows = append(rows, picture.Row{Label: label, Pixels: means})
	}
	size := first.Shape()
	img, err := picture.Stacked(rows, size, picture.Options{Dark: true})
	return drawn(p, img, err)
}

func latentsSection(ctx context.Context, runs []*Run) page.Section {
	s := page.Section{ID: "latents", Title: "Latents"}
	for _, r := range runs {
		s.Pictures = append(s.Pictures, usagePicture(ctx, r, heading(runs, r, "KL of each latent")), codesPicture(r, heading(runs, r, "codes by class")))
		if r.NoModel == nil && r.Latents() == 2 {
			p := page.Picture{Title: heading(runs, r, "what the plane decodes to"), Caption: "z0 to the right, z1 upward, evenly in the prior’s probability", Alt: "Images decoded from the plane of the two latents"}
			if r.Classes() > 0 {
				p.Caption += "; label 0"
			}
			img, err := gallery.Manifold(r.Model, 0, 1, reportPlaneSide, 0, picture.Options{Dark: true})
			s.Pictures = append(s.Pictures, drawn(p, img, err))
		}
	}
	return s
}

// usagePicture shows how much use a model makes of each latent: measured on the
// images or, without them, as the run's record has it.
func usagePicture(ctx context.Context, r *Run, title string) page.Picture {
	p := page.Picture{Title: title, Alt: "Bars of the KL of each latent"}
	if r.NoImages == nil {
		e, err := r.evaluate(ctx)
		if err != nil {
			return without(p, err)
		}
		p.Caption = measuredText(e)
		return plotted(p, func(w io.Writer) error { return plots.Bars(w, plots.SVG, gallery.UsageOf(e).Bars(), plots.Labels{}) })
	}
	f := r.figures()
	if f == nil || len(f.KLPerDim) == 0 {
		return without(p, errors.New("the run's record has no KL of each latent"))
	}
	p.Caption = fmt.Sprintf("%d of %d active, as the run's record has it", f.ActiveUnits, len(f.AggregateMean))
	return plotted(p, func(w io.Writer) error {
		return plots.Bars(w, plots.SVG, plots.Latents{Values: f.KLPerDim, YLabel: "KL, nats per image"}, plots.Labels{})
	})
}

func measuredText(e vae.Evaluation) string {
	return fmt.Sprintf("%d of %d active (variance of the posterior’s mean above %g); measured on the test images", e.ActiveUnits(), len(e.ActivityPerDim), vae.ActiveThreshold)
}

// codesPicture shows where the test images are in the latent space.
func codesPicture(r *Run, title string) page.Picture {
	p := page.Picture{Title: title, Alt: "The codes of test images on a plane, coloured by class"}
	if r.NoImages != nil {
		return without(p, r.NoImages)
	}
	count := min(reportCodes, r.Images.Split.Count)
	indices := make([]int, count)
	for i := range indices {
		indices[i] = i
	}
	codes, err := r.Encode(r.batch(r.Images, indices))
	if err != nil {
		return without(p, err)
	}
	points, err := gallery.Plane(r.Prior(), codes.Z)
	if err != nil {
		return without(p, err)
	}
	if labels := r.Images.Split.Labels; labels != nil {
		points.Classes = labels[:count]
	}
	p.Caption = fmt.Sprintf("the means of the posteriors of %s of the test split", words.Counted(count, "image"))
	return plotted(p, func(w io.Writer) error { return plots.Scatter(w, plots.SVG, points, plots.Labels{}) })
}
