package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"vaectl/internal/printable"
	"vaectl/internal/show/comparison"
	"vaectl/internal/show/words"
	"vaectl/internal/sweep"
)

// sweepTitle says what is compared: the trials of the list, and so many beside it.
func sweepTitle(f *sweep.File, states []sweep.State, extras int) string {
	text := fmt.Sprintf("sweep %s: %s of %s", f.Name, words.Counted(len(states), "trial"), words.Counted(f.Points(), "setting"))
	if n := len(f.Seeds); n > 1 {
		text += fmt.Sprintf(", %d seeds each", n)
	}
	if f.Rungs != nil {
		rungs := make([]string, len(f.Rungs))
		for i, r := range f.Rungs {
			rungs[i] = fmt.Sprint(r)
		}
		text += fmt.Sprintf("; %.3g of them train on after %s epochs", f.Keep, strings.Join(rungs[:len(rungs)-1], ", "))
	}
	if extras > 0 {
		text += fmt.Sprintf("; %s beside the list", words.Counted(extras, "trial"))
	}
	text += "\njudged by " + f.Judge.String()
	for _, s := range states {
		if d := s.Record.Dataset; d.Validation > 0 {
			return text + fmt.Sprintf(", on %d validation images of %s, in nats per image", d.Validation, d.Name)
		}
	}
	return text + " on validation images, in nats per image"
}

// summary says what went wrong, what won, and how to go on.
func (o *sweepOptions) summary(f *sweep.File, states []sweep.State) string {
	var text strings.Builder
	for _, s := range states {
		if s.Err != nil {
			fmt.Fprintf(&text, "trial %d (%s) %s: %v\n", s.Trial.Index, s.Run, s.Status, s.Err)
		}
	}
	var all []comparison.Loss
	var names []string
	for _, s := range states {
		if m := (comparison.Loss{Record: s.Record, Config: s.Trial.Config}); m.Record.Figures != nil {
			all, names = append(all, m), append(names, s.Run)
		}
	}
	if warning := comparison.Warning(all, names); warning != "" {
		fmt.Fprintf(&text, "warning: %s\n", warning)
	}
	if left := remaining(f, states); left > 0 {
		fmt.Fprintf(&text, "left  %s to train: vaectl sweep %s%s\n", words.Counted(left, "trial"), printable.Word(f.Path), o.rootFlag())
	}
	point, best, ok := f.Best(states)
	if !ok {
		return text.String()
	}
	fmt.Fprintf(&text, "best  %s%s: %s %s\n", best.Run, settingsText(f, best.Trial), f.Judge.Figure, valueText(point))
	fmt.Fprintf(&text, "next  vaectl eval %s%s    # on the test images, which chose nothing\n", printable.Word(best.Run), o.rootFlag())
	return text.String()
}

// valueText is the judged figure of a point, and over how many seeds.
func valueText(s sweep.Score) string {
	if math.IsNaN(s.StdErr) {
		return words.Nats(s.Mean)
	}
	return fmt.Sprintf("%s ± %s over %d seeds", words.Nats(s.Mean), words.Nats(s.StdErr), len(s.Values))
}

// remaining counts the trials that are not done yet, as far as is decided.
func remaining(f *sweep.File, states []sweep.State) int {
	left := 0
	for _, score := range f.Plan(states) {
		for _, s := range score.States {
			if (!s.Done(score.Epochs) || score.Waits) && s.Status != sweep.OtherTrial && score.Point < f.Points() {
				left++
			}
		}
	}
	return left
}

// settingsText names the settings of a trial, in brackets after a space.
func settingsText(f *sweep.File, t sweep.Trial) string {
	var parts []string
	for i, c := range t.Choices {
		parts = append(parts, f.Variables[i].Name+" "+c.Label)
	}
	if len(f.Seeds) > 1 {
		parts = append(parts, fmt.Sprintf("seed %d", t.Seed))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// trialLine is a trial in sweep --json.
type trialLine struct {
	Event string `json:"event"` // "trial"
	Sweep string `json:"sweep"`
	sweep.Row
	Figure string `json:"figure"` // that value is
}

// pointLine is a setting in sweep --json, after all trials, the best first.
type pointLine struct {
	Event  string            `json:"event"` // "setting"
	Sweep  string            `json:"sweep"`
	Rank   int               `json:"rank"`
	Point  int               `json:"point"`
	Values map[string]string `json:"settings"`
	Runs   []string          `json:"runs"`
	Figure string            `json:"figure"`
	Mean   moment            `json:"mean"`
	StdErr moment            `json:"stderr"`
	Count  int               `json:"seeds"` // that have a figure
	Status string            `json:"status"`
}

func (o *sweepOptions) writeRows(env environment, f *sweep.File, states []sweep.State) error {
	rows := f.Rows(states)
	for _, r := range rows {
		if err := writeJSON(env.stdout, trialLine{Event: "trial", Sweep: f.Name, Row: r, Figure: f.Judge.Figure}); err != nil {
			return err
		}
	}
	for i, s := range f.Rank(f.Plan(states)) {
		first := rows[slices.IndexFunc(rows, func(r sweep.Row) bool { return r.Trial == s.States[0].Trial.Index })]
		line := pointLine{
			Event: "setting", Sweep: f.Name, Rank: i + 1, Point: s.Point, Values: first.Values, Figure: f.Judge.Figure,
			Mean: moment(s.Mean), StdErr: moment(s.StdErr), Count: len(s.Values), Status: s.Status(),
		}
		line.Runs = slices.Collect(func(yield func(string) bool) {
			for _, t := range s.States {
				if !yield(t.Run) {
					return
				}
			}
		})
		if err := writeJSON(env.stdout, line); err != nil {
			return err
		}
	}
	return nil
}
