package plots

import (
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trialsOf are twelve trials, the last of them without a figure.
func trialsOf() Trials {
	t := Trials{
		Settings: []Setting{{Name: "train.lr", Log: true}, {Name: "objective.beta"}, {Name: "prior", Words: []string{"normal", "narrow", "uniform"}}},
		Figure:   Setting{Name: "loss"},
	}
	for i := range 12 {
		for s, v := range []float64{1e-4 * math.Pow(2, float64(i)), []float64{0.5, 1, 4}[i%3], float64(i / 4)} {
			t.Settings[s].Values = append(t.Settings[s].Values, v)
		}
		t.Figure.Values = append(t.Figure.Values, 105+float64(i*i%7)+2*float64(i%3))
	}
	t.Figure.Values[11] = math.NaN()
	return t
}

func ratesOf() []Rates {
	return []Rates{
		{Name: "normal", Rate: []float64{25, 17, 5}, Distortion: []float64{80, 92, 121}, Notes: []string{"beta 1", "beta 2", "beta 4"}},
		{Name: "uniform", Rate: []float64{5, 24, 16}, Distortion: []float64{125, 84, 96}},
		{Name: "lost", Rate: []float64{math.NaN()}, Distortion: []float64{1}},
	}
}

func TestTrialsThatCannotBeDrawnAreErrors(t *testing.T) {
	lost := trialsOf()
	for i := range lost.Figure.Values {
		lost.Figure.Values[i] = math.Inf(1)
	}
	uneven := trialsOf()
	uneven.Settings[1].Values = uneven.Settings[1].Values[1:]
	for name, trials := range map[string]Trials{"no figure": lost, "uneven": uneven, "nothing varied": {Figure: Setting{Values: []float64{1}}}} {
		for what, draw := range map[string]func(io.Writer, Format, Trials, Labels) error{"parallel": Parallel, "settings": Settings} {
			if err := draw(io.Discard, SVG, trials, Labels{}); err == nil {
				t.Errorf("%s of %s is drawn", what, name)
			}
		}
	}
	if err := RateDistortion(io.Discard, SVG, []Rates{{Rate: []float64{1}}}, Labels{}); err == nil {
		t.Error("rates without distortions are drawn")
	}
	if err := RateDistortion(io.Discard, SVG, nil, Labels{}); err == nil {
		t.Error("no rates are drawn")
	}
}

func TestRankedTrialsEndWithTheBest(t *testing.T) {
	trials := Trials{Figure: Setting{Values: []float64{3, math.NaN(), 1, 2}}}
	if diff := cmp.Diff([]int{0, 3, 2}, trials.ranked()); diff != "" {
		t.Error(diff)
	}
	trials.Highest = true
	if diff := cmp.Diff([]int{2, 3, 0}, trials.ranked()); diff != "" {
		t.Error(diff)
	}
}

func TestTicksOfALogarithmicAxis(t *testing.T) {
	var got []string
	for _, tick := range (logTicks{}).Ticks(-4, -2.5) {
		got = append(got, tick.Label)
	}
	if diff := cmp.Diff([]string{"0.0001", "0.0002", "0.0005", "0.001", "0.002"}, got); diff != "" {
		t.Error(diff)
	}
}
