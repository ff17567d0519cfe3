package sweep

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"vaectl/configs"
	"vaectl/internal/draw/plots"
	"vaectl/train/rundir"
)

// Plot is a picture of a sweep.
type Plot struct {
	Name  string // for a file
	Title string
	What  string // it shows
	Draw  func(io.Writer, plots.Format) error
}

// Plots are the pictures there are of the trials with figures; none before the first of them.
func (f *File) Plots(states []State) []Plot {
	table := f.trials(states)
	if len(table.rows) == 0 {
		return nil
	}
	labels := func(title string) plots.Labels { return plots.Labels{Title: title, Subtitle: table.subtitle(f)} }
	title := func(what string) string { return what + " of sweep " + f.Name }
	var all []Plot
	if len(f.Variables) > 0 {
		trials := table.plotted(f)
		lines, settings := title("Trials"), title("Settings")
		all = append(all,
			Plot{"parallel", lines, "every trial as a line across its settings", func(w io.Writer, format plots.Format) error {
				return plots.Parallel(w, format, trials, labels(lines))
			}},
			Plot{"settings", settings, f.Judge.Figure + " against each setting", func(w io.Writer, format plots.Format) error {
				return plots.Settings(w, format, trials, labels(settings))
			}})
	}
	series, rates := table.rateDistortion(f), title("Rate and distortion")
	return append(all, Plot{"rate-distortion", rates, "reconstruction against KL", func(w io.Writer, format plots.Format) error {
		return plots.RateDistortion(w, format, series, labels(rates))
	}})
}

// row is a trial with the evaluation it is judged by.
type row struct {
	trial      Trial
	evaluation rundir.EpochMetrics
}

// rows are the trials with figures.
type rows struct {
	rows  []row
	split string
}

func (f *File) trials(states []State) rows {
	var table rows
	for _, score := range f.Plan(states) {
		for _, s := range score.States {
			if e, ok := s.At(f.Judge, score.Epochs); ok {
				table.rows = append(table.rows, row{s.Trial, e})
				table.split = e.Split
			}
		}
	}
	return table
}

func (t rows) subtitle(f *File) string {
	text := fmt.Sprintf("%d trials", len(t.rows))
	if len(t.rows) == 1 {
		text = "1 trial"
	}
	if f.Rungs != nil {
		text += ", each as far as it was trained"
	}
	return text + ", on " + t.split + " images, nats per image"
}

// plotted are the trials as numbers.
func (t rows) plotted(f *File) plots.Trials {
	out := plots.Trials{Figure: plots.Setting{Name: f.Judge.Figure}, Highest: f.Judge.Highest}
	for i, v := range f.Variables {
		out.Settings = append(out.Settings, t.setting(v, i))
	}
	for _, r := range t.rows {
		out.Figure.Values = append(out.Figure.Values, f.Judge.Value(r.evaluation))
	}
	return out
}

// setting is a variable as numbers, or as words where it has others.
func (t rows) setting(v Variable, index int) plots.Setting {
	s := plots.Setting{Name: v.Name}
	for _, r := range t.rows {
		s.Values = append(s.Values, r.number(v, index))
	}
	if !slices.ContainsFunc(s.Values, math.IsNaN) {
		s.Log = v.logarithmic(s.Values)
		return s
	}
	for _, c := range v.Choices {
		if c.Label != "" {
			s.Words = append(s.Words, c.Label)
		}
	}
	for i, r := range t.rows {
		word := r.trial.Choices[index].Label
		if !slices.Contains(s.Words, word) { // of a trial beside the list
			s.Words = append(s.Words, word)
		}
		s.Values[i] = float64(slices.Index(s.Words, word))
	}
	return s
}

// number is the value of a setting that holds one; NaN for others.
func (r row) number(v Variable, index int) float64 {
	if !strings.Contains(v.Name, ".") || !isNumber(v.Name) {
		return math.NaN()
	}
	number, err := strconv.ParseFloat(r.trial.Choices[index].Label, 64)
	if err != nil {
		return math.NaN()
	}
	return number
}

func isNumber(key string) bool {
	return slices.ContainsFunc(configs.Fields(), func(f configs.Field) bool { return f.Key == key && f.Unit != "" })
}

// logarithmic: drawn from a log scale, or listed in steps that grow, as 0.001, 0.01, 0.1.
func (v Variable) logarithmic(values []float64) bool {
	if v.Range != nil {
		return v.Range.Log
	}
	low, high := slices.Min(values), slices.Max(values)
	return low > 0 && high/low >= 20
}

// mostSeries is how many a legend can tell apart.
const mostSeries = 7

// rateDistortion groups the means over seeds of all points by their settings but one, the one that the points of a series
// differ in: beta where it is varied, otherwise the first that holds numbers.
func (t rows) rateDistortion(f *File) []plots.Rates {
	along := f.along()
	names := []string{}
	series := map[string]*plots.Rates{}
	for _, p := range t.points() {
		var parts []string
		for i, c := range p[0].trial.Choices {
			if i != along {
				parts = append(parts, c.Label)
			}
		}
		name := strings.Join(parts, ", ")
		if series[name] == nil {
			names = append(names, name)
			series[name] = &plots.Rates{Name: name}
		}
		var rate, distortion float64
		for _, r := range p {
			rate += r.evaluation.KL / float64(len(p))
			distortion += r.evaluation.Reconstruction / float64(len(p))
		}
		s := series[name]
		s.Rate, s.Distortion, s.Notes = append(s.Rate, rate), append(s.Distortion, distortion), append(s.Notes, f.note(p[0].trial, along))
	}
	if len(names) > mostSeries {
		one := plots.Rates{}
		for _, name := range names {
			one.Rate, one.Distortion = append(one.Rate, series[name].Rate...), append(one.Distortion, series[name].Distortion...)
		}
		return []plots.Rates{one}
	}
	all := make([]plots.Rates, len(names))
	for i, name := range names {
		all[i] = *series[name]
	}
	return all
}

// note says where on its series a trial stands.
func (f *File) note(t Trial, along int) string {
	if along < 0 {
		return ""
	}
	_, name, _ := strings.Cut(f.Variables[along].Name, ".")
	return name + " " + t.Choices[along].Label
}

// along is the variable along which a series runs; -1 where none holds numbers.
func (f *File) along() int {
	found := -1
	for i, v := range f.Variables {
		if v.Name == "objective.beta" {
			return i
		}
		if found < 0 && isNumber(v.Name) {
			found = i
		}
	}
	return found
}

// points are the rows of every point, in the order of the points.
func (t rows) points() [][]row {
	byPoint := map[int][]row{}
	var order []int
	for _, r := range t.rows {
		if byPoint[r.trial.Point] == nil {
			order = append(order, r.trial.Point)
		}
		byPoint[r.trial.Point] = append(byPoint[r.trial.Point], r)
	}
	slices.Sort(order)
	points := make([][]row, len(order))
	for i, p := range order {
		points[i] = byPoint[p]
	}
	return points
}
