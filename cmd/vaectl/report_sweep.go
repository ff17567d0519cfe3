package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vaectl/internal/draw/page"
	"vaectl/internal/printable"
	"vaectl/internal/show/words"
	"vaectl/internal/sweep"
)

// sweepRuns is how many settings of a sweep a report shows at length, by the best run of each.
const sweepRuns = 3

// sweepReport is what a report says of a sweep: the states of its trials, the best ones first at length.
type sweepReport struct {
	title  string
	file   *sweep.File
	states []sweep.State
	best   []sweep.State
}

// readSweep reads the sweep that report is asked for; nil where refs are runs.
func (o *reportOptions) readSweep(refs []string) (*sweepReport, error) {
	at := slices.IndexFunc(refs, o.isSweepFile)
	if at < 0 {
		return nil, nil
	}
	if len(refs) > 1 {
		return nil, usagef("report: %s is a sweep's file: name it alone", printable.Word(refs[at]))
	}
	if o.card {
		return nil, usagef("report --card: a card is of one run")
	}
	f, err := sweep.Load(refs[0])
	if err == nil {
		err = makeSweepPathsAbsolute(f)
	}
	if err != nil {
		return nil, err
	}
	listed := f.Look(o.root)
	s := &sweepReport{}
	s.file, s.states = f.Extended(o.root, listed)
	s.title = sweepTitle(f, listed, s.file.Beside(s.states))
	if s.best = f.BestOf(s.states, sweepRuns); len(s.best) == 0 {
		return nil, &hintedError{fmt.Errorf("no trial of the sweep %s has figures yet", f.Name), "train them with: vaectl sweep " + printable.Word(f.Path)}
	}
	return s, nil
}

// isSweepFile tells the file of a sweep from a run, whose name may end in anything.
func (o *reportOptions) isSweepFile(ref string) bool {
	if extension := filepath.Ext(ref); extension != ".yaml" && extension != ".yml" {
		return false
	}
	for _, dir := range []string{ref, filepath.Join(o.root, ref)} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return false
		}
	}
	return true
}

// runs are those that the report shows at length.
func (s *sweepReport) runs() []string {
	dirs := make([]string, len(s.best))
	for i, state := range s.best {
		dirs[i] = state.Dir
	}
	return dirs
}

// complete puts the sweep before what the report says of its best runs.
func (s *sweepReport) complete(ctx context.Context, d page.Document) (page.Document, error) {
	text := strings.Split(s.title, "\n")
	for i := range text {
		text[i] = words.Sentence(text[i])
	}
	below := "Below is its best run."
	if len(s.best) > 1 {
		below = fmt.Sprintf("Below are the best runs of its %d best settings.", len(s.best))
	}
	section, err := s.file.Section(ctx, s.states, append(text, below)...)
	d.Title, d.Subtitle = "Sweep: "+s.file.Name, ""
	d.Sections = slices.Insert(d.Sections, 0, section)
	return d, err
}
