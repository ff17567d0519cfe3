package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// niceTicks puts about count labels at multiples of 1, 2 or 5 times a power of
// ten, all with the same number of decimals.
type niceTicks struct {
	count   int
	integer bool // no steps below 1, for epochs
}

// Ticks implements plot.Ticker.
func (t niceTicks) Ticks(low, high float64) []plot.Tick {
	span := high - low
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	step := niceStep(span / float64(t.count))
	if t.integer {
		step = max(step, 1)
	}
	first, last := math.Ceil(low/step-1e-9), math.Floor(high/step+1e-9)
	var ticks []plot.Tick
	for i := first; i <= last; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: tickLabel(i*step, step)})
	}
	return ticks
}

// niceStep is the smallest of 1, 2, 5 times a power of ten that is not less
// than the rough step.
func niceStep(rough float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 5} {
		if rough <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// tickLabel writes v, a multiple of step, with the decimals the step has.
func tickLabel(v, step float64) string {
	if math.Abs(v) < step/2 {
		return "0"
	}
	if a := math.Abs(v); a >= 1e6 || step < 1e-5 {
		return minus(strconv.FormatFloat(v, 'g', 4, 64))
	}
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	return minus(strconv.FormatFloat(v, 'f', decimals, 64))
}

// minus replaces the hyphen by the sign it stands for.
func minus(number string) string {
	return strings.ReplaceAll(number, "-", "−")
}
