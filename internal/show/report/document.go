package report

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"vaectl/configs"
	"vaectl/internal/draw/page"
	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/loss"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
	"vaectl/vae/arch"
)

// New puts the report on the runs together, pictures first: program and its
// version are named at its foot. A picture that cannot be made says why; only an
// interruption is an error.
func New(ctx context.Context, program string, runs []*Run) (page.Document, error) {
	d := page.Document{Title: "Run: " + runs[0].Label, Subtitle: subtitle(runs[0]), Program: program, Warnings: reportWarnings(runs)}
	if len(runs) > 1 {
		d.Title, d.Subtitle = "Runs: "+strings.Join(labelsOf(runs), ", "), ""
	}
	for _, section := range []func(context.Context, []*Run) page.Section{
		samplesSection, pairsSection, figuresSection, settingsSection, curvesSection, priorSection, latentsSection, originSection,
	} {
		d.Sections = append(d.Sections, section(ctx, runs))
		if err := ctx.Err(); err != nil {
			return d, err
		}
	}
	return d, nil
}

func labelsOf(runs []*Run) []string {
	var labels []string
	for _, r := range runs {
		labels = append(labels, r.Label)
	}
	return labels
}

// subtitle says what kind of model a run has.
func subtitle(r *Run) string {
	return fmt.Sprintf("%s, prior %s, trained on %s", networkText(r), r.Record.Prior, r.Record.Dataset.Name)
}

// networkText describes the layers of a run's model, which need not be there.
func networkText(r *Run) string {
	d := r.Record.Dataset
	n, err := arch.New(r.Config, d.Shape())
	if err != nil {
		return "network unknown"
	}
	return n.String()
}

