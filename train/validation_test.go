package train

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train/rundir"
)

func trainOn(t testing.TB, root, name string, c configs.Config, set *data.Set) Result {
	t.Helper()
	r := create(t, root, name, c)
	defer r.Close()
	result, err := r.Train(t.Context(), Options{Data: set, Engine: engine(t, 2)})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func bestBytes(t testing.TB, dir string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, checkpointDir, rundir.Best+weightsSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// With validation images nothing but the final figures depends on the test
// images: not the weights, not which epoch is the best, not when training stops.
func TestTestImagesAreSeenOnlyAtTheEnd(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"data.validation": "10", "train.patience": "2", "train.epochs": "30", "train.lr": "0.1"})
	other := smallSet()
	for i := range other.Test.Bytes {
		other.Test.Bytes[i] ^= 255
	}
	a, b := trainOn(t, root, "a", c, smallSet()), trainOn(t, root, "b", c, other)
	if a.Test.Evaluation.NegELBO == b.Test.Evaluation.NegELBO {
		t.Error("the final figures do not depend on the test images")
	}
	dirA, dirB := filepath.Join(root, "a"), filepath.Join(root, "b")
	if !bytes.Equal(checkpointBytes(t, dirA), checkpointBytes(t, dirB)) || !bytes.Equal(bestBytes(t, dirA), bestBytes(t, dirB)) {
		t.Error("checkpoints depend on the test images")
	}
	if withoutSeconds(t, dirA) != withoutSeconds(t, dirB) {
		t.Error("metrics depend on the test images")
	}
}

// What is held out is not trained on, and is what the epochs' figures are of.
func TestHeldOutImagesAreNotTrainedOn(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"data.validation": "10"})
	numbered := smallSet()
	for i := range numbered.Train.Labels {
		numbered.Train.Labels[i] = i // which the model does not read
	}
	part, err := numbered.HoldOut(10)
	if err != nil {
		t.Fatal(err)
	}
	other := smallSet()
	for _, i := range part.Validation.Labels {
		image := other.Train.Image(int(i))
		for j := range image {
			image[j] ^= 255
		}
	}
	a, b := trainOn(t, root, "a", c, smallSet()), trainOn(t, root, "b", c, other)
	if digestOf(a.Model.Weights()) != digestOf(b.Model.Weights()) {
		t.Error("the weights depend on images that are held out")
	}
	if a.Final.Evaluation.NegELBO == b.Final.Evaluation.NegELBO {
		t.Error("the figures do not depend on the images that are held out")
	}
	if a.Final.Split != rundir.SplitValidation || a.Final.Evaluation.Images != 10 || a.Test.Evaluation.Images != 20 {
		t.Errorf("figures of %d images of the %s split, at the end of %d", a.Final.Evaluation.Images, a.Final.Split, a.Test.Evaluation.Images)
	}
	if d := a.State.Dataset; d.Train != 40 || d.Validation != 10 || d.Test != 20 {
		t.Errorf("run.json says %d training, %d validation and %d test images", d.Train, d.Validation, d.Test)
	}
	if a.Test.Checkpoint != rundir.Last || digestOf(a.Test.Model.Weights()) != digestOf(a.Model.Weights()) {
		t.Errorf("without patience the final figures are of checkpoint %s", a.Test.Checkpoint)
	}
	if f := a.State.Test; f == nil || f.NegELBO != a.Test.Evaluation.NegELBO || f.Split != rundir.SplitTest {
		t.Errorf("run.json says %+v of the test images", f)
	}
}

// Training stops when the best epoch is as long ago as train.patience says, and
// not before; the final figures are of the best checkpoint; resuming changes
// nothing of it.
func TestPatience(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"data.validation": "10", "train.patience": "3", "train.epochs": "60", "train.lr": "0.1"})
	result := trainOn(t, root, "run", c, smallSet())
	dir := filepath.Join(root, "run")
	m, err := readMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	best, lowest := 0, 0.0
	for i, e := range m.Epochs {
		if e.Epoch-best > 3 || (e.Epoch-best == 3 && i+1 < len(m.Epochs) && e.NegELBO >= lowest) {
			t.Errorf("epoch %d was trained, the best being %d", e.Epoch, best)
		}
		if improved := best == 0 || e.NegELBO < lowest; improved != e.Best {
			t.Errorf("epoch %d with loss %g: best %v", e.Epoch, e.NegELBO, e.Best)
		}
		if e.Best {
			best, lowest = e.Epoch, e.NegELBO
		}
	}
	last := m.Epochs[len(m.Epochs)-1].Epoch
	if !result.State.StoppedEarly || last != best+3 || last >= 60 {
		t.Fatalf("stopped early: %v, after epoch %d, the best being %d", result.State.StoppedEarly, last, best)
	}
	bestModel, err := loadModel(dir, rundir.Best, engine(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	tested := result.Test
	if tested.Checkpoint != rundir.Best || tested.Epoch != best || digestOf(tested.Model.Weights()) != digestOf(bestModel.Weights()) {
		t.Errorf("the final figures are of checkpoint %s of epoch %d; best is of epoch %d", tested.Checkpoint, tested.Epoch, best)
	}
	if _, err := resume(t, dir, 0, 1); !errors.Is(err, ErrSettings) {
		t.Errorf("resuming a run that stopped early: %v", err)
	}
	r := create(t, root, "stopped", c)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := r.Train(ctx, Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{stopper{uint64(3*last) - 4, cancel}}}); !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := resume(t, r.Dir(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(checkpointBytes(t, dir), checkpointBytes(t, r.Dir())) || again.Test.Evaluation.NegELBO != tested.Evaluation.NegELBO {
		t.Error("a run that was resumed stops elsewhere than one that was not")
	}
}
