package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/draw/page"
	"vaectl/loss"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
	"vaectl/vae/arch"
)

// newDocument puts the report together: first what differs, then what came of it.
func newDocument(ctx context.Context, runs []*reported) (page.Document, error) {
	d := page.Document{
		Title: titled("Run", labelsOf(runs)), Subtitle: subtitle(runs[0]), Program: "vaectl " + programVersion(),
		Sections: []page.Section{settingsSection(runs), figuresSection(runs)},
	}
	if len(runs) > 1 {
		d.Title, d.Subtitle = titled("Runs", labelsOf(runs)), ""
	}
	pictures, err := pictureSections(ctx, runs)
	if err != nil {
		return d, err
	}
	d.Sections = append(d.Sections, pictures...)
	d.Sections = append(d.Sections, originSection(runs))
	d.Warnings = reportWarnings(runs)
	return d, nil
}

func labelsOf(runs []*reported) []string {
	var labels []string
	for _, r := range runs {
		labels = append(labels, r.label)
	}
	return labels
}

// subtitle says what kind of model a run has.
func subtitle(r *reported) string {
	return fmt.Sprintf("%s, prior %s, trained on %s", networkText(r), r.record.Prior, r.record.Dataset.Name)
}

// networkText describes the layers of a run's model, which need not be there.
func networkText(r *reported) string {
	d := r.record.Dataset
	n, err := arch.New(r.config, data.Shape{Height: d.Height, Width: d.Width, Channels: 1})
	if err != nil {
		return "network unknown"
	}
	return n.String()
}

// settingsSection has what differs between runs or, for one, from the defaults.
func settingsSection(runs []*reported) page.Section {
	s := page.Section{ID: "settings", Title: "Settings"}
	if len(runs) == 1 {
		changed := configs.Diff(configs.Default(), runs[0].config)
		s.Text = []string{"What this run does otherwise than by default."}
		if len(changed) == 0 {
			s.Text = []string{"Every setting has its default."}
		} else {
			s.Table = &page.Table{Columns: []page.Column{{Title: "setting"}, {Title: "this run"}, {Title: "default"}}}
			for _, c := range changed {
				s.Table.Rows = append(s.Table.Rows, page.Row{Label: c.Key, Code: true, Note: briefly(c.Key), Cells: []string{settingOf(runs[0].config, c.Key), shown(c.A)}})
			}
		}
	} else {
		s.Text = []string{"Where these runs differ."}
		s.Table = differences(runs)
		if len(s.Table.Rows) == 0 {
			s.Text, s.Table = []string{"These runs have the same settings."}, nil
		}
	}
	for _, r := range runs {
		title := "All settings"
		if len(runs) > 1 {
			title += " of " + r.label
		}
		s.Details = append(s.Details, page.Detail{Title: title, Table: allSettings(r.config)})
	}
	return s
}

// differences has a row for each setting that is not the same in all runs, or
// has no effect in some.
func differences(runs []*reported) *page.Table {
	t := &page.Table{Columns: runColumns(runs, "setting", false)}
	for _, key := range configs.Keys() {
		var values []string
		for _, r := range runs {
			values = append(values, settingOf(r.config, key))
		}
		if len(slices.Compact(slices.Clone(values))) > 1 {
			t.Rows = append(t.Rows, page.Row{Label: key, Code: true, Note: briefly(key), Cells: values})
		}
	}
	return t
}

func allSettings(c configs.Config) page.Table {
	t := page.Table{Columns: []page.Column{{Title: "setting"}, {Title: "value"}, {Title: "default"}}}
	for _, f := range configs.Fields() {
		t.Rows = append(t.Rows, page.Row{Label: f.Key, Code: true, Cells: []string{settingOf(c, f.Key), shown(f.Default)}})
	}
	return t
}

// settingOf is the value of a setting that is known to be there; a dash where it
// has no effect.
func settingOf(c configs.Config, key string) string {
	text, err := c.Get(key)
	if err != nil {
		panic(fmt.Sprintf("report: %v", err))
	}
	if !c.HasEffect(key) {
		return noValue
	}
	return shown(text)
}

