package train

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/train/rundir"
)

// rewriteRecord changes run.json as a process that was killed would have left it.
func rewriteRecord(t *testing.T, dir string, change func(map[string]any)) {
	t.Helper()
	path := filepath.Join(dir, "run.json")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var record map[string]any
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	change(record)
	if text, err = json.Marshal(record); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// heard are the epochs a recorder was told of.
type heard struct{ epochs []int }

func (h *heard) Begin(Progress)  {}
func (h *heard) Step(StepRecord) {}
func (h *heard) Epoch(r EpochRecord) error {
	h.epochs = append(h.epochs, r.Epoch)
	return nil
}

// A process killed between its last checkpoint and its last word leaves a run
// that resuming completes: figures, test images, pictures, animation, record.
func TestResumeCompletes(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"all epochs":                {"data.validation": "10", "train.epochs": "3"},
		"out of 2 epochs' patience": {"data.validation": "10", "train.epochs": "30", "train.patience": "2", "train.lr": "0.1"},
		"without validation images": {"train.epochs": "3", "train.ema": "0.9"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			r, whole, err := watched(t, root, "run", smallConfig(settings), 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			dir := r.Dir()
			before, animation := filesIn(t, dir), folder(t, r)["training.gif"]
			rewriteRecord(t, dir, func(record map[string]any) {
				record["status"] = rundir.Running
				delete(record, "test")
				delete(record, "figures")
				delete(record, "stopped_early")
				delete(record, "warnings")
			})
			if err := os.Remove(filepath.Join(samplesDir(dir), "training.gif")); err != nil {
				t.Fatal(err)
			}
			again, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			listener := &heard{}
			result, err := again.Resume(t.Context(), Options{Data: smallSet(), Engine: engine(t, 2), Recorders: []Recorder{NewPictures(), listener}}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, filesIn(t, dir)); diff != "" {
				t.Error("the checkpoints changed")
			}
			if !slices.Equal(folder(t, again)["training.gif"], animation) {
				t.Error("the animation is missing, or another one")
			}
			if diff := cmp.Diff([]int{whole.Final.Epoch}, listener.epochs); diff != "" {
				t.Errorf("epochs that recorders were told of: %s", diff)
			}
			got, want := result.State, whole.State
			got.Updated, got.Seconds, got.Machine = want.Updated, want.Seconds, want.Machine
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record: %s", diff)
			}
			if result.Final.Train != whole.Final.Train || result.Final.Best != whole.Final.Best {
				t.Errorf("last epoch %+v, want %+v", result.Final, whole.Final)
			}
		})
	}
}

// The checkpoint decides how long a run is, not a file that anybody can edit.
func TestEpochsAreThoseOfTheCheckpoint(t *testing.T) {
	root := t.TempDir()
	stopped := create(t, root, "run", smallConfig(nil))
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := stopped.Train(ctx, Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{stopper{5, cancel}}}); err == nil {
		t.Fatal("not interrupted")
	}
	if err := stopped.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(stopped.Dir(), configFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), "epochs: 4", "epochs: 6", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	result, err := resume(t, stopped.Dir(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	warned := slices.ContainsFunc(result.State.Warnings, func(w rundir.Warning) bool {
		return w.Code == WarnEpochs && strings.Contains(w.Text, "config.yaml says 6 epochs and the checkpoint 4")
	})
	if result.State.Epochs != 4 || !warned {
		t.Errorf("trained to %d epochs with warnings %v", result.State.Epochs, result.State.Warnings)
	}
	if c, err := readConfig(stopped.Dir()); err != nil || c.Train.Epochs != 4 {
		t.Errorf("config.yaml has %d epochs afterwards, %v", c.Train.Epochs, err)
	}
}

// Bits are those of a kernel; going on with another one is worth a word that
// stays with the run.
func TestResumeOnAnotherKernelWarns(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "run", smallConfig(map[string]string{"train.epochs": "1"}), 1)
	dir := filepath.Join(root, "run")
	if _, err := resume(t, dir, 2, 1); err != nil {
		t.Fatal(err)
	}
	if record, _ := readRecord(dir); len(record.Warnings) > 0 && slices.ContainsFunc(record.Warnings, func(w rundir.Warning) bool { return w.Code == WarnKernel }) {
		t.Errorf("warnings on the same kernel: %v", record.Warnings)
	}
	rewriteRecord(t, dir, func(record map[string]any) { record["machine"].(map[string]any)["kernel"] = "abacus" })
	for epochs := 3; epochs <= 4; epochs++ {
		result, err := resume(t, dir, epochs, 1)
		if err != nil {
			t.Fatal(err)
		}
		kept := slices.ContainsFunc(result.State.Warnings, func(w rundir.Warning) bool {
			return w.Code == WarnKernel && strings.Contains(w.Text, "the kernel abacus, the rest will be with")
		})
		if !kept {
			t.Errorf("to epoch %d: warnings %v", epochs, result.State.Warnings)
		}
	}
}

// Stopped after epochs of a longer schedule, a run is not finished, goes on with
// what is asked of it, and ends with the bits of one that was not stopped.
func TestStopAfter(t *testing.T) {
	settings := everything() // 5 epochs, evaluated every 2
	root := t.TempDir()
	whole := trainWhole(t, root, "whole", smallConfig(settings), 1)
	r := create(t, root, "run", smallConfig(settings))
	first, err := r.Train(t.Context(), Options{Data: smallSet(), Engine: engine(t, 1), StopAfter: 2})
	if err != nil || first.State.Status != rundir.Paused || first.State.Epoch != 2 || first.Final.Epoch != 2 || first.Test != nil {
		t.Fatalf("stopped as %s after epoch %d, %v", first.State.Status, first.State.Epoch, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, after := range []int{2, 3, -1} {
		again, err := Open(r.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.Resume(t.Context(), Options{Data: smallSet(), Engine: engine(t, 1), StopAfter: after}, 0); err == nil {
			t.Errorf("--stop-after %d of a run stopped after 2, evaluated every 2: no error", after)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	last, err := again.Resume(t.Context(), Options{Data: smallSet(), Engine: engine(t, 1), StopAfter: 5}, 0)
	if err != nil || last.State.Status != rundir.Finished {
		t.Fatalf("ended as %s, %v", last.State.Status, err)
	}
	sameRun(t, "stopped after 2 epochs", r.Dir(), filepath.Join(root, "whole"))
	if diff := cmp.Diff(whole.State.Test, last.State.Test); diff != "" {
		t.Error(diff)
	}
}
