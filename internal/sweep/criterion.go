package sweep

import (
	"maps"
	"math"
	"slices"
	"strings"
	"vaectl/train/rundir"
)

// Criterion says which figure of an evaluation trials are compared by.
type Criterion struct {
	// Figure is one of Figures.
	Figure string
	// Highest wins, in place of the lowest.
	Highest bool
	// Checkpoint is the epoch the figure is of: [rundir.Last], or [rundir.Best], that of the lowest loss.
	Checkpoint string
}

// lossFigure is what trials are judged by unless the file says otherwise.
const lossFigure = "loss"

// figure is one that trials can be judged by.
type figure struct {
	of func(rundir.EpochMetrics) float64
	// highest: more of it is better.
	highest bool
}

// figures are those of every evaluation, under their names in metrics.jsonl and eval --json. NaN stands for one that
// a model does not have.
func figures() map[string]figure {
	return map[string]figure{
		lossFigure:            {of: func(e rundir.EpochMetrics) float64 { return e.NegBound }},
		"neg_bound_nats":      {of: func(e rundir.EpochMetrics) float64 { return e.NegBound }},
		"neg_elbo_nats":       {of: func(e rundir.EpochMetrics) float64 { return e.NegELBO }},
		"reconstruction_nats": {of: func(e rundir.EpochMetrics) float64 { return e.Reconstruction }},
		"kl_nats":             {of: func(e rundir.EpochMetrics) float64 { return e.KL }},
		"active_units":        {of: func(e rundir.EpochMetrics) float64 { return float64(e.ActiveUnits) }, highest: true},
		"objective_mmd_squared": {of: func(e rundir.EpochMetrics) float64 {
			if e.ObjectiveMMD == nil {
				return math.NaN()
			}
			return *e.ObjectiveMMD
		}},
	}
}

// Figures lists the figures that trials can be judged by.
func Figures() []string { return slices.Sorted(maps.Keys(figures())) }

// Value is the figure after an evaluation; NaN where the model has none.
func (j Criterion) Value(e rundir.EpochMetrics) float64 { return figures()[j.Figure].of(e) }

// Evaluation is the one that a training of so many epochs is judged by, and whether there is one yet. The evaluations
// are in the order of their epochs.
func (j Criterion) Evaluation(evaluations []rundir.EpochMetrics, epochs int) (rundir.EpochMetrics, bool) {
	best := -1
	last := -1
	for i, e := range evaluations {
		if e.Epoch > epochs {
			break
		}
		last = i
		if best < 0 || e.NegBound < evaluations[best].NegBound {
			best = i
		}
	}
	switch {
	case last < 0:
		return rundir.EpochMetrics{}, false
	case j.Checkpoint == rundir.Best:
		return evaluations[best], true
	}
	return evaluations[last], true
}

// compare orders values, the better first and what is no number last.
func (j Criterion) compare(a, b float64) int {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return compareBool(math.IsNaN(a), math.IsNaN(b))
	case j.Highest:
		a, b = b, a
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// String says what is compared, for the line above a table.
func (j Criterion) String() string {
	way := "lowest"
	if j.Highest {
		way = "highest"
	}
	at := "last"
	if j.Checkpoint == rundir.Best {
		at = "best"
	}
	return strings.Join([]string{"the", way, j.Figure, "of the", at, "epoch"}, " ")
}
