package gallery

import (
	"vaectl/internal/draw/plots"
	"vaectl/train/rundir"
)

// Training is the metrics of a run under the name it has in the legend.
type Training struct {
	Name    string
	Metrics rundir.Metrics
}

// Curves are the loss, its parts and the number of active units over the epochs
// of runs: solid what was evaluated, dashed the training images. Where a run has
// two stochastic layers there is a panel for the units of the lower one.
//
// More than [MostCurves] runs cannot be told apart in one panel: then there is a
// panel for the loss of each.
func Curves(runs []Training) []plots.Panel {
	if len(runs) > MostCurves {
		return smallMultiples(runs)
	}
	panels := []plots.Panel{
		{Title: "loss", Y: "nats per image"},
		{Title: "reconstruction", Y: "nats per image"},
		{Title: "KL", Y: "nats per image"},
	}
	active := plots.Panel{Title: "active units", Y: "dimensions of z", Counted: true}
	lower := plots.Panel{Title: "active units, lower layer", Y: "dimensions", Counted: true}
	for _, run := range runs {
		evaluated := make([]plots.Series, len(panels))
		trained := make([]plots.Series, len(panels))
		units, unitsBelow := plots.Series{Name: run.Name}, plots.Series{Name: run.Name}
		for i := range panels {
			evaluated[i].Name, trained[i].Name, trained[i].Dashed = run.Name, run.Name, true
		}
		for _, e := range run.Metrics.Epochs {
			for i, v := range []float64{e.Loss(), e.Reconstruction, e.KL} {
				appendPoint(&evaluated[i], e.Epoch, v)
			}
			for i, v := range []float64{e.SeenLoss(), e.TrainReconstruction, e.TrainKL} {
				appendPoint(&trained[i], e.Epoch, v)
			}
			appendPoint(&units, e.Epoch, float64(e.ActiveUnits))
			if e.LowerActiveUnits != nil {
				appendPoint(&unitsBelow, e.Epoch, float64(*e.LowerActiveUnits))
			}
		}
		for i := range panels {
			panels[i].Series = append(panels[i].Series, evaluated[i], trained[i])
		}
		active.Series = append(active.Series, units)
		if len(unitsBelow.X) > 0 {
			lower.Series = append(lower.Series, unitsBelow)
		}
	}
	panels = append(panels, active)
	if len(lower.Series) > 0 {
		panels = append(panels, lower)
	}
	for i := range panels {
		panels[i].X, panels[i].Whole = "epoch", true
	}
	return panels
}

// MostCurves is how many runs a legend can tell apart.
const MostCurves = 7

// smallMultiples has a panel for every run, with its loss.
func smallMultiples(runs []Training) []plots.Panel {
	var panels []plots.Panel
	for _, run := range runs {
		evaluated, trained := plots.Series{Name: "loss"}, plots.Series{Name: "loss", Dashed: true}
		for _, e := range run.Metrics.Epochs {
			appendPoint(&evaluated, e.Epoch, e.Loss())
			appendPoint(&trained, e.Epoch, e.SeenLoss())
		}
		panels = append(panels, plots.Panel{
			Title: run.Name, X: "epoch", Y: "nats per image", Whole: true, SameY: true, Series: []plots.Series{evaluated, trained},
		})
	}
	return panels
}

func appendPoint(s *plots.Series, epoch int, v float64) {
	s.X, s.Y = append(s.X, float64(epoch)), append(s.Y, v)
}

// EvaluatedOn names the images that the solid curves are of.
func EvaluatedOn(runs []Training) string {
	split := runs[0].Metrics.Epochs[0].Split
	for _, r := range runs {
		if r.Metrics.Epochs[0].Split != split {
			return "test or validation images"
		}
	}
	return split + " images"
}
