package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vaectl/configs"
	"vaectl/internal/show/comparison"
	"vaectl/train/rundir"
)

// someRuns are runs that differ in beta and loss.
func someRuns() []listedRun {
	var runs []listedRun
	for i, beta := range []float64{1, 4, 0.5, 10} {
		c := configs.Default()
		c.Objective.Beta = beta
		record := rundir.Record{
			Name: fmt.Sprintf("run-%d", i), Status: rundir.Finished, Prior: "normal(mean 0, std 1)", Epoch: i, Epochs: 9, Started: time.Unix(int64(i), 0),
			Figures: &rundir.Figures{Split: rundir.SplitTest, Measures: rundir.Measures{Objective: "elbo", NegELBO: 100 - float64(i)}},
		}
		if i == 3 {
			record.Figures = nil
		}
		runs = append(runs, listedRun{
			Summary: rundir.Summary{Dir: "runs/" + record.Name, Record: record},
			loss:    comparison.Loss{Record: record, Config: c},
		})
	}
	return runs
}

func TestSelection(t *testing.T) {
	for _, c := range []struct {
		filters []string
		sort    string
		want    string
	}{
		{nil, "", "run-0 run-1 run-2 run-3"},
		{nil, "beta", "run-2 run-0 run-1 run-3"},
		{nil, "-beta", "run-3 run-1 run-0 run-2"},
		{nil, "loss", "run-2 run-1 run-0 run-3"}, // without a loss it is last
		{nil, "-loss", "run-0 run-1 run-2 run-3"},
		{[]string{"beta=4"}, "", "run-1"},
		{[]string{"beta=4.0"}, "", "run-1"},
		{[]string{"beta>=1", "beta<10"}, "", "run-0 run-1"},
		{[]string{"objective.beta!=4"}, "", "run-0 run-2 run-3"},
		{[]string{"loss<99.5"}, "", "run-1 run-2"},
		{[]string{"prior-low=-1"}, "", ""}, // no setting of this prior
		{[]string{"run = run-2"}, "", "run-2"},
	} {
		s, err := newSelection(c.filters, c.sort)
		if err != nil {
			t.Fatalf("%v, %q: %v", c.filters, c.sort, err)
		}
		var names []string
		for _, r := range s.apply(someRuns()) {
			names = append(names, r.Name())
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%v sorted by %q: %s, want %s", c.filters, c.sort, got, c.want)
		}
	}
}

// However narrow the terminal, run, setting and loss stay, and no line is wider
// as long as those fit.
func TestRunTableFits(t *testing.T) {
	for _, width := range []int{30, 60, 80, 120, 300} {
		table := newRunTable(someRuns())
		all := len(table.columns)
		left := table.fit(width)
		var text strings.Builder
		if err := table.write(&text); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(text.String()) {
			if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > width {
				t.Errorf("%d columns of %d: %q", columns, width, line)
			}
		}
		if len(table.columns)+len(left) != all || slices.Contains(left, "run") || slices.Contains(left, "loss") {
			t.Errorf("width %d: left out %q of %d columns", width, left, all)
		}
		if width >= 60 && slices.Contains(left, "beta") {
			t.Errorf("width %d: beta, in which the runs differ, is left out", width)
		}
	}
}

// A setting has a column where it makes a difference: not the norm of none of the
// one convolutional network among dense ones, which has no effect in those.
func TestSettingColumnsHaveAnEffect(t *testing.T) {
	for _, c := range []struct {
		change map[string]string // of one run of four
		want   string
	}{
		{nil, "beta"},
		{map[string]string{"model.network": "conv"}, "network beta"},
		{map[string]string{"model.network": "conv", "model.norm": "batch", "model.conv": "8,16"}, "network conv norm beta"},
		{map[string]string{"model.norm": "batch"}, "beta"},
		{map[string]string{"model.likelihood": "logistic-mixture", "model.likelihood_components": "5"}, "likelihood-components beta"},
		{map[string]string{"objective.name": "capacity"}, "objective beta"},
	} {
		runs := someRuns()
		for key, value := range c.change {
			if err := runs[1].loss.Config.Set(key, value); err != nil {
				t.Fatal(err)
			}
		}
		var titles []string
		for _, column := range settingColumns(runs) {
			titles = append(titles, column.title)
		}
		if got := strings.Join(titles, " "); got != c.want {
			t.Errorf("%v: columns %s, want %s", c.change, got, c.want)
		}
	}
}
