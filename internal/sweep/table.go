package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"vaectl/internal/lines"
	"vaectl/train/rundir"
)

// Table has the points, the best first, with what differs between them and what they came to.
func (f *File) Table(states []State) string {
	var text strings.Builder
	fmt.Fprintln(&text, strings.Join(f.header(), "\t"))
	for _, s := range f.Rank(f.Plan(states)) {
		fmt.Fprintln(&text, strings.Join(f.row(s), "\t"))
	}
	return lines.Columns(text.String())
}

// Heads of columns that hold words.
const (
	runsColumn   = "runs"
	statusColumn = "status"
)

// none stands for a figure that there is not.
const none = "-"

// names are those of the variables.
func (f *File) names() []string {
	names := make([]string, len(f.Variables))
	for i, v := range f.Variables {
		names[i] = v.Name
	}
	return names
}

func (f *File) header() []string {
	cells := append(f.names(), f.Judge.Figure)
	if len(f.Seeds) > 1 {
		cells[len(cells)-1] += " ± standard error"
		cells = append(cells, "seeds")
	}
	for _, c := range f.shown() {
		cells = append(cells, c.name)
	}
	return append(cells, "epochs", runsColumn, statusColumn)
}

// column is a figure shown beside the judged one.
type column struct {
	name string
	of   func(rundir.EpochMetrics) float64
}

// activeColumn holds counts, which have no decimals of their own.
const activeColumn = "active"

// shown are the figures beside the judged one.
func (f *File) shown() []column {
	all := []column{
		{lossFigure, func(e rundir.EpochMetrics) float64 { return e.NegBound }},
		{"reconstruction", func(e rundir.EpochMetrics) float64 { return e.Reconstruction }},
		{"KL", func(e rundir.EpochMetrics) float64 { return e.KL }},
		{activeColumn, func(e rundir.EpochMetrics) float64 { return float64(e.ActiveUnits) }},
	}
	same := map[string]string{lossFigure: lossFigure, "neg_bound_nats": lossFigure, "reconstruction_nats": "reconstruction", "kl_nats": "KL", "active_units": activeColumn}
	return slices.DeleteFunc(all, func(c column) bool { return c.name == same[f.Judge.Figure] })
}

func (f *File) row(s Score) []string {
	var cells []string
	for _, c := range s.States[0].Trial.Choices {
		cells = append(cells, c.Label)
	}
	cells = append(cells, s.valueText())
	if len(f.Seeds) > 1 {
		cells = append(cells, fmt.Sprintf("%d/%d", len(s.Values), len(s.States)))
	}
	for _, c := range f.shown() {
		cells = append(cells, c.text(s.mean(f.Judge, c.of)))
	}
	return append(cells, s.epochsText(), f.runsText(s), s.Status())
}

// valueText is the judged figure, with its standard error where there is one.
func (s *Score) valueText() string {
	if !math.IsNaN(s.StdErr) {
		return cell(s.Mean) + " ± " + cell(s.StdErr)
	}
	return cell(s.Mean)
}

// mean averages a figure over the point's trials that have it.
func (s *Score) mean(j Criterion, of func(rundir.EpochMetrics) float64) float64 {
	var values []float64
	for _, t := range s.States {
		if e, ok := t.At(j, s.Epochs); ok {
			values = append(values, of(e))
		}
	}
	mean, _ := meanAndError(values)
	return mean
}

// text writes a mean of the column.
func (c column) text(v float64) string {
	if c.name == activeColumn && !math.IsNaN(v) {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return cell(v)
}

func cell(v float64) string {
	switch {
	case math.IsNaN(v):
		return none
	case math.Abs(v) >= 1e6:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// epochsText says how far the point's trials are, the least of them, of the epochs they train as far as is decided.
func (s *Score) epochsText() string {
	least := s.States[0].Epoch
	for _, t := range s.States {
		least = min(least, t.Epoch)
	}
	return fmt.Sprintf("%d/%d", least, s.Epochs)
}

// runsText names the runs of a point: beta-0, or beta-{0,12,24}.
func (f *File) runsText(s Score) string {
	if len(s.States) == 1 {
		return s.States[0].Run
	}
	const most = 6
	var parts []string
	for i, t := range s.States {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strconv.Itoa(t.Trial.Index))
	}
	return f.Name + "-{" + strings.Join(parts, ",") + "}"
}

// Status is what the point's trials have in common, or how many of them stand how.
func (s *Score) Status() string {
	counts := map[Status]int{}
	for _, t := range s.States {
		status := t.Status
		if s.Cut > 0 && t.Done(s.Epochs) && (status == Stopped || status == Failed) {
			status = Status("cut after epoch " + strconv.Itoa(s.Cut))
		}
		counts[status]++
	}
	var parts []string
	for status, n := range counts {
		text := string(status)
		if len(counts) > 1 {
			text = fmt.Sprintf("%d %s", n, text)
		}
		parts = append(parts, text)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// Best is the point that won so far, and its trial with the best figure; false where no trial has a figure.
func (f *File) Best(states []State) (Score, State, bool) {
	ranked := f.Rank(f.Plan(states))
	if len(ranked) == 0 || math.IsNaN(ranked[0].Mean) {
		return Score{}, State{}, false
	}
	return ranked[0], ranked[0].best(f.Judge), true
}

// BestOf are the best trials of the best points, of at most so many that have a figure.
func (f *File) BestOf(states []State, points int) []State {
	var best []State
	for _, s := range f.Rank(f.Plan(states)) {
		if len(best) < points && !math.IsNaN(s.Mean) {
			best = append(best, s.best(f.Judge))
		}
	}
	return best
}

// best is the point's trial with the best figure.
func (s *Score) best(j Criterion) State {
	return slices.MinFunc(s.States, func(a, b State) int { return j.compare(s.value(j, a), s.value(j, b)) })
}

// value is a trial's judged figure; NaN where it has none.
func (s *Score) value(j Criterion, t State) float64 {
	if e, ok := t.At(j, s.Epochs); ok {
		return j.Value(e)
	}
	return math.NaN()
}
