package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vaectl/configs"
	"vaectl/internal/format/atomicfile"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// faults lets so many calls to the disk happen. A process that is killed makes
// none after that; one that meets an error makes all but one.
type faults struct {
	after   int  // calls
	killed  bool // whether all calls after that fail, not only the next
	without bool // whether the system cannot exchange names
	calls   int
	failed  string // the call that failed first
}

// next counts a call; an error says that it must not happen.
func (f *faults) next(call string) error {
	f.calls++
	if f.calls <= f.after || f.calls > f.after+1 && !f.killed {
		return nil
	}
	if f.failed == "" {
		f.failed = call
	}
	return syscall.ENOSPC
}

// store is the disk with these faults.
func (f *faults) store() rundir.Store {
	return rundir.Store{Open: func(folder string) (rundir.Disk, error) {
		d, err := rundir.OpenDisk(folder)
		if err != nil {
			return nil, err
		}
		return faultyDisk{d, f}, nil
	}}
}

type faultyDisk struct {
	disk   rundir.Disk
	faults *faults
}

func (d faultyDisk) Create(name string) (rundir.File, error) {
	if err := d.faults.next("create"); err != nil {
		return nil, err
	}
	f, err := d.disk.Create(name)
	return faultyFile{f, d.faults}, err
}

func (d faultyDisk) Append(name string) (rundir.File, error) {
	if err := d.faults.next("append"); err != nil {
		return nil, err
	}
	f, err := d.disk.Append(name)
	return faultyFile{f, d.faults}, err
}

func (d faultyDisk) Rename(from, to string) error {
	return d.do("rename", func() error { return d.disk.Rename(from, to) })
}

func (d faultyDisk) Exchange(a, b string) error {
	if d.faults.without {
		return errors.ErrUnsupported
	}
	return d.do("exchange", func() error { return d.disk.Exchange(a, b) })
}

func (d faultyDisk) Remove(name string) error {
	return d.do("remove", func() error { return d.disk.Remove(name) })
}

func (d faultyDisk) RemoveAll(name string) error {
	return d.do("remove", func() error { return d.disk.RemoveAll(name) })
}

func (d faultyDisk) Mkdir(name string) error {
	return d.do("mkdir", func() error { return d.disk.Mkdir(name) })
}

// Sync takes its time on a disk and has no effect that a test could see.
func (d faultyDisk) Sync(string) error {
	return d.do("sync", func() error { return nil })
}

func (d faultyDisk) List(name string) ([]fs.DirEntry, error) {
	if err := d.faults.next("list"); err != nil {
		return nil, err
	}
	return d.disk.List(name)
}

// Close does not count: a process that is killed closes all it has open.
func (d faultyDisk) Close() error { return d.disk.Close() }

func (d faultyDisk) do(call string, work func() error) error {
	if err := d.faults.next(call); err != nil {
		return err
	}
	return work()
}

type faultyFile struct {
	file   rundir.File
	faults *faults
}

// Write writes half of what it should when it fails.
func (f faultyFile) Write(text []byte) (int, error) {
	if err := f.faults.next("write"); err != nil {
		n := 0
		if f.faults.calls == f.faults.after+1 {
			n, _ = f.file.Write(text[:len(text)/2])
		}
		return n, err
	}
	return f.file.Write(text)
}

func (f faultyFile) Sync() error { return f.faults.next("sync") }

func (f faultyFile) Close() error { return errors.Join(f.faults.next("close"), f.file.Close()) }

func faultyConfig(epochs, checkpointEvery string) configs.Config {
	return smallConfig(map[string]string{
		"train.epochs": epochs, "train.batch_size": "40", "data.validation": "10", "train.ema": "0.9",
		"train.checkpoint_every": checkpointEvery, "model.hidden": "4", "model.latent": "2",
	})
}

func trainIn(s rundir.Store, root string, replace bool, c configs.Config, e *vae.Engine) error {
	r, err := createIn(s, root, "run", replace, c)
	if err != nil {
		return err
	}
	_, err = r.Train(context.Background(), Options{Data: smallSet(), Engine: e})
	return errors.Join(err, r.Close())
}

func resumeIn(s rundir.Store, root string, epochs int, e *vae.Engine) error {
	r, err := openIn(s, filepath.Join(root, "run"))
	if err != nil {
		return err
	}
	_, err = r.Resume(context.Background(), Options{Data: smallSet(), Engine: e}, epochs)
	return errors.Join(err, r.Close())
}