// noValue stands where there is nothing to say.
const noValue = "–"

// shown writes a setting's value, which may be empty.
func shown(value string) string {
	if value == "" {
		return "(empty)"
	}
	return strings.ReplaceAll(value, ",", ", ")
}

// briefly is what a setting's comment begins with.
func briefly(key string) string {
	fields := configs.Fields()
	doc := fields[slices.IndexFunc(fields, func(f configs.Field) bool { return f.Key == key })].Doc
	if end := strings.IndexAny(doc, ".:;"); end >= 0 {
		doc = doc[:end]
	}
	return doc
}

// runColumns heads a table with a column for each run.
func runColumns(runs []*reported, first string, numbers bool) []page.Column {
	columns := []page.Column{{Title: first}}
	for _, label := range labelsOf(runs) {
		columns = append(columns, page.Column{Title: label, Numbers: numbers})
	}
	return columns
}

// figuresSection has the figures and what they were measured on.
func figuresSection(runs []*reported) page.Section {
	columns := runColumns(runs, "", false)
	if len(runs) == 1 {
		columns[1].Title = ""
	}
	t := &page.Table{Columns: columns}
	add := func(label, note string, cell func(*reported, *rundir.Figures) string) {
		row := page.Row{Label: label, Note: note}
		some := false
		for _, r := range runs {
			text := ""
			if f := r.figures(); f != nil {
				text = cell(r, f)
			}
			some = some || text != ""
			row.Cells = append(row.Cells, orDash(text))
		}
		if some {
			t.Rows = append(t.Rows, row)
		}
	}
	add("loss", "nats per image, lower is better", func(_ *reported, f *rundir.Figures) string { return nats(f.Loss()) })
	add("bound", "", func(_ *reported, f *rundir.Figures) string { return "negative " + boundOf(f).String() })
	add("negative ELBO", "", func(_ *reported, f *rundir.Figures) string {
		if f.Objective != vae.IWAE {
			return ""
		}
		return nats(f.NegELBO)
	})
	add("reconstruction", "sum over pixels of -log p(x|z)", func(_ *reported, f *rundir.Figures) string { return nats(f.Reconstruction) })
	add("KL", "sum over dimensions", func(_ *reported, f *rundir.Figures) string { return nats(f.KL) })
	add("active units", "", func(r *reported, f *rundir.Figures) string {
		return fmt.Sprintf("%d of %d", f.ActiveUnits, len(f.AggregateMean))
	})
	add("active units below", "in the lower stochastic layer", func(r *reported, f *rundir.Figures) string {
		if f.LowerActiveUnits == nil {
			return ""
		}
		return fmt.Sprintf("%d of %d", *f.LowerActiveUnits, r.config.Model.Latent)
	})
	add("measured on", "", func(r *reported, f *rundir.Figures) string {
		n := r.record.Dataset.Test
		if f.Split == rundir.SplitValidation {
			n = r.record.Dataset.Validation
		}
		return fmt.Sprintf("%d images of the %s split of %s", n, f.Split, r.record.Dataset.Name)
	})
	add("pixels", "", func(r *reported, _ *rundir.Figures) string { return pixelsText(r.record.Dataset.Binarize) })
	add("checkpoint", "", func(r *reported, f *rundir.Figures) string {
		return fmt.Sprintf("%s, of epoch %d", orDash(r.checkpoint()), epochOf(r, f))
	})
	add("lowest loss", "while training", func(r *reported, f *rundir.Figures) string {
		if r.record.Best == 0 {
			return ""
		}
		text := fmt.Sprintf("%s in epoch %d", nats(r.record.BestLoss), r.record.Best)
		if f.ObjectiveMMD != nil {
			text += ", with the weighed MMD in place of the KL"
		}
		return text
	})
	add("trained", "", func(r *reported, _ *rundir.Figures) string {
		return fmt.Sprintf("%d of %d epochs, %d steps, %s", r.record.Epoch, r.record.Epochs, r.record.Step, duration(r.record.Seconds))
	})
	s := page.Section{ID: "figures", Title: "Figures", Table: t}
	switch {
	case len(t.Rows) == 0:
		s.Text, s.Table = []string{"Nothing was evaluated yet."}, nil
	case len(incomparable(measuredOf(runs))) == 0:
		t.Rows[0].Best = lowest(runs)
	}
	for _, r := range runs {
		if match, ok := matchTable(r); ok {
			title := "z beside its prior, latent by latent"
			if len(runs) > 1 {
				title += ": " + r.label
			}
			s.Details = append(s.Details, page.Detail{Title: title, Table: match})
		}
	}
	return s
}