// settingsSection has what differs between runs or, for one, from the defaults.
func settingsSection(_ context.Context, runs []*Run) page.Section {
	s := page.Section{ID: "settings", Title: "Settings"}
	if len(runs) == 1 {
		changed := configs.Changed(runs[0].Config, runs[0].Record.Dataset.Shape().Channels)
		s.Text = []string{"The settings of this run that are not the default."}
		if len(changed) == 0 {
			s.Text = []string{"Every setting has its default."}
		} else {
			s.Table = &page.Table{Columns: []page.Column{{Title: "setting"}, {Title: "this run"}, {Title: "default"}}}
			for _, c := range changed {
				s.Table.Rows = append(s.Table.Rows, page.Row{Label: c.Key, Code: true, Note: briefly(c.Key), Cells: []string{settingOf(runs[0].Config, c.Key), words.Setting(c.A)}})
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
			title += " of " + r.Label
		}
		s.Details = append(s.Details, page.Detail{Title: title, Table: allSettings(r.Config)})
	}
	return s
}

// differences has a row for each setting in which the runs differ. Of their priors
// all parameters are shown.
func differences(runs []*Run) *page.Table {
	t := &page.Table{Columns: runColumns(runs, "setting", false)}
	var all []configs.Config
	for _, r := range runs {
		all = append(all, r.Config)
	}
	varying := configs.Varying(all)
	for _, key := range configs.Keys() {
		var values []string
		for _, r := range runs {
			values = append(values, settingOf(r.Config, key))
		}
		isParameter := strings.HasPrefix(key, "prior.") && len(slices.Compact(slices.Clone(values))) > 1
		if isParameter || slices.Contains(varying, key) {
			t.Rows = append(t.Rows, page.Row{Label: key, Code: true, Note: briefly(key), Cells: values})
		}
	}
	return t
}

func allSettings(c configs.Config) page.Table {
	t := page.Table{Columns: []page.Column{{Title: "setting"}, {Title: "value"}, {Title: "default"}}}
	for _, f := range configs.Fields() {
		t.Rows = append(t.Rows, page.Row{Label: f.Key, Code: true, Cells: []string{settingOf(c, f.Key), words.Setting(f.Default)}})
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
		return words.None
	}
	return words.Setting(text)
}

// briefly says what a setting is.
func briefly(key string) string {
	fields := configs.Fields()
	return fields[slices.IndexFunc(fields, func(f configs.Field) bool { return f.Key == key })].Brief()
}

// runColumns heads a table with a column for each run.
func runColumns(runs []*Run, first string, numbers bool) []page.Column {
	columns := []page.Column{{Title: first}}
	for _, label := range labelsOf(runs) {
		columns = append(columns, page.Column{Title: label, Numbers: numbers})
	}
	return columns
}

// figuresSection has the figures and what they were measured on.
func figuresSection(_ context.Context, runs []*Run) page.Section {
	columns := runColumns(runs, "", false)
	if len(runs) == 1 {
		columns[1].Title = ""
	}
	t := &page.Table{Columns: columns}
	add := func(label, note string, cell func(*Run, *rundir.Figures) string) {
		row := page.Row{Label: label, Note: note}
		some := false
		for _, r := range runs {
			text := ""
			if f := r.figures(); f != nil {
				text = cell(r, f)
			}
			some = some || text != ""
			row.Cells = append(row.Cells, words.OrNone(text))
		}
		if some {
			t.Rows = append(t.Rows, row)
		}
	}
	add("loss", "nats per image, lower is better", func(_ *Run, f *rundir.Figures) string { return words.Nats(f.Loss()) })
	add("bits per dimension", "the loss for each channel of each pixel", func(r *Run, f *rundir.Figures) string {
		bits, ok := comparison.Bits(r.Config.Model, r.Record.Dataset.Shape(), f.Loss())
		if !ok || f.NoDensity {
			return ""
		}
		return fmt.Sprintf("%.4f", bits)
	})
	add("bound", "", func(_ *Run, f *rundir.Figures) string { return "negative " + comparison.Bound(f).String() })
	add("negative ELBO", "", func(_ *Run, f *rundir.Figures) string {
		if f.Objective != vae.IWAE {
			return ""
		}
		return words.Nats(f.NegELBO)
	})
	add("reconstruction", "sum over pixels of -log p(x|z)", func(_ *Run, f *rundir.Figures) string { return words.Nats(f.Reconstruction) })
	add("KL", "sum over dimensions", func(_ *Run, f *rundir.Figures) string { return words.Nats(f.KL) })
	add("active units", "", func(r *Run, f *rundir.Figures) string {
		return fmt.Sprintf("%d of %d", f.ActiveUnits, len(f.AggregateMean))
	})
	add("active units below", "in the lower stochastic layer", func(r *Run, f *rundir.Figures) string {
		if f.LowerActiveUnits == nil {
			return ""
		}
		return fmt.Sprintf("%d of %d", *f.LowerActiveUnits, r.Config.Model.Latent)
	})
	add("measured on", "", func(r *Run, f *rundir.Figures) string {
		n := r.Record.Dataset.Test
		if f.Split == rundir.SplitValidation {
			n = r.Record.Dataset.Validation
		}
		return fmt.Sprintf("%d images of the %s split of %s", n, f.Split, r.Record.Dataset.Name)
	})
	add("pixels", "", func(r *Run, _ *rundir.Figures) string {
		d := r.Record.Dataset
		return words.Pixels(d.Binarize, d.Channels, d.Binary)
	})
	add("checkpoint", "", func(r *Run, f *rundir.Figures) string {
		return fmt.Sprintf("%s, of epoch %d", words.OrNone(r.Checkpoint()), epochOf(r, f))
	})
	add("lowest loss", "while training", func(r *Run, f *rundir.Figures) string {
		if r.Record.Best == 0 {
			return ""
		}
		text := fmt.Sprintf("%s in epoch %d", words.Nats(r.Record.BestLoss), r.Record.Best)
		if f.ObjectiveMMD != nil {
			text += ", with the weighed MMD in place of the KL"
		}
		return text
	})
	add("trained", "", func(r *Run, _ *rundir.Figures) string {
		return fmt.Sprintf("%d of %d epochs, %d steps, %s", r.Record.Epoch, r.Record.Epochs, r.Record.Step, words.Duration(r.Record.Seconds))
	})
	s := page.Section{ID: "figures", Title: "Figures", Table: t}
	switch {
	case len(t.Rows) == 0:
		s.Text, s.Table = []string{"Nothing was evaluated yet."}, nil
	case len(comparison.Reasons(lossesOf(runs))) == 0:
		t.Rows[0].Best = lowest(runs)
	}
	for _, r := range runs {
		if match, ok := matchTable(r); ok {
			title := "z beside its prior, latent by latent"
			if len(runs) > 1 {
				title += ": " + r.Label
			}
			s.Details = append(s.Details, page.Detail{Title: title, Table: match})
		}
	}
	return s
}

// matchTable compares each latent with the prior; it wants the model, whose
// prior may be learned.
func matchTable(r *Run) (page.Table, bool) {
	f := r.figures()
	if f == nil || r.NoModel != nil || len(f.AggregateMean) != r.Latents() {
		return page.Table{}, false
	}
	t := page.Table{Columns: []page.Column{{Title: "latent"}, {Title: "mean", Numbers: true}, {Title: "prior’s", Numbers: true},
		{Title: "deviation", Numbers: true}, {Title: "prior’s", Numbers: true}, {Title: "KL", Numbers: true}}}
	for d := range r.Latents() {
		marginal := r.Prior().Marginal(d)
		kl := words.None
		if len(f.KLPerDim) == r.Latents() {
			kl = words.Nats(f.KLPerDim[d])
		}
		t.Rows = append(t.Rows, page.Row{Label: fmt.Sprintf("z%d", d), Cells: []string{
			words.Moment(f.AggregateMean[d]), words.Moment(marginal.Mean()), words.Moment(f.AggregateStd[d]), words.Moment(marginal.StdDev()), kl,
		}})
	}
	return t, true
}

// epochOf is the one that figures are of.
func epochOf(r *Run, f *rundir.Figures) int {
	if f.Epoch > 0 {
		return f.Epoch
	}
	return r.Record.Epoch
}

// lowest is the number, from 1, of the run with the lowest loss, or 0 where that
// is not one of several.
func lowest(runs []*Run) int {
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

// reportWarnings are what a reader of the figures must know.
func reportWarnings(runs []*Run) []page.Warning {
	var warnings []page.Warning
	if text := comparison.Warning(lossesOf(runs), labelsOf(runs)); text != "" {
		warnings = append(warnings, page.Warning{Text: words.Sentence(text)})
	}
	about := make(map[string][]string) // the runs, by what is said of them
	var order []string
	for _, r := range runs {
		for _, text := range runWarnings(r) {
			if _, there := about[text]; !there {
				order = append(order, text)
			}
			about[text] = append(about[text], r.Label)
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
func runWarnings(r *Run) []string {
	var texts []string
	if text := statusText(r.Record); text != "" {
		texts = append(texts, text)
	}
	if d := r.Record.Dataset; d.Substitute {
		texts = append(texts, fmt.Sprintf("Trained on a substitute for the data set that was hoped for, %s: %s", d.Name, d.Warning))
	}
	if text := r.disagreement(); text != "" {
		texts = append(texts, text)
	}
	kept := r.Record.Warnings
	has := func(code string) bool {
		return slices.ContainsFunc(kept, func(w rundir.Warning) bool { return w.Code == code })
	}
	// A run that did not come to its end was not judged.
	if w, ok := train.PixelWarning(r.Config, r.Record.Dataset); ok && !has(w.Code) {
		kept = append(kept, w)
	}
	for _, w := range kept {
		texts = append(texts, words.Sentence(w.Text))
	}
	if r.NoImages == nil {
		for _, note := range r.Images.Notes {
			texts = append(texts, words.Sentence("the pictures are of other images than the figures: "+note))
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
	return words.Sentence(fmt.Sprintf("%s %s: %s", r.Status, progress, r.Error))
}

// originSection says how the runs came to be.
func originSection(_ context.Context, runs []*Run) page.Section {
	t := page.Table{Columns: runColumns(runs, "", false)}
	if len(runs) == 1 {
		t.Columns[1].Title = ""
	}
	for _, fact := range []struct {
		label string
		of    func(*Run) string
	}{
		{"directory", func(r *Run) string { return printable.Text(r.Dir) }},
		{"command", func(r *Run) string { return printable.Command(r.Record.Argv) }},
		{"program", func(r *Run) string { return "vaectl " + r.Record.Version + ", " + r.Record.Machine.Go }},
		{"model", func(r *Run) string {
			text := networkText(r)
			if r.NoModel == nil {
				text += fmt.Sprintf(", %d parameters", len(r.Weights()))
			}
			return text
		}},
		{"prior", func(r *Run) string {
			if r.NoModel == nil {
				return loss.Describe(r.Prior())
			}
			return r.Record.Prior
		}},
		{"seed", func(r *Run) string { return fmt.Sprint(r.Record.Seed) }},
		{"data set", func(r *Run) string {
			d := r.Record.Dataset
			return fmt.Sprintf("%s from %s, %d training and %d test images of %dx%d", d.Name, d.Source, d.Train, d.Test, d.Height, d.Width)
		}},
		{"content of the data set", func(r *Run) string { return "SHA-256 " + r.Record.Dataset.Digest }},
		{"machine", func(r *Run) string {
			m := r.Record.Machine
			return fmt.Sprintf("%s/%s, kernel %s on %s of %d CPUs", m.OS, m.Arch, m.Kernel, words.Counted(m.Threads, "thread"), m.CPUs)
		}},
		{"begun", func(r *Run) string { return r.Record.Started.UTC().Format("2006-01-02 15:04:05 UTC") }},
		{"last written", func(r *Run) string { return r.Record.Updated.UTC().Format("2006-01-02 15:04:05 UTC") }},
	} {
		row := page.Row{Label: fact.label}
		for _, r := range runs {
			row.Cells = append(row.Cells, words.OrNone(fact.of(r)))
		}
		t.Rows = append(t.Rows, row)
	}
	return page.Section{ID: "origin", Title: "Origin", Table: &t}
}
