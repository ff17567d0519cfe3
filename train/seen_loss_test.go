package train

import (
	"path/filepath"
	"testing"
	"vaectl/train/rundir"
)

// The loss of the training images that stands beside the evaluated one is the
// same kind of figure wherever it can be.
func TestSeenLoss(t *testing.T) {
	c := smallConfig(map[string]string{"objective.name": "iwae", "objective.samples": "5", "objective.kl_warmup": "1", "train.epochs": "2"})
	root := t.TempDir()
	trainWhole(t, root, "warm", c, 1)
	m, err := readMetrics(filepath.Join(root, "warm"))
	if err != nil || len(m.Epochs) != 2 {
		t.Fatalf("%d epochs, %v", len(m.Epochs), err)
	}
	if e := m.Epochs[0]; e.SeenLoss() != e.TrainReconstruction+e.TrainKL {
		t.Errorf("during the warm-up: %g, want the negative ELBO %g", e.SeenLoss(), e.TrainReconstruction+e.TrainKL)
	}
	if e := m.Epochs[1]; e.SeenLoss() != e.TrainLoss || e.TrainLoss == e.TrainReconstruction+e.TrainKL {
		t.Errorf("after it: %g, want the negative importance-weighted bound %g, which is not the negative ELBO %g", e.SeenLoss(), e.TrainLoss, e.TrainReconstruction+e.TrainKL)
	}
	beta := rundir.EpochMetrics{TrainObjective: "the negative ELBO with the KL weighed by 4", Measures: rundir.Measures{Objective: "elbo"}, Beta: 4, TrainLoss: 14, TrainReconstruction: 6, TrainKL: 2}
	if got := beta.SeenLoss(); got != 8 {
		t.Errorf("with beta 4: %g, want 8", got)
	}
}