// Cut short after every single call to the disk, by a kill or by an error, a run
// can be resumed, and ends finished, with the bits of one left alone and with
// nothing left lying about.
func TestNoFaultLosesARun(t *testing.T) {
	e := engine(t, 1)
	long, short := faultyConfig("2", "0"), faultyConfig("1", "0")
	// Saved twice at the same step: after it, and when its epoch was evaluated.
	often := faultyConfig("2", "1e-9")
	none := (&faults{after: 1 << 30}).store()
	prepare := func(t *testing.T, c configs.Config) string {
		root := t.TempDir()
		if err := trainIn(none, root, false, c, e); err != nil {
			t.Fatal(err)
		}
		return root
	}
	whole := map[string]string{"0": filepath.Join(prepare(t, long), "run"), "1e-09": filepath.Join(prepare(t, often), "run")}
	old := filepath.Join(prepare(t, short), "run")
	copyOf := func(t *testing.T, run string) string {
		root := t.TempDir()
		if err := os.CopyFS(filepath.Join(root, "run"), os.DirFS(run)); err != nil {
			t.Fatal(err)
		}
		return root
	}
	for name, story := range map[string]struct {
		begin   func(t *testing.T) string // makes the folder of runs
		tell    func(s rundir.Store, root string) error
		config  configs.Config
		without bool
	}{
		"a new run": {
			config: often,
			begin:  func(t *testing.T) string { return t.TempDir() },
			tell:   func(s rundir.Store, root string) error { return trainIn(s, root, false, often, e) },
		},
		"a run continued": {
			config: long,
			begin:  func(t *testing.T) string { return copyOf(t, old) },
			tell:   func(s rundir.Store, root string) error { return resumeIn(s, root, 2, e) },
		},
		"a run replaced": {
			config: long,
			begin:  func(t *testing.T) string { return copyOf(t, old) },
			tell:   func(s rundir.Store, root string) error { return trainIn(s, root, true, long, e) },
		},
		"a run replaced in two steps": {
			config:  long,
			begin:   func(t *testing.T) string { return copyOf(t, old) },
			tell:    func(s rundir.Store, root string) error { return trainIn(s, root, true, long, e) },
			without: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := whole[fmt.Sprint(story.config.Train.CheckpointEvery)]
			all := &faults{after: 1 << 30, without: story.without}
			if err := story.tell(all.store(), story.begin(t)); err != nil {
				t.Fatal(err)
			}
			// An error leaves no other run in place than a kill does: it is tried
			// where nothing is replaced.
			modes := []bool{true, false}
			if strings.Contains(name, "replaced") {
				modes = modes[:1]
			}
			for _, killed := range modes {
				for after := range all.calls {
					root := story.begin(t)
					f := &faults{after: after, killed: killed, without: story.without}
					err := story.tell(f.store(), root)
					what := fmt.Sprintf("call %d of %d, %s, killed %v (%v)", after+1, all.calls, f.failed, killed, err)
					checkWhole(t, what, root)
					if err := complete(root, story.config, e); err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					sameRun(t, what, filepath.Join(root, "run"), want)
					checkTidy(t, what, root, f)
					if t.Failed() {
						t.FailNow()
					}
				}
			}
		})
	}
}

// checkWhole checks that what can be seen in a folder of runs is a whole run.
func checkWhole(t *testing.T, what, root string) {
	t.Helper()
	runs, err := rundir.List(root)
	if err != nil || len(runs) > 1 {
		t.Fatalf("%s: runs %v, %v", what, runs, err)
	}
	for _, r := range runs {
		if r.Err != nil {
			t.Fatalf("%s: %v", what, r.Err)
		}
		if r.Record.Status == rundir.Running {
			t.Errorf("%s: looks as if it were trained", what)
		}
	}
}

// complete does what a user would: start again, or resume.
func complete(root string, c configs.Config, e *vae.Engine) error {
	none := (&faults{after: 1 << 30}).store()
	// A run that stepped aside when it was about to be replaced comes back when
	// the next run is made.
	other, err := none.Create(root, "other", false)
	if err != nil {
		return err
	}
	if err := other.Close(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(root, "run")); errors.Is(err, fs.ErrNotExist) {
		return trainIn(none, root, false, c, e)
	}
	err = resumeIn(none, root, c.Train.Epochs, e)
	if errors.Is(err, ErrSettings) && strings.Contains(err.Error(), "has had its 2 epochs") {
		return nil // the fault came after the end
	}
	return err
}

// checkTidy checks that nothing is left of what was cut short. What could not be
// removed because of the fault itself may stay until the next time.
func checkTidy(t *testing.T, what, root string, f *faults) {
	t.Helper()
	record, err := readRecord(filepath.Join(root, "run"))
	if err != nil || record.Status != rundir.Finished || record.Test == nil || record.Figures == nil {
		t.Errorf("%s: the record says %s, %v", what, record.Status, err)
	}
	if f.failed == "remove" || f.failed == "list" {
		return
	}
	for _, folder := range []string{".", "run", "run/checkpoints"} {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{"run": true, ".lock": true, "config.yaml": true, "run.json": true, "metrics.jsonl": true, "checkpoints": true, "samples": true}
		for _, entry := range entries {
			if folder != "run/checkpoints" && !known[entry.Name()] || atomicfile.IsTemporary(entry.Name()) {
				t.Errorf("%s: %s/%s is left", what, folder, entry.Name())
			}
		}
	}
	if n := len(filesIn(t, filepath.Join(root, "run"))); n != 4 {
		t.Errorf("%s: %d files in checkpoints", what, n)
	}
}
