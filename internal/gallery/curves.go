package gallery

import (
	"vaectl/internal/plots"
	"vaectl/train"
	"vaectl/vae"
)

// Training is the metrics of a run under the name it has in the legend.
type Training struct {
	Name    string
	Metrics train.Metrics
}

// Curves are the loss and its parts over the epochs of runs: solid what was
// evaluated, dashed the training images.
func Curves(runs []Training) []plots.Panel {
	panels := []plots.Panel{
		{Title: "loss", Y: "nats per image"},
		{Title: "reconstruction", Y: "nats per image"},
		{Title: "KL", Y: "nats per image"},
	}
	for _, run := range runs {
		evaluated := make([]plots.Series, len(panels))
		trained := make([]plots.Series, len(panels))
		for i := range panels {
			evaluated[i].Name, trained[i].Name, trained[i].Dashed = run.Name, run.Name, true
		}
		for _, e := range run.Metrics.Epochs {
			loss := e.NegELBO
			if e.Objective == vae.IWAE {
				loss = e.NegBound
			}
			for i, v := range []float64{loss, e.Reconstruction, e.KL} {
				evaluated[i].X, evaluated[i].Y = append(evaluated[i].X, float64(e.Epoch)), append(evaluated[i].Y, v)
			}
			for i, v := range []float64{e.TrainLoss, e.TrainReconstruction, e.TrainKL} {
				trained[i].X, trained[i].Y = append(trained[i].X, float64(e.Epoch)), append(trained[i].Y, v)
			}
		}
		for i := range panels {
			panels[i].Series = append(panels[i].Series, evaluated[i], trained[i])
		}
	}
	for i := range panels {
		panels[i].X, panels[i].Whole = "epoch", true
	}
	return panels
}
