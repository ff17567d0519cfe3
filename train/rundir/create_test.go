package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"vaectl/internal/format/atomicfile"
)

// Nothing of a run can be seen before it is published, and nothing stays of one
// that never is.
func TestRunIsMadeInOneStep(t *testing.T) {
	root := t.TempDir()
	w, err := Store{}.Create(root, "run", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(w, smallModel(t, 0), "run"); err != nil {
		t.Fatal(err)
	}
	if runs, err := List(root); err != nil || len(runs) > 0 {
		t.Errorf("before it is published: %v, %v", runs, err)
	}
	if err := w.Publish(); err != nil {
		t.Fatal(err)
	}
	runs, err := List(root)
	if err != nil || len(runs) != 1 || runs[0].Record.Status != Running {
		t.Errorf("once it is published: %v, %v", runs, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	never, err := Store{}.Create(root, "never", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fill(never, smallModel(t, 0), "never"), never.Close(), never.Close()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) != 1 {
		t.Errorf("in the folder of runs: %v, %v", entries, err)
	}
}

// Of processes that make a run of one name at the same time, or replace it, one
// wins; the others are told, and every run in place is whole.
func TestRacesForAName(t *testing.T) {
	for _, replace := range []bool{false, true} {
		root := t.TempDir()
		m := smallModel(t, 0)
		if replace {
			makeRun(t, root, "run")
		}
		var won atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				w, err := Store{}.Create(root, "run", replace)
				if err == nil {
					err = errors.Join(fill(w, m, "run"), w.Publish())
					if err == nil {
						won.Add(1)
					}
					if r, errOpen := Open(filepath.Join(root, "run")); errOpen != nil || r.Record.Name != "run" {
						t.Errorf("in place is no whole run: %v", errOpen)
					}
					err = errors.Join(err, w.Close())
				}
				if err != nil && !errors.Is(err, ErrExists) && !errors.Is(err, ErrInUse) {
					t.Errorf("replace %v: %v", replace, err)
				}
			})
		}
		all.Wait()
		// One after the other they may all replace the run.
		if n := won.Load(); n < 1 || n > 1 && !replace {
			t.Errorf("replace %v: %d won", replace, n)
		}
		entries, err := os.ReadDir(root)
		if err != nil || len(entries) != 1 {
			t.Errorf("replace %v: %v is left, %v", replace, entries, err)
		}
	}
}

// A run that is to be replaced stays, and stays locked, until the new one stands.
func TestReplacedRunStaysUntilTheNewOneStands(t *testing.T) {
	root := t.TempDir()
	dir := makeRun(t, root, "run")
	if err := os.WriteFile(filepath.Join(dir, "samples", "mine.png"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	w, err := Store{}.Create(root, "run", true)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := (Store{}).Continue(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("training in the run that is about to be replaced: %v", err)
	}
	if _, err := (Store{}).Create(root, "run", true); !errors.Is(err, ErrInUse) {
		t.Errorf("replacing it a second time: %v", err)
	}
	if err := fill(w, smallModel(t, 0), "run"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "samples", "mine.png")); err != nil {
		t.Errorf("before the new run stands: %v", err)
	}
	if err := w.Publish(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "samples", "mine.png")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file of the old run: %v", err)
	}
	if _, err := (Store{}).Continue(dir); !errors.Is(err, ErrInUse) {
		t.Errorf("training in the new run, which is held: %v", err)
	}
}