// matchTable compares each latent with the prior; it wants the model, whose
// prior may be learned.
func matchTable(r *reported) (page.Table, bool) {
	f := r.figures()
	if f == nil || r.noModel != nil || len(f.AggregateMean) != r.Latents() {
		return page.Table{}, false
	}
	t := page.Table{Columns: []page.Column{{Title: "latent"}, {Title: "mean", Numbers: true}, {Title: "prior’s", Numbers: true},
		{Title: "deviation", Numbers: true}, {Title: "prior’s", Numbers: true}, {Title: "KL", Numbers: true}}}
	for d := range r.Latents() {
		marginal := r.Prior().Marginal(d)
		kl := noValue
		if len(f.KLPerDim) == r.Latents() {
			kl = nats(f.KLPerDim[d])
		}
		t.Rows = append(t.Rows, page.Row{Label: fmt.Sprintf("z%d", d), Cells: []string{
			momentText(f.AggregateMean[d]), momentText(marginal.Mean()), momentText(f.AggregateStd[d]), momentText(marginal.StdDev()), kl,
		}})
	}
	return t, true
}

// momentText writes a mean or a deviation, which not every prior has.
func momentText(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return noValue
	}
	return fmt.Sprintf("%.3f", x)
}

// boundOf is what the loss is the negative of.
func boundOf(f *rundir.Figures) vae.Bound {
	if f.Objective == vae.IWAE {
		return vae.Bound{Name: vae.IWAE, Samples: f.Samples, Conditional: f.Conditional, NoDensity: f.NoDensity}
	}
	return vae.Bound{Name: vae.ELBO, Samples: 1, Conditional: f.Conditional, NoDensity: f.NoDensity}
}

// epochOf is the one that figures are of.
func epochOf(r *reported, f *rundir.Figures) int {
	if f.Epoch > 0 {
		return f.Epoch
	}
	return r.record.Epoch
}

// lowest is the number, from 1, of the run with the lowest loss, or 0 where that
// is not one of several.
func lowest(runs []*reported) int {
	best, count := 0, 0
	for i, r := range runs {
		f := r.figures()
		if f == nil {
			continue
		}
		count++
		if best == 0 || f.Loss() < runs[best-1].figures().Loss() {
			best = i + 1
		}
	}
	if count < 2 {
		return 0
	}
	return best
}

func orDash(text string) string {
	if text == "" {
		return noValue
	}
	return text
}

// duration writes seconds to what matters of them.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", seconds)
	}
	return d.Round(time.Second).String()
}

// reportWarnings are what a reader of the figures must know.
func reportWarnings(runs []*reported) []page.Warning {
	var warnings []page.Warning
	if text := incomparableText(measuredOf(runs)); text != "" {
		warnings = append(warnings, page.Warning{Text: sentence(text)})
	}
	about := make(map[string][]string) // the runs, by what is said of them
	var order []string
	for _, r := range runs {
		for _, text := range runWarnings(r) {
			if _, there := about[text]; !there {
				order = append(order, text)
			}
			about[text] = append(about[text], r.label)
		}
	}
	for _, text := range order {
		w := page.Warning{Text: text}
		if len(runs) > 1 {
			w.About = strings.Join(about[text], ", ")
		}
		warnings = append(warnings, w)
	}
	return warnings
}

