package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/internal/format/tfevents"
)

// eventFiles reads a run's event files in the order they were begun.
func eventFiles(t testing.TB, dir string) [][]tfevents.Event {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(eventsDir(dir), "events.out.tfevents.*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	var files [][]tfevents.Event
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		events, err := tfevents.Read(f)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		files = append(files, events)
	}
	return files
}

// merged is what TensorBoard makes of files: the start of a session drops what
// earlier ones say from its step on.
func merged(files [][]tfevents.Event) map[string]map[int64]tfevents.Value {
	all := map[string]map[int64]tfevents.Value{}
	for _, events := range files {
		for _, e := range events {
			if e.SessionStart {
				for _, steps := range all {
					for step := range steps {
						if step >= e.Step {
							delete(steps, step)
						}
					}
				}
			}
			for _, v := range e.Values {
				if all[v.Tag] == nil {
					all[v.Tag] = map[int64]tfevents.Value{}
				}
				all[v.Tag][e.Step] = v
			}
		}
	}
	return all
}

func withEvents(t testing.TB, run *Run, stop uint64, pictures, again bool) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{stopper{stop, cancel}}}
	var p *Pictures
	if pictures {
		p = NewPictures()
		o.Recorders = append(o.Recorders, p)
	}
	o.Recorders = append(o.Recorders, NewEvents(p))
	work := run.Train
	if again {
		work = func(ctx context.Context, o Options) (Result, error) { return run.Resume(ctx, o, 0) }
	}
	_, err := work(ctx, o)
	return err
}

func TestEventsHoldTheRun(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"objective.kl_warmup": "2", "train.clip": "3"})
	trainWhole(t, root, "plain", c, 1)
	r := create(t, root, "run", c)
	defer r.Close()
	if err := withEvents(t, r, 0, true, false); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(checkpointBytes(t, r.Dir()), checkpointBytes(t, filepath.Join(root, "plain"))) {
		t.Error("events change the weights")
	}
	got := merged(eventFiles(t, r.Dir()))
	m, err := readMetrics(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	check := func(step uint64, want map[string]float64) {
		t.Helper()
		for tag, value := range want {
			if v, there := got[tag][int64(step)]; !there || math.Abs(v.Scalar-value) > 1e-5*math.Abs(value) {
				t.Errorf("%s at step %d is %v (there: %t), want %v", tag, step, v.Scalar, there, value)
			}
		}
	}
	for _, s := range m.Steps {
		check(s.Step, map[string]float64{
			"loss/step": s.Loss, "reconstruction/step": s.Reconstruction, "kl/step": s.KL,
			"schedule/beta": s.Beta, "schedule/lr": s.Rate, "schedule/gradient_norm": s.GradientNorm,
		})
	}
	for _, e := range m.Epochs {
		check(e.Step, map[string]float64{
			"loss/train": e.TrainLoss, "reconstruction/train": e.TrainReconstruction, "kl/train": e.TrainKL,
			"loss/test": e.NegELBO, "reconstruction/test": e.Reconstruction, "kl/test": e.KL, "latent/active_units": float64(e.ActiveUnits),
		})
		if v := got["speed/images_per_second"][int64(e.Step)].Scalar; v <= 0 {
			t.Errorf("speed at step %d is %v", e.Step, v)
		}
		for _, tag := range []string{"z/all", "z/00", "z/01", "z/02"} {
			var n, low, high float64 = 0, math.Inf(1), math.Inf(-1)
			for _, b := range got[tag][int64(e.Step)].Buckets {
				n, low, high = n+b.Count, min(low, b.Left), max(high, b.Right)
			}
			want := 20.0
			if tag == "z/all" {
				want *= 3
			}
			if n != want || !(low < high) {
				t.Errorf("%s at step %d counts %v values from %v to %v, want %v values", tag, e.Step, n, low, high, want)
			}
		}
		for tag, name := range map[string]string{"samples": "epoch-%03d.png", "reconstructions": "reconstruction-%03d.png"} {
			images := got[tag][int64(e.Step)].Images
			if file := folder(t, r)[fmt.Sprintf(name, e.Epoch)]; len(images) != 1 || !bytes.Equal(images[0], file) {
				t.Errorf("%s at step %d is not the file of epoch %d", tag, e.Step, e.Epoch)
			}
		}
	}
	if len(m.Epochs) != 4 || len(m.Steps) != 16 || len(got["loss/step"]) != 16 {
		t.Errorf("%d epochs, %d steps, %d in the events", len(m.Epochs), len(m.Steps), len(got["loss/step"]))
	}
}

// rundir.Interrupted and resumed, and killed with events beyond its checkpoint, a run
// says the same to TensorBoard as one left alone.
func TestResumedRunContinuesItsEvents(t *testing.T) {
	root, c := t.TempDir(), smallConfig(nil)
	whole := create(t, root, "whole", c)
	defer whole.Close()
	if err := withEvents(t, whole, 0, false, false); err != nil {
		t.Fatal(err)
	}
	want := merged(eventFiles(t, whole.Dir()))
	if _, there := want["samples"]; there {
		t.Error("pictures in the events of a run without")
	}
	for _, stop := range []uint64{2, 8, 9} {
		r := create(t, root, fmt.Sprintf("stopped-%d", stop), c)
		if err := withEvents(t, r, stop, false, false); !errors.Is(err, ErrInterrupted) {
			t.Fatal(err)
		}
		beyond, err := tfevents.Create(eventsDir(r.Dir()), tfevents.Options{FirstStep: 1 << 40})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(beyond.Scalar(int64(stop)+1, "loss/step", 1e9), beyond.Scalar(int64(stop)+3, "loss/test", 1e9), beyond.Close()); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := Open(r.Dir())
		if err != nil {
			t.Fatal(err)
		}
		if err := withEvents(t, again, 0, false, true); err != nil {
			t.Fatal(err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		got := merged(eventFiles(t, r.Dir()))
		delete(got, "speed/images_per_second")
		delete(want, "speed/images_per_second")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stopped at step %d: %s", stop, diff)
		}
	}
}
