package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"vaectl/configs"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// runColumn is a column of the list of runs. Of a list that is too wide for the
// terminal the columns with the highest rank go first; those of rank 0 stay.
type runColumn struct {
	title string
	rank  int
	cell  func(listedRun) string // of a run whose record can be read
}

// runColumnsOf are the columns for these runs: what they are, the settings in
// which they differ, and their figures.
func runColumnsOf(runs []listedRun) []runColumn {
	columns := []runColumn{
		{"run", 0, listedRun.Name},
		{"status", 2, func(r listedRun) string { return r.Record.Status }},
	}
	columns = append(columns, settingColumns(runs)...)
	figure := func(cell func(*rundir.Figures) string) func(listedRun) string {
		return func(r listedRun) string {
			if f := r.loss.Figures(); f != nil {
				return cell(f)
			}
			return ""
		}
	}
	columns = append(columns,
		runColumn{"prior", 2, func(r listedRun) string { return shorten(r.Record.Prior, longestPrior) }},
		runColumn{"data set", 4, dataCell},
		runColumn{"pixels", 7, pixelsCell},
		runColumn{"epochs", 4, func(r listedRun) string { return fmt.Sprintf("%d/%d", r.Record.Epoch, r.Record.Epochs) }},
		runColumn{"split", 8, figure(func(f *rundir.Figures) string { return f.Split })},
		runColumn{"loss", 0, figure(lossCell)},
	)
	for _, r := range runs {
		if _, ok := r.loss.Bits(); ok {
			columns = append(columns, runColumn{"bits/dim", 1, func(r listedRun) string {
				if bits, ok := r.loss.Bits(); ok {
					return fmt.Sprintf("%.3f", bits)
				}
				return ""
			}})
			break
		}
	}
	return append(columns,
		runColumn{"reconstruction", 9, figure(func(f *rundir.Figures) string { return words.Nats(f.Reconstruction) })},
		runColumn{"KL", 5, figure(func(f *rundir.Figures) string { return words.Nats(f.KL) })},
		runColumn{"active", 6, figure(activeCell)},
		runColumn{"started", 10, func(r listedRun) string { return r.Record.Started.Local().Format("2006-01-02 15:04") }},
	)
}

// longestPrior keeps a list of means from filling the line.
const longestPrior = 32

func shorten(text string, longest int) string {
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest-1]) + "…"
}

// hasColumn reports whether a setting has a column of its own, or says nothing of
// the model.
func hasColumn(key string) bool {
	switch key {
	case "data.dataset", "data.dir", "data.binarize", "model.classes", "train.epochs", "train.threads", "train.checkpoint_every", "train.eval_every", "model.likelihood":
		return true
	}
	return strings.HasPrefix(key, "prior.") && key != "prior.standardize"
}

// Ranks of the columns of settings that most people know, and of the others.
const (
	commonRank = 1
	rareRank   = 3
)

// settingColumns has a column for every setting in which the runs differ.
func settingColumns(runs []listedRun) []runColumn {
	var all []configs.Config
	for _, r := range runs {
		if r.Err == nil && r.loss.Readable() {
			all = append(all, r.loss.Config)
		}
	}
	varying := configs.Varying(all)
	var columns []runColumn
	for _, f := range configs.Fields() {
		if hasColumn(f.Key) || !slices.Contains(varying, f.Key) {
			continue
		}
		rank := rareRank
		if f.Common && f.Key != "train.seed" {
			rank = commonRank
		}
		columns = append(columns, runColumn{f.Flag, rank, func(r listedRun) string { return shorten(r.valueOf(f.Key), longestPrior) }})
	}
	return columns
}

func dataCell(r listedRun) string {
	if r.Record.Dataset.Substitute {
		return r.Record.Dataset.Name + " (!)"
	}
	return r.Record.Dataset.Name
}

func pixelsCell(r listedRun) string {
	if l := r.Record.Likelihood; l != "" && l != bernoulli {
		return r.Record.Dataset.Binarize + ", " + l
	}
	return r.Record.Dataset.Binarize
}

// lossCell is a run's loss and, unless it is the ELBO, which bound it is.
func lossCell(f *rundir.Figures) string {
	text := words.Nats(f.NegELBO)
	if f.Objective == vae.IWAE {
		text = fmt.Sprintf("%s iwae %d", words.Nats(f.NegBound), f.Samples)
	}
	if f.Conditional {
		text += " p(x|y)"
	}
	if f.NoDensity {
		text += " no bound"
	}
	return text
}

func activeCell(f *rundir.Figures) string {
	active := fmt.Sprintf("%d/%d", f.ActiveUnits, len(f.AggregateMean))
	if f.LowerActiveUnits != nil {
		active = fmt.Sprintf("%d/%d + ", *f.LowerActiveUnits, len(f.LowerKLPerDim)) + active
	}
	return active
}