// runWarnings are those about one run, as sentences.
func runWarnings(r *reported) []string {
	var texts []string
	if text := statusText(r.record); text != "" {
		texts = append(texts, text)
	}
	if d := r.record.Dataset; d.Substitute {
		texts = append(texts, fmt.Sprintf("Trained on a substitute for the data set that was hoped for, %s: %s", d.Name, d.Warning))
	}
	kept := r.record.Warnings
	has := func(code string) bool {
		return slices.ContainsFunc(kept, func(w rundir.Warning) bool { return w.Code == code })
	}
	// A run that did not come to its end was not judged.
	if w, ok := train.GreyWarning(r.config); ok && !has(train.WarnGrey) {
		kept = append(kept, w)
	}
	for _, w := range kept {
		texts = append(texts, sentence(w.Text))
	}
	if r.noImages == nil {
		for _, note := range (&splitOptions{}).notes(r.trained, r.images) {
			texts = append(texts, sentence("the pictures are of other images than the figures: "+note))
		}
	}
	return texts
}

// statusText says how a run that is not finished stands.
func statusText(r rundir.Record) string {
	progress := fmt.Sprintf("after %d of %d epochs", r.Epoch, r.Epochs)
	switch r.Status {
	case rundir.Finished:
		return ""
	case rundir.Running:
		return "Still training, " + progress + "."
	case rundir.Interrupted:
		return "Interrupted " + progress + "."
	case rundir.Killed:
		return "Killed " + progress + "."
	}
	return sentence(fmt.Sprintf("%s %s: %s", r.Status, progress, r.Error))
}

// sentence gives a text a capital and a full stop.
func sentence(text string) string {
	text = strings.ToUpper(text[:1]) + text[1:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// originSection says how the runs came to be.
func originSection(runs []*reported) page.Section {
	t := page.Table{Columns: runColumns(runs, "", false)}
	if len(runs) == 1 {
		t.Columns[1].Title = ""
	}
	for _, fact := range []struct {
		label string
		of    func(*reported) string
	}{
		{"directory", func(r *reported) string { return r.dir }},
		{"command", func(r *reported) string { return strings.Join(r.record.Argv, " ") }},
		{"program", func(r *reported) string { return "vaectl " + r.record.Version + ", " + r.record.Machine.Go }},
		{"model", func(r *reported) string {
			text := networkText(r)
			if r.noModel == nil {
				text += fmt.Sprintf(", %d parameters", len(r.Weights()))
			}
			return text
		}},
		{"prior", func(r *reported) string {
			if r.noModel == nil {
				return loss.Describe(r.Prior())
			}
			return r.record.Prior
		}},
		{"seed", func(r *reported) string { return fmt.Sprint(r.record.Seed) }},
		{"data set", func(r *reported) string {
			d := r.record.Dataset
			return fmt.Sprintf("%s from %s, %d training and %d test images of %dx%d", d.Name, d.Source, d.Train, d.Test, d.Height, d.Width)
		}},
		{"content of the data set", func(r *reported) string { return "SHA-256 " + r.record.Dataset.Digest }},
		{"machine", func(r *reported) string {
			m := r.record.Machine
			return fmt.Sprintf("%s/%s, kernel %s on %s of %d CPUs", m.OS, m.Arch, m.Kernel, counted(m.Threads, "thread"), m.CPUs)
		}},
		{"begun", func(r *reported) string { return r.record.Started.UTC().Format("2006-01-02 15:04:05 UTC") }},
		{"last written", func(r *reported) string { return r.record.Updated.UTC().Format("2006-01-02 15:04:05 UTC") }},
	} {
		row := page.Row{Label: fact.label}
		for _, r := range runs {
			row.Cells = append(row.Cells, orDash(fact.of(r)))
		}
		t.Rows = append(t.Rows, row)
	}
	return page.Section{ID: "origin", Title: "Origin", Table: &t}
}
