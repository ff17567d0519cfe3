package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaectl/configs"
	"vaectl/internal/draw/picture"
	"vaectl/train/rundir"
)

// watched trains with pictures; stop, if positive, is the step after which the
// training is interrupted.
func watched(t testing.TB, root, name string, c configs.Config, stop uint64, extra ...Recorder) (*Run, Result, error) {
	t.Helper()
	r := create(t, root, name, c)
	t.Cleanup(func() { _ = r.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	recorders := append([]Recorder{NewPictures(), stopper{stop, cancel}}, extra...)
	result, err := r.Train(ctx, Options{Data: smallSet(), Engine: engine(t, 2), Recorders: recorders})
	return r, result, err
}

// goOn resumes with pictures.
func goOn(t testing.TB, r *Run, epochs int) Result {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(r.Dir())
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	result, err := again.Resume(t.Context(), Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{NewPictures()}}, epochs)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// folder reads all files of a run's folder of pictures.
func folder(t testing.TB, r *Run) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(samplesDir(r.Dir()))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(samplesDir(r.Dir()), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = text
	}
	return files
}

func names(files map[string][]byte) []string {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func frames(t testing.TB, animation []byte) []*image.Paletted {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(animation))
	if err != nil {
		t.Fatal(err)
	}
	return g.Image
}

// Pictures show the model as it was after each epoch, and change no bit of it.
func TestPicturesShowTheModelAndLeaveItAlone(t *testing.T) {
	for _, settings := range []map[string]string{nil, {"prior.name": "uniform", "data.validation": "10", "train.ema": "0.9"}, {"model.upper_latent": "2"}} {
		root, c := t.TempDir(), smallConfig(settings)
		trainWhole(t, root, "plain", c, 1)
		r, result, err := watched(t, root, "pictured", c, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(checkpointBytes(t, r.Dir()), checkpointBytes(t, filepath.Join(root, "plain"))) {
			t.Errorf("%v: pictures change the weights", settings)
		}
		if got, want := withoutSeconds(t, r.Dir()), withoutSeconds(t, filepath.Join(root, "plain")); got != want {
			t.Errorf("%v: pictures change the metrics: %s", settings, cmp.Diff(want, got))
		}
		files := folder(t, r)
		want := []string{
			"epoch-001.png", "epoch-002.png", "epoch-003.png", "epoch-004.png",
			"reconstruction-001.png", "reconstruction-002.png", "reconstruction-003.png", "reconstruction-004.png", "training.gif",
		}
		if diff := cmp.Diff(want, names(files)); diff != "" {
			t.Fatalf("%v: files %s", settings, diff)
		}
		samples, err := result.Model.Sample(64, c.Train.Seed, nil)
		if err != nil {
			t.Fatal(err)
		}
		grid, err := picture.Grid(samples.Means, result.Model.Shape(), picture.Options{Title: "epoch 4"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(files["epoch-004.png"]))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.(*image.Gray).Pix, grid.(*image.Gray).Pix) {
			t.Errorf("%v: the last picture is not that of the model's samples", settings)
		}
		for i, name := range want[:7] {
			if i != 3 && bytes.Equal(files[name], files[want[i+1]]) {
				t.Errorf("%v: %s and %s are the same", settings, name, want[i+1])
			}
		}
		if n := len(frames(t, files["training.gif"])); n != 4 {
			t.Errorf("%v: %d frames of 4 epochs", settings, n)
		}
	}
}

// A run that was interrupted, in an epoch or right after one, has the pictures
// of one that was not, byte for byte, and all of them in the animation.
func TestInterruptedRunHasTheSamePictures(t *testing.T) {
	root, c := t.TempDir(), smallConfig(nil)
	whole, _, err := watched(t, root, "whole", c, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := folder(t, whole)
	for _, stop := range []uint64{2, 6, 8} {
		r, _, err := watched(t, root, fmt.Sprintf("stopped-%d", stop), c, stop)
		if !errors.Is(err, ErrInterrupted) {
			t.Fatalf("stopped at step %d: %v", stop, err)
		}
		goOn(t, r, 0)
		if diff := cmp.Diff(names(want), names(folder(t, r))); diff != "" {
			t.Errorf("stopped at step %d: files %s", stop, diff)
		}
		for name, text := range folder(t, r) {
			if !bytes.Equal(text, want[name]) {
				t.Errorf("stopped at step %d: %s differs", stop, name)
			}
		}
	}
}

// What lies in the folder and is not of this run, or of a later epoch than the
// last, is not shown; a picture of an earlier process is.
func TestAnimationShowsTheRunsOwnPictures(t *testing.T) {
	root := t.TempDir()
	r, _, err := watched(t, root, "run", smallConfig(map[string]string{"train.epochs": "2"}), 0)
	if err != nil {
		t.Fatal(err)
	}
	own := folder(t, r)["epoch-001.png"]
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 5, 5))); err != nil {
		t.Fatal(err)
	}
	var coloured bytes.Buffer
	if err := png.Encode(&coloured, image.NewRGBA(image.Rect(0, 0, 5, 5))); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"epoch-000.png": own, "epoch-005.png": own, "epoch-1.png": own, "epoch--01.png": own, "epoch-001.png.png": own,
		"epoch-0001.png": own, "epoch-.png": own, "x.png": own,
	} {
		if err := os.WriteFile(filepath.Join(samplesDir(r.Dir()), name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	goOn(t, r, 3)
	// Of epochs 0 to 3.
	if n := len(frames(t, folder(t, r)["training.gif"])); n != 4 {
		t.Errorf("%d frames, want 4", n)
	}
	for _, foreign := range [][]byte{small.Bytes(), coloured.Bytes(), own[:len(own)/2], []byte("text")} {
		if err := os.WriteFile(filepath.Join(samplesDir(r.Dir()), "epoch-000.png"), foreign, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := animate(r.Dir(), samplesDir(r.Dir()), 3); err != nil {
			t.Fatal(err)
		}
		if n := len(frames(t, folder(t, r)["training.gif"])); n != 3 {
			t.Errorf("%d frames with a foreign file, want 3", n)
		}
	}
}

// A run that stopped early shows the epoch it stopped at, drawn or not by the
// numbers; one that was interrupted does not show weights between epochs.
func TestLastEpochIsDrawn(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"train.epochs": "3000", "train.patience": "1", "data.validation": "10", "train.lr": "1e-9"})
	// The first epoch whose validation loss is not lower ends the run.
	r, result, err := watched(t, root, "early", c, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := folder(t, r)[fmt.Sprintf("epoch-%03d.png", result.Final.Epoch)]; !there || !result.State.StoppedEarly {
		t.Errorf("stopped after epoch %d, pictures are %v", result.Final.Epoch, names(folder(t, r)))
	}
	long := smallConfig(map[string]string{"train.epochs": "3000"})
	r, _, err = watched(t, root, "interrupted", long, 4*4+2)
	if !errors.Is(err, ErrInterrupted) {
		t.Fatal(err)
	}
	want := []string{
		"epoch-001.png", "epoch-002.png", "epoch-003.png", "reconstruction-001.png", "reconstruction-002.png", "reconstruction-003.png",
		"training.gif",
	}
	if diff := cmp.Diff(want, names(folder(t, r))); diff != "" {
		t.Errorf("interrupted in the fifth epoch of 3000: %s", diff)
	}
}

// A picture or an event file that cannot be written is a warning, told once and
// kept in the record: no bit of the training depends on it. Nothing is written
// through a link.
func TestWhatCannotBeDrawnIsAWarning(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	whole := trainWhole(t, root, "whole", smallConfig(nil), 1)
	for name, c := range map[string]struct {
		code  string
		spoil func(dir string) error
	}{
		"a picture": {WarnPictures, func(dir string) error {
			return os.MkdirAll(filepath.Join(samplesDir(dir), "reconstruction-001.png", "full"), 0o777)
		}},
		"a file for samples": {WarnPictures, func(dir string) error {
			return errors.Join(os.Remove(samplesDir(dir)), os.WriteFile(samplesDir(dir), nil, 0o666))
		}},
		"a link for samples": {WarnPictures, func(dir string) error {
			return errors.Join(os.Remove(samplesDir(dir)), os.Symlink(outside, samplesDir(dir)))
		}},
		"a file for events": {WarnEvents, func(dir string) error { return os.WriteFile(eventsDir(dir), nil, 0o666) }},
		"a link for events": {WarnEvents, func(dir string) error { return os.Symlink(outside, eventsDir(dir)) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := create(t, t.TempDir(), "run", smallConfig(nil))
			defer r.Close()
			spoiler := recorderFunc(func(p Progress) {
				if err := c.spoil(p.Dir); err != nil {
					t.Fatal(err)
				}
			})
			pictures := NewPictures()
			var told []string
			result, err := r.Train(t.Context(), Options{
				Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{spoiler, pictures, NewEvents(pictures)},
				Warn: func(w rundir.Warning) { told = append(told, w.Code) },
			})
			if err != nil {
				t.Fatal(err)
			}
			if digestOf(result.Model.Weights()) != digestOf(whole.Model.Weights()) {
				t.Error("other weights")
			}
			if diff := cmp.Diff([]string{c.code}, told); diff != "" {
				t.Errorf("warnings told: %s", diff)
			}
			record, err := readRecord(r.Dir())
			kept := slices.ContainsFunc(record.Warnings, func(w rundir.Warning) bool { return w.Code == c.code })
			if err != nil || record.Status != rundir.Finished || !kept {
				t.Errorf("record: %s with warnings %v, %v", record.Status, record.Warnings, err)
			}
		})
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("outside of the run: %v, %v", entries, err)
	}
}

// recorderFunc does something at the beginning.
type recorderFunc func(Progress)

func (f recorderFunc) Begin(p Progress)      { f(p) }
func (recorderFunc) Step(StepRecord)         {}
func (recorderFunc) Epoch(EpochRecord) error { return nil }

func TestPicturedEpochs(t *testing.T) {
	for c, want := range map[[2]int][]int{
		{1, 1}:    {1},
		{3, 1}:    {1, 2, 3},
		{9, 4}:    {4, 8, 9},
		{700, 70}: {70, 140, 210, 280, 350, 420, 490, 560, 630, 700},
		{2600, 70}: {70, 140, 210, 350, 420, 560, 630, 700, 840, 910, 1050, 1120, 1260, 1330, 1400, 1540, 1610, 1750, 1820, 1960, 2030, 2100,
			2240, 2310, 2450, 2520, 2600},
		{60, 1}: {1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 58, 60},
		{2551, 1}: {1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100, 1200, 1300, 1400, 1500, 1600, 1700, 1800,
			1900, 2000, 2100, 2200, 2300, 2400, 2500, 2551},
	} {
		var got []int
		for epoch := 1; epoch <= c[0]; epoch++ {
			evaluated := epoch%c[1] == 0 || epoch == c[0]
			if evaluated && pictured(epoch, configs.Train{Epochs: c[0], EvalEvery: c[1]}) {
				got = append(got, epoch)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of %d epochs, one in %d evaluated: %s", c[0], c[1], diff)
		}
	}
}

func TestPicturesStayFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.IntRange(1, 20000).Draw(t, "total")
		n := 0
		for epoch := 1; epoch <= total; epoch++ {
			if isMarked(epoch, total) {
				n++
			}
		}
		if n > mostEven+25 || n < min(total, mostEven*2/5) {
			t.Fatalf("%d pictures of %d epochs", n, total)
		}
	})
}

