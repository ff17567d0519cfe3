package train

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"vaectl/train/rundir"
)

// snapshots copies the run directory in the middle of training, as it would be
// found if the machine lost power there.
type snapshots struct {
	t     testing.TB
	dir   string
	to    string
	every uint64
	steps []uint64
}

func (s *snapshots) Begin(p Progress) { s.dir = p.Dir }
func (s *snapshots) Step(r StepRecord) {
	if r.Step%s.every != 0 {
		return
	}
	s.steps = append(s.steps, r.Step)
	if err := os.CopyFS(filepath.Join(s.to, fmt.Sprint(r.Step)), os.DirFS(s.dir)); err != nil {
		s.t.Fatal(err)
	}
}
func (s *snapshots) Epoch(EpochRecord) error { return nil }

// Checkpoints that the clock asks for change no bit of a run, and a run that is
// killed loses only what came after the last of them: resumed from there it has
// the bits and the metrics of one left alone.
func TestCheckpointsInTime(t *testing.T) {
	for name, settings := range map[string]map[string]string{"defaults": {}, "everything": everything()} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			settings["train.checkpoint_every"] = "1e-9"
			c := smallConfig(settings)
			saver := &snapshots{t: t, to: filepath.Join(root, "killed"), every: 5}
			r := create(t, root, "saved", c)
			if _, err := r.Train(t.Context(), Options{Data: smallSet(), Engine: engine(t, 2), Recorders: []Recorder{saver}}); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			settings["train.checkpoint_every"] = "0"
			plain := trainWhole(t, root, "plain", smallConfig(settings), 2)
			saved, o, _, err := load(r.Dir(), rundir.Last, engine(t, 1))
			if err != nil {
				t.Fatal(err)
			}
			_, plainO, _, err := load(filepath.Join(root, "plain"), rundir.Last, engine(t, 1))
			if err != nil {
				t.Fatal(err)
			}
			if digestOf(saved.Weights()) != digestOf(plain.Model.Weights()) || digestOf(o.second) != digestOf(plainO.second) {
				t.Error("checkpoints in time change the weights")
			}
			if len(saver.steps) < 3 {
				t.Fatalf("snapshots of steps %v", saver.steps)
			}
			for _, step := range saver.steps {
				dir := filepath.Join(saver.to, fmt.Sprint(step))
				record, err := readRecord(dir)
				if err != nil || record.Status != rundir.Killed || record.Step != step-1 {
					t.Fatalf("killed in step %d: the record says %s at step %d, %v", step, record.Status, record.Step, err)
				}
				if _, err := resume(t, dir, 0, 1); err != nil {
					t.Fatal(err)
				}
				sameRun(t, fmt.Sprintf("killed in step %d and resumed", step), dir, r.Dir())
			}
		})
	}
}

// Evaluating less often leaves out lines and changes no weight. What is written
// of an epoch that is evaluated is the same however often that happens.
func TestEvaluatingLessOften(t *testing.T) {
	root := t.TempDir()
	always := trainWhole(t, root, "always", smallConfig(map[string]string{"train.epochs": "7"}), 1)
	seldom := trainWhole(t, root, "seldom", smallConfig(map[string]string{"train.epochs": "7", "train.eval_every": "3"}), 1)
	if digestOf(always.Model.Weights()) != digestOf(seldom.Model.Weights()) {
		t.Error("evaluation changes the weights")
	}
	a, errA := readMetrics(filepath.Join(root, "always"))
	b, errB := readMetrics(filepath.Join(root, "seldom"))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if len(b.Epochs) != 3 {
		t.Fatalf("%d epochs evaluated of 7 with one in 3", len(b.Epochs))
	}
	for i, epoch := range []int{3, 6, 7} {
		x, y := a.Epochs[epoch-1], b.Epochs[i]
		if x.Epoch != epoch || y.Epoch != epoch || x.TrainLoss != y.TrainLoss || x.NegELBO != y.NegELBO || x.Rate != y.Rate || x.Beta != y.Beta {
			t.Errorf("epoch %d is written as %+v with an evaluation of every epoch and as %+v with fewer", epoch, x, y)
		}
	}
	if seldom.State.Epoch != 7 || seldom.Final.Epoch != 7 {
		t.Errorf("ended after epoch %d, evaluated after epoch %d", seldom.State.Epoch, seldom.Final.Epoch)
	}
}