// runTable is the cells of a list, a row a run below the titles.
type runTable struct {
	columns []runColumn
	rows    [][]string
}

func newRunTable(runs []listedRun) runTable {
	t := runTable{columns: runColumnsOf(runs)}
	for _, r := range runs {
		row := make([]string, len(t.columns))
		for i, c := range t.columns {
			switch {
			case r.Err == nil:
				row[i] = c.cell(r)
			case i == 0:
				row[i] = r.Name()
			case i == 1:
				row[i] = statusBroken
			}
			if row[i] == "" {
				row[i] = "-"
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}

const columnGap = 2

func (t runTable) widths() []int {
	widths := make([]int, len(t.columns))
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.title)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	return widths
}

// fit leaves columns out until the table is no wider than width, and returns
// the titles of those it left out. Of columns of one rank those go first that tell
// the fewest runs apart.
func (t *runTable) fit(width int) []string {
	var left []string
	for {
		total, last := -columnGap, 0
		for i, w := range t.widths() {
			total += w + columnGap
			order := cmp.Or(cmp.Compare(t.columns[i].rank, t.columns[last].rank), cmp.Compare(t.distinctCells(last), t.distinctCells(i)))
			if order >= 0 {
				last = i
			}
		}
		if total <= width || t.columns[last].rank == 0 {
			return left
		}
		left = append(left, t.columns[last].title)
		t.columns = append(t.columns[:last:last], t.columns[last+1:]...)
		for r, row := range t.rows {
			t.rows[r] = append(row[:last:last], row[last+1:]...)
		}
	}
}

// distinctCells counts the different cells of a column.
func (t runTable) distinctCells(column int) int {
	different := make(map[string]bool)
	for _, row := range t.rows {
		different[row[column]] = true
	}
	return len(different)
}

func (t runTable) write(w io.Writer) error {
	var titles []string
	for _, c := range t.columns {
		titles = append(titles, c.title)
	}
	widths := t.widths()
	var text strings.Builder
	for _, row := range append([][]string{titles}, t.rows...) {
		line := ""
		for i, cell := range row {
			line += cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+columnGap)
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// columnsOf is how wide what is written to stdout may be: where nobody looks at
// a terminal, as wide as it likes.
func columnsOf(env environment) int {
	if env.isTerminal(env.stdout) {
		return env.width(env.stdout)
	}
	return math.MaxInt32
}

// writeRuns writes the list and, below it, what its figures are.
func writeRuns(env environment, runs []listedRun) error {
	t := newRunTable(runs)
	width := columnsOf(env)
	left := t.fit(width)
	if err := t.write(env.stdout); err != nil {
		return err
	}
	for _, note := range append([]string{""}, runNotes(runs, left)...) {
		if _, err := io.WriteString(env.stdout, strings.Join(breakLines(note, width), "\n")+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// runNotes are what a reader of the list must know.
func runNotes(runs []listedRun, left []string) []string {
	notes := []string{"loss is the negative ELBO on the images of its split in nats per image, with z sampled; with iwae it is the negative importance-weighted bound of so many samples"}
	var all []comparison.Loss
	substitutes, others, conditional := false, false, false
	var about []string
	for _, r := range runs {
		if r.Err != nil {
			about = append(about, fmt.Sprintf("%s is broken: %v", r.Name(), r.Err))
			continue
		}
		all = append(all, r.loss)
		substitutes = substitutes || r.Record.Dataset.Substitute
		others = others || (r.Record.Likelihood != "" && r.Record.Likelihood != bernoulli)
		conditional = conditional || (r.loss.Figures() != nil && r.loss.Figures().Conditional)
		if hasCollapsed(r.Record) {
			about = append(about, r.Name()+" has collapsed: its z says next to nothing about the image")
		}
	}
	if reasons := comparison.Reasons(all); len(reasons) > 0 {
		notes = append(notes, "not all of these losses can be compared: runs differ in "+strings.Join(reasons, "; "))
	}
	if others {
		notes = append(notes, "the likelihood stands after the pixels unless it is bernoulli")
	}
	if conditional {
		notes = append(notes, "p(x|y): given the label, not to be compared with losses without it")
	}
	if substitutes {
		notes = append(notes, "(!) trained on the built-in set because the one asked for could not be had; not to be compared with it")
	}
	if len(left) > 0 {
		notes = append(notes, "left out for lack of room: "+strings.Join(left, ", "))
	}
	return append(notes, about...)
}

// hasCollapsed reports whether the training of a run ended with that warning.
func hasCollapsed(r rundir.Record) bool {
	return slices.ContainsFunc(r.Warnings, func(w rundir.Warning) bool { return w.Code == train.WarnCollapse })
}