func TestSpreadKeepsTheLast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		epochs := make([]int, rapid.IntRange(1, 100).Draw(t, "epochs"))
		for i := range epochs {
			epochs[i] = i
		}
		n := rapid.IntRange(1, 100).Draw(t, "n")
		got := spread(epochs, n)
		if len(got) != min(n, len(epochs)) || got[len(got)-1] != len(epochs)-1 || !slices.IsSorted(got) {
			t.Fatalf("%d of %d: %v", n, len(epochs), got)
		}
		if len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Fatalf("%d of %d: %v repeats", n, len(epochs), got)
		}
	})
}

// Beyond the first eight and the last, drawings take at most a fiftieth of the
// work of the training so far; a model of the default size is drawn throughout.
func TestPicturesKeepToTheirBudget(t *testing.T) {
	count := func(epochs int, epoch, drawing float64) (n int) {
		b := budget{train: configs.Train{Epochs: epochs, EvalEvery: 1}, epoch: epoch, drawing: drawing}
		for e := 1; e <= epochs; e++ {
			if b.allows(e) {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		epochs         int
		images, weight float64
		want           int
	}{
		{50, 60000, 652824, 50}, // 784-400-20
		{50, 60000, 52000, 16},  // 784-32-2: one in about three
		{50, 1000, 52000, 9},
		{8, 10, 100, 8},
	} {
		if got := count(c.epochs, 6*c.images*c.weight, drawingWork*784); got != c.want {
			t.Errorf("%d epochs of %g images and %g weights: %d drawn, want %d", c.epochs, c.images, c.weight, got, c.want)
		}
	}
}

// It does not matter from which epoch on a process asks.
func TestBudgetsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		drawing := rapid.Float64Range(0, 2).Draw(t, "drawing")
		from := rapid.IntRange(1, 40).Draw(t, "from")
		whole := budget{train: configs.Train{Epochs: 40, EvalEvery: 1}, epoch: 1, drawing: drawing}
		late := whole
		n, last := 0, false
		for e := 1; e <= 40; e++ {
			allowed := whole.allows(e)
			last = allowed
			if e >= from && late.allows(e) != allowed {
				t.Fatalf("epoch %d is drawn by a process that began at epoch %d and not by one that began at 1, or the other way about", e, from)
			}
			if allowed {
				n++
			}
			if n > freeDrawings && e < 40 && float64(n)*drawing > drawingShare*float64(e)+1e-9 {
				t.Fatalf("%d drawings of %g after %d epochs of 1", n, drawing, e)
			}
		}
		if !last {
			t.Fatal("the last epoch is not drawn")
		}
	})
}
