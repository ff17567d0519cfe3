package plots

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"

	"vaectl/internal/finite"
)

// Trials are trainings that differ in some settings, and what they came to.
type Trials struct {
	Settings []Setting
	// Figure is what they are compared by, one value a trial; not finite where there is none.
	Figure  Setting
	Highest bool // of the figure is the best
}

// Setting is a number or a word that each trial has.
type Setting struct {
	Name string
	// Values has one for each trial: the number, or the index of a word.
	Values []float64
	// Words are those there are, in order; nil for numbers.
	Words []string
	// Log spaces numbers by their logarithm.
	Log bool
}

func (t Trials) check() error {
	n := len(t.Figure.Values)
	found := 0
	for _, v := range t.Figure.Values {
		if finite.Is(v) {
			found++
		}
	}
	if found == 0 {
		return fmt.Errorf("plots: none of %d trials has a %s", n, t.Figure.Name)
	}
	if len(t.Settings) == 0 {
		return fmt.Errorf("plots: nothing is varied in %d trials", n)
	}
	for _, s := range t.Settings {
		if len(s.Values) != n {
			return fmt.Errorf("plots: %s has %d values for %d trials", s.Name, len(s.Values), n)
		}
	}
	return nil
}

// ranked are the trials with a figure, the worst first.
func (t Trials) ranked() []int {
	var order []int
	for i, v := range t.Figure.Values {
		if finite.Is(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := t.Figure.Values[a], t.Figure.Values[b]
		if t.Highest {
			x, y = y, x
		}
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return order
}

// at is where a value lies on the setting's axis.
func (s Setting) at(v float64) float64 {
	if s.Log {
		return math.Log10(v)
	}
	return v
}

// bounds are the ends of the setting's axis.
func (s Setting) bounds() (low, high float64) {
	if s.Words != nil {
		return -0.5, float64(len(s.Words)) - 0.5
	}
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range s.Values {
		if at := s.at(v); finite.Is(at) {
			low, high = min(low, at), max(high, at)
		}
	}
	if low > high {
		return 0, 1
	}
	if low == high {
		half := max(math.Abs(low)*0.05, 0.5)
		return low - half, high + half
	}
	return low, high
}

// mostTicks is how many values a setting may have for each to get its tick.
const mostTicks = 8

// ticks mark the words, the numbers where they are few, or round numbers.
func (s Setting) ticks() plot.Ticker {
	numbers := slices.Compact(slices.Sorted(slices.Values(s.Values)))
	switch {
	case s.Words != nil:
		ticks := make(plot.ConstantTicks, len(s.Words))
		for i, word := range s.Words {
			ticks[i] = plot.Tick{Value: float64(i), Label: clean(word)}
		}
		return ticks
	case len(numbers) <= mostTicks && !slices.ContainsFunc(numbers, math.IsNaN):
		ticks := make(plot.ConstantTicks, len(numbers))
		for i, v := range numbers {
			ticks[i] = plot.Tick{Value: s.at(v), Label: minus(strconv.FormatFloat(v, 'g', 6, 64))}
		}
		return ticks
	case s.Log:
		return logTicks{}
	}
	whole := true
	for _, v := range s.Values {
		whole = whole && (!finite.Is(v) || v == math.Trunc(v))
	}
	return niceTicks{count: 6, integer: whole}
}

// logTicks label powers of ten on an axis of logarithms, and where there are few of them their doubles and fives.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(low, high float64) []plot.Tick {
	factors := []float64{1}
	if high-low < 3 {
		factors = []float64{1, 2, 5}
	}
	var ticks []plot.Tick
	for e := math.Floor(low); e <= high+1e-9; e++ {
		for _, f := range factors {
			if at := e + math.Log10(f); at >= low-1e-9 && at <= high+1e-9 {
				ticks = append(ticks, plot.Tick{Value: at, Label: powerLabel(f, e)})
			}
		}
	}
	return ticks
}

func powerLabel(factor, exponent float64) string {
	return minus(fmt.Sprintf("%.4g", factor*math.Pow(10, exponent)))
}