// What earlier versions left of a run whose making was cut short is replaced,
// once that is asked for; a folder that is somebody's is not.
func TestLeftoversAreReplaced(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"left", "theirs"} {
		for _, folder := range []string{"checkpoints", "samples", "events"} {
			if err := os.MkdirAll(filepath.Join(root, name, folder), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		for _, file := range []string{".lock", "config.yaml", "metrics.jsonl", ".tmp-0123456789abcdef"} {
			if err := os.WriteFile(filepath.Join(root, name, file), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(root, "theirs", "thesis.tex"), []byte("years"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Store{}.Create(root, "left", false)
	hinted, ok := err.(interface{ Hint() string })
	if !errors.Is(err, ErrExists) || !ok || strings.Contains(hinted.Hint(), "--resume") {
		t.Errorf("without replacing: %v; the hint must not name --resume", err)
	}
	w, err := Store{}.Create(root, "left", true)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(fill(w, smallModel(t, 0), "left"), w.Publish(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := (Store{}).Create(root, "theirs", true); !errors.Is(err, ErrExists) {
		t.Errorf("replacing a folder that is no run: %v", err)
	}
}

// Who continues a run removes what killed processes left, and nothing else: not
// what others may be drawing right now.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	dir := makeRun(t, root, "run")
	hidden := filepath.Join(root, ".new-0123456789abcdef")
	old := filepath.Join(root, "old")
	if err := os.MkdirAll(filepath.Join(hidden, "checkpoints"), 0o777); err != nil {
		t.Fatal(err)
	}
	makeRun(t, root, "old")
	if err := os.Rename(old, filepath.Join(root, ".old-0123456789abcdef")); err != nil {
		t.Fatal(err)
	}
	stay := []string{"samples/.tmp-0123456789abcdef", "samples/.tmp-mine", "notes.txt"}
	for _, name := range append([]string{".tmp-0123456789abcdef", "checkpoints/.tmp-fedcba9876543210"}, stay...) {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Store{}.Continue(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range stay {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	for _, folder := range []string{".", "checkpoints"} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if atomicfile.IsTemporary(e.Name()) {
				t.Errorf("%s/%s is left", folder, e.Name())
			}
		}
	}
	other, err := Store{}.Create(root, "other", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(hidden); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a run that was never published: %v", err)
	}
	if _, err := Open(old); err != nil {
		t.Errorf("a run that had stepped aside: %v", err)
	}
}

// A save leaves the state alone that the weights in place name, whatever happens
// before their rename: also one at the same step, after an evaluation.
func TestSaveKeepsThePairInPlace(t *testing.T) {
	root := t.TempDir()
	dir := makeRun(t, root, "run")
	w, err := Store{}.Continue(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	e := engine(t)
	states := []State{{Step: 5}, {Step: 5, Evaluated: 1, BestLoss: 3, BestEpoch: 1}, {Step: 5, Evaluated: 1, BestLoss: 3, BestEpoch: 1}}
	for i, s := range states {
		m := smallModel(t, float32(i))
		wanted := fmt.Sprintf("save %d", i)
		before, err := w.Run()
		if err != nil {
			t.Fatal(err)
		}
		old, err := before.Checkpoint(Last, e)
		if err != nil {
			t.Fatal(err)
		}
		// The state of the optimiser is written, the weights are not.
		broken := *w
		broken.disk = unrenamed{w.disk}
		if err := broken.Save(Last, m, moments(float32(i)), s); err == nil {
			t.Fatalf("%s: no error", wanted)
		}
		if _, err := before.Optimizer(old); err != nil {
			t.Errorf("%s, before the weights are renamed: %v", wanted, err)
		}
		if err := w.Save(Last, m, moments(float32(i)), s); err != nil {
			t.Fatal(err)
		}
		now, err := before.Checkpoint(Last, e)
		if err != nil || now.State != s || !now.Verified {
			t.Fatalf("%s: %+v, %v", wanted, now, err)
		}
		tensors, err := before.Optimizer(now)
		if err != nil || tensors[0].Data[0] != float32(i) {
			t.Errorf("%s: %v, %v", wanted, tensors, err)
		}
		left, err := filepath.Glob(filepath.Join(dir, "checkpoints", "*"+optimizerSuffix))
		if err != nil || len(left) != 1 {
			t.Errorf("%s: states %v, %v", wanted, left, err)
		}
	}
}

// unrenamed is a disk on which weights cannot be renamed.
type unrenamed struct{ Disk }

func (d unrenamed) Rename(from, to string) error {
	if to == CheckpointFile(Last) {
		return fs.ErrPermission
	}
	return d.Disk.Rename(from, to)
}
