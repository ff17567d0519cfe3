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
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/dev/testkit"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// smallSet is 70 images of 6x6 pixels: bars whose place is their class.
func smallSet() *data.Set {
	split := func(count, offset int) data.Split {
		s := data.Split{Count: count, Shape: data.Shape{Height: 6, Width: 6, Channels: 1}, Bytes: make([]byte, count*36), Labels: make([]int, count)}
		for i := range count {
			class := (i*7 + offset) % 6
			s.Labels[i] = class
			for j := range 6 {
				s.Bytes[i*36+class*6+j] = byte(120 + 20*((i+j)%6))
			}
		}
		return s
	}
	return &data.Set{Name: "bars", Source: "test", Digest: "abc", Train: split(50, 0), Test: split(20, 3)}
}

func smallConfig(set map[string]string) configs.Config {
	c := configs.Default()
	settings := map[string]string{
		"model.hidden": "12,8", "model.latent": "3", "train.batch_size": "16",
		"train.epochs": "4", "train.lr": "0.01", "data.binarize": "dynamic",
	}
	for k, v := range set {
		settings[k] = v
	}
	for k, v := range settings {
		if err := c.Set(k, v); err != nil {
			panic(err)
		}
	}
	return c
}

func engine(t testing.TB, threads int) *vae.Engine {
	t.Helper()
	return (*vae.Engine)(testkit.Engine(t, "", threads))
}

// stopper ends a context after a step, as a signal would.
type stopper struct {
	at     uint64
	cancel context.CancelFunc
}

func (s stopper) Begin(Progress) {}
func (s stopper) Step(r StepRecord) {
	if r.Step == s.at {
		s.cancel()
	}
}
func (s stopper) Epoch(EpochRecord) error { return nil }

func create(t testing.TB, root, name string, c configs.Config) *Run {
	t.Helper()
	r, err := Create(root, name, false, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func trainWhole(t testing.TB, root, name string, c configs.Config, threads int) Result {
	t.Helper()
	r := create(t, root, name, c)
	defer r.Close()
	result, err := r.Train(context.Background(), Options{Data: smallSet(), Engine: engine(t, threads)})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func resume(t testing.TB, dir string, epochs, threads int) (Result, error) {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		return Result{}, err
	}
	defer r.Close()
	return r.Resume(context.Background(), Options{Data: smallSet(), Engine: engine(t, threads)}, epochs)
}

func checkpointBytes(t testing.TB, dir string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, checkpointDir, rundir.Last+weightsSuffix))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// withoutSeconds is the metrics file with the one figure that is a clock's.
func withoutSeconds(t testing.TB, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, metricsFile))
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, line := range strings.Split(string(text), "\n") {
		head, _, _ := strings.Cut(line, `,"seconds"`)
		kept = append(kept, head)
	}
	return strings.Join(kept, "\n")
}

// everything is a run with all that has a state of its own, or a schedule.
func everything() map[string]string {
	return map[string]string{
		"train.optimizer": "adamax", "train.clip": "5", "train.ema": "0.9", "train.schedule": "cosine", "train.lr_warmup": "0.5",
		"data.validation": "10", "train.eval_every": "2", "train.epochs": "5", "objective.kl_warmup": "3",
	}
}

// Wherever a run is stopped, in the middle of an epoch, after an epoch's last
// step or in the first step of all, and on however many threads it goes on, it
// ends with the bits and the metrics of a run never stopped.
func TestInterruptedRunContinuesExactly(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]string
		stops    []uint64
	}{
		"defaults":         {nil, []uint64{1, 4, 6, 9, 15}},
		"everything":       {everything(), []uint64{1, 3, 5, 6, 7, 14, 15}},
		"adamw, iwae, ema": {map[string]string{"train.optimizer": "adamw", "train.schedule": "iwae", "train.ema": "0.99", "train.eval_every": "3"}, []uint64{3, 12, 14}},
		"two layers, importance weighted": {map[string]string{
			"model.upper_latent": "2", "model.upper_hidden": "6", "objective.name": "iwae", "objective.samples": "3", "train.ema": "0.9", "train.adam_eps": "1e-4",
		}, []uint64{5, 8}},
		"batch norm, ema": {map[string]string{
			"model.network": "conv", "model.conv": "3k3s2p1,5k3s1p1", "model.norm": "batch", "model.blocks": "1", "train.ema": "0.9",
		}, []uint64{1, 5, 8}},
		"step, clip": {map[string]string{"train.schedule": "step", "train.lr_every": "1", "train.clip": "1", "train.eval_every": "9"}, []uint64{4, 16}},
	} {
		t.Run(name, func(t *testing.T) {
			root, config := t.TempDir(), smallConfig(c.settings)
			whole := trainWhole(t, root, "whole", config, 1)
			for _, at := range c.stops {
				r := create(t, root, fmt.Sprintf("stopped-%d", at), config)
				ctx, cancel := context.WithCancel(context.Background())
				_, err := r.Train(ctx, Options{Data: smallSet(), Engine: engine(t, 2), Recorders: []Recorder{stopper{at, cancel}}})
				if !errors.Is(err, ErrInterrupted) {
					t.Fatalf("stopped at step %d: error %v", at, err)
				}
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				if record, _ := readRecord(r.Dir()); record.Status != rundir.Interrupted || record.Step != at {
					t.Errorf("stopped at step %d: record says %s at step %d", at, record.Status, record.Step)
				}
				again, err := resume(t, r.Dir(), 0, 3)
				if err != nil {
					t.Fatal(err)
				}
				sameRun(t, fmt.Sprintf("stopped at step %d and resumed", at), r.Dir(), filepath.Join(root, "whole"))
				if diff := cmp.Diff(whole.State.Test, again.State.Test); diff != "" {
					t.Errorf("stopped at step %d and resumed: figures on the test images: %s", at, diff)
				}
			}
		})
	}
}

// Convolutions with batch norm are trained by every optimiser under every schedule,
// with a mean of the weights and without, in batches that leave one image over; a run
// stopped in the middle of an epoch and after one ends with the bits of a run never
// stopped.
func TestConvolutionsTrainByEveryOptimiserAndSchedule(t *testing.T) {
	e := engine(t, 2)
	for _, optimizer := range choices(t, "train.optimizer") {
		for _, schedule := range choices(t, "train.schedule") {
			for _, ema := range []string{"0", "0.9"} {
				root := t.TempDir()
				config := smallConfig(map[string]string{
					"model.network": "conv", "model.conv": "3k3s2p1,4k3s1p1", "model.norm": "batch", "model.conditional": "true",
					"train.optimizer": optimizer, "train.schedule": schedule, "train.ema": ema, "train.epochs": "2", "train.batch_size": "7",
				})
				whole := create(t, root, "whole", config)
				options := Options{Data: smallSet(), Engine: e}
				if _, err := whole.Train(context.Background(), options); err != nil {
					t.Fatal(err)
				}
				for _, at := range []uint64{3, 8} {
					r := create(t, root, fmt.Sprintf("stopped-%d", at), config)
					ctx, cancel := context.WithCancel(context.Background())
					options.Recorders = []Recorder{stopper{at, cancel}}
					if _, err := r.Train(ctx, options); !errors.Is(err, ErrInterrupted) {
						t.Fatalf("stopped at step %d: error %v", at, err)
					}
					if err := r.Close(); err != nil {
						t.Fatal(err)
					}
					if _, err := resume(t, r.Dir(), 0, 1); err != nil {
						t.Fatal(err)
					}
					sameRun(t, fmt.Sprintf("%s, %s, ema %s, stopped at step %d and resumed", optimizer, schedule, ema, at), r.Dir(), whole.Dir())
				}
			}
		}
	}
}

// choices are the words that a setting allows.
func choices(t *testing.T, key string) []string {
	t.Helper()
	fields := configs.Fields()
	i := slices.IndexFunc(fields, func(f configs.Field) bool { return f.Key == key })
	if i < 0 || len(fields[i].Choices) < 2 {
		t.Fatalf("no words to choose from for %s", key)
	}
	return fields[i].Choices
}

// sameRun checks that two runs have the same checkpoints, bit for bit, the same
// state of the optimiser and the same metrics.
func sameRun(t testing.TB, what, got, want string) {
	t.Helper()
	gotten := filesIn(t, got)
	for name, text := range filesIn(t, want) {
		if !bytes.Equal(gotten[name], text) {
			t.Errorf("%s: %s differs", what, name)
		}
	}
	if diff := cmp.Diff(withoutSeconds(t, want), withoutSeconds(t, got)); diff != "" {
		t.Errorf("%s: the metrics differ: %s", what, diff)
	}
}

// filesIn reads the checkpoints of a run.
func filesIn(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, checkpointDir, "*"))
	if err != nil || len(paths) < 4 {
		t.Fatalf("checkpoints %v, %v", paths, err)
	}
	files := map[string][]byte{}
	for _, path := range paths {
		if files[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// Two epochs and then two more are four epochs.
func TestLongerRunContinuesExactly(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "four", smallConfig(nil), 1)
	trainWhole(t, root, "two", smallConfig(map[string]string{"train.epochs": "2"}), 2)
	if _, err := resume(t, filepath.Join(root, "two"), 4, 1); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(checkpointBytes(t, filepath.Join(root, "two")), checkpointBytes(t, filepath.Join(root, "four"))) {
		t.Error("2 + 2 epochs and 4 epochs give different weights")
	}
	if _, err := resume(t, filepath.Join(root, "two"), 0, 1); !errors.Is(err, ErrSettings) {
		t.Errorf("resuming a finished run: %v", err)
	}
	if _, err := resume(t, filepath.Join(root, "two"), 1, 1); !errors.Is(err, ErrSettings) {
		t.Errorf("resuming to fewer epochs than there were: %v", err)
	}
}

func TestThreadsAndRerunsGiveTheSameBits(t *testing.T) {
	root := t.TempDir()
	var first []byte
	for i, threads := range []int{1, 2, 3, 8, 1} {
		name := string(rune('a' + i))
		trainWhole(t, root, name, smallConfig(nil), threads)
		got := checkpointBytes(t, filepath.Join(root, name))
		if first == nil {
			first = got
		}
		if !bytes.Equal(got, first) {
			t.Errorf("%d threads give other bits than 1", threads)
		}
	}
}

// Training learns: the loss ends well below where it starts.
func TestTrainingLearns(t *testing.T) {
	for _, prior := range []map[string]string{
		nil,
		{"prior.mean": "0.5", "prior.std": "0.1"},
		{"prior.name": "uniform"},
		{"prior.name": "uniform", "prior.standardize": "full", "model.activation": "tanh", "model.hidden": "12"},
		{"prior.mean": "0.5", "prior.std": "0.1", "prior.standardize": "none", "model.activation": "elu", "model.init": "glorot"},
		{"objective.free_bits": "0.1", "model.activation": "softplus", "data.binarize": "threshold"},
		{"objective.name": "iwae", "objective.samples": "5"},
		{"objective.name": "iwae", "objective.samples": "5", "objective.gradient": "dreg", "objective.kl_warmup": "3", "prior.name": "uniform"},
		{"objective.samples": "3", "data.binarize": "none"},
		{"objective.name": "iwae", "objective.samples": "3", "model.upper_latent": "2", "model.upper_hidden": "5"},
		{"model.upper_latent": "2", "prior.name": "uniform"},
	} {
		settings := map[string]string{"train.epochs": "12", "train.lr": "0.02"}
		for k, v := range prior {
			settings[k] = v
		}
		root := t.TempDir()
		trainWhole(t, root, "run", smallConfig(settings), 2)
		m, err := readMetrics(filepath.Join(root, "run"))
		if err != nil {
			t.Fatal(err)
		}
		first, last := m.Epochs[0].TrainLoss, m.Epochs[len(m.Epochs)-1].TrainLoss
		if !(last < first-1) {
			t.Errorf("%v: training loss %g in the first epoch, %g in the last", prior, first, last)
		}
	}
}

// The standardised head makes any normal prior cost what N(0, 1) costs, from
// the first step on.
func TestStandardizedNormalTrainsLikeTheStandardNormal(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "standard", smallConfig(nil), 1)
	trainWhole(t, root, "shifted", smallConfig(map[string]string{"prior.mean": "0.5", "prior.std": "0.1"}), 1)
	a, errA := readMetrics(filepath.Join(root, "standard"))
	b, errB := readMetrics(filepath.Join(root, "shifted"))
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	for i := range a.Steps {
		x, y := a.Steps[i].Loss, b.Steps[i].Loss
		if math.Abs(x-y) > 1e-3*math.Abs(x) {
			t.Errorf("step %d: loss %g under N(0,1), %g under N(0.5,0.1)", i+1, x, y)
		}
	}
}

func TestWarmupRisesLinearly(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "run", smallConfig(map[string]string{"objective.kl_warmup": "2", "objective.beta": "4"}), 1)
	m, err := readMetrics(filepath.Join(root, "run"))
	if err != nil {
		t.Fatal(err)
	}
	// 50 images in batches of 16 are 4 steps an epoch, so beta is reached after 8.
	for i, s := range m.Steps {
		if want := 4 * math.Min(1, float64(i)/8); math.Abs(s.Beta-want) > 1e-12 {
			t.Errorf("step %d: beta %g, want %g", i+1, s.Beta, want)
		}
	}
}

// The capacity rises to its value and stays, whatever the run was interrupted by.
func TestCapacityRisesLinearly(t *testing.T) {
	c := smallConfig(map[string]string{"objective.name": "capacity", "objective.capacity": "6", "objective.capacity_epochs": "2"})
	root := t.TempDir()
	trainWhole(t, root, "run", c, 1)
	m, err := readMetrics(filepath.Join(root, "run"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range m.Steps {
		if want := 6 * min(1, float64(s.Step-1)/8); math.Abs(s.Capacity-want) > 1e-12 {
			t.Errorf("step %d: capacity %g, want %g", s.Step, s.Capacity, want)
		}
		if want := s.Reconstruction + 100*math.Abs(s.KL-s.Capacity); math.Abs(s.Loss-want) > 1e-3*want {
			t.Errorf("step %d: loss %g, want %g", s.Step, s.Loss, want)
		}
	}
	last := m.Epochs[len(m.Epochs)-1]
	if last.Objective != vae.ELBO || math.Abs(last.NegBound-last.Reconstruction-last.KL) > 1e-9 || last.TrainObjective == "" {
		t.Errorf("the figures are not those of the ELBO: %+v", last)
	}
	if got, want := last.SeenLoss(), last.TrainReconstruction+last.TrainKL; got != want {
		t.Errorf("loss as seen is %g, want %g", got, want)
	}
}

// poison makes a weight infinite after a step, as a step too large would.
type poison struct {
	at    uint64
	model *vae.Model
}

func (p *poison) Begin(b Progress) { p.model = b.Model }
func (p *poison) Step(r StepRecord) {
	if r.Step == p.at {
		p.model.Weights()[0] = float32(math.Inf(1))
	}
}
func (p *poison) Epoch(EpochRecord) error { return nil }

// A loss that is not finite stops the run, names the step, and leaves the last
// good checkpoint, whether it shows in a step or only in the evaluation.
func TestDivergenceKeepsTheLastGoodCheckpoint(t *testing.T) {
	for _, c := range []struct {
		at   uint64
		good uint64
		says string
	}{{5, 4, "step 6"}, {2, 0, "step 3"}, {8, 4, "epoch 2"}} {
		r := create(t, t.TempDir(), "run", smallConfig(nil))
		_, err := r.Train(context.Background(), Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{&poison{at: c.at}}})
		if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), c.says) {
			t.Fatalf("poisoned at step %d: error %v", c.at, err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		_, _, s, err := load(r.Dir(), rundir.Last, engine(t, 1))
		if err != nil || s.Step != c.good {
			t.Errorf("poisoned at step %d: the last checkpoint is of step %d, %v, want %d", c.at, s.Step, err, c.good)
		}
		if record, _ := readRecord(r.Dir()); record.Status != rundir.Diverged || record.Error == "" {
			t.Errorf("record says %s %q", record.Status, record.Error)
		}
	}
}

// A checkpoint cut at any byte is refused with an error that names the file.
func TestCutCheckpointIsRefused(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "run", smallConfig(map[string]string{"train.epochs": "1", "model.hidden": "2", "model.latent": "1"}), 1)
	dir := filepath.Join(root, "run")
	path := filepath.Join(dir, checkpointDir, rundir.Last+weightsSuffix)
	whole := checkpointBytes(t, dir)
	e := engine(t, 1)
	for n := 0; n < len(whole); n += 1 + n/40 {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadModel(dir, rundir.Last, e); !errors.Is(err, rundir.ErrDamaged) || !strings.Contains(err.Error(), path) {
			t.Fatalf("cut at %d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestOptimizerOfAnotherCheckpointIsRefused(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "run", smallConfig(map[string]string{"train.epochs": "2"}), 1)
	folder := filepath.Join(root, "run", checkpointDir)
	companions, err := filepath.Glob(filepath.Join(folder, rundir.Last+"-*"))
	if err != nil || len(companions) != 1 {
		t.Fatalf("optimiser states %v, %v", companions, err)
	}
	trainWhole(t, root, "other", smallConfig(map[string]string{"train.epochs": "1"}), 1)
	others, _ := filepath.Glob(filepath.Join(root, "other", checkpointDir, rundir.Last+"-*"))
	text, err := os.ReadFile(others[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(companions[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := resume(t, filepath.Join(root, "run"), 3, 1); !errors.Is(err, rundir.ErrDamaged) {
		t.Errorf("error %v", err)
	}
	if err := os.Remove(companions[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := resume(t, filepath.Join(root, "run"), 3, 1); !errors.Is(err, rundir.ErrDamaged) {
		t.Errorf("without an optimiser state: error %v", err)
	}
}

func TestRunsAreProtected(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"train.epochs": "1"})
	trainWhole(t, root, "run", c, 1)
	before := checkpointBytes(t, filepath.Join(root, "run"))
	if _, err := Create(root, "run", false, c); !errors.Is(err, rundir.ErrExists) {
		t.Errorf("creating a run that exists: %v", err)
	}
	held, err := Open(filepath.Join(root, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, "run", true, c); !errors.Is(err, rundir.ErrInUse) {
		t.Errorf("replacing a run in use: %v", err)
	}
	if _, err := Open(filepath.Join(root, "run")); !errors.Is(err, rundir.ErrInUse) {
		t.Errorf("opening a run in use: %v", err)
	}
	if !bytes.Equal(checkpointBytes(t, filepath.Join(root, "run")), before) {
		t.Error("a refused command changed the run")
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Create(root, "run", true, c)
	if err != nil {
		t.Fatalf("replacing a run: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	if err := os.WriteFile(filepath.Join(root, "file"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, "file", true, c); !errors.Is(err, rundir.ErrExists) {
		t.Errorf("a run where a file is: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(root, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "folder", "thesis.tex"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(root, "folder", true, c); !errors.Is(err, rundir.ErrExists) {
		t.Errorf("replacing a folder that is no run: %v", err)
	}
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, ".hidden", "-flag", "red\x1b[31m", "gpj\u202eexe"} {
		if _, err := Create(root, name, false, c); !errors.Is(err, rundir.ErrName) {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	if _, err := rundir.Find(root, ""); !errors.Is(err, rundir.ErrNoRun) {
		t.Errorf("no runs yet: %v", err)
	}
	if _, err := rundir.Find(filepath.Join(root, "missing"), ""); !errors.Is(err, rundir.ErrNoRun) {
		t.Errorf("no folder of runs: %v", err)
	}
	c := smallConfig(map[string]string{"train.epochs": "1"})
	trainWhole(t, root, "older", c, 1)
	trainWhole(t, root, "newer", c, 1)
	for ref, want := range map[string]string{"": "newer", "older": "older", filepath.Join(root, "older"): "older"} {
		run, err := rundir.Find(root, ref)
		if err != nil || run.Name() != want {
			t.Errorf("rundir.Find(%q) = %v, %v, want %s", ref, run, err, want)
		}
	}
	if _, err := rundir.Find(root, "nothing"); !errors.Is(err, rundir.ErrNoRun) {
		t.Errorf("a run that is not there: %v", err)
	}
	for ref, hint := range map[string]string{"odler": "did you mean older?", "nothing": "`vaectl runs` lists the runs there are"} {
		_, err := rundir.Find(root, ref)
		if hinted, ok := err.(interface{ Hint() string }); !ok || hinted.Hint() != hint {
			t.Errorf("rundir.Find(%q): %v with hint %v, want %q", ref, err, hinted, hint)
		}
	}
}

func TestDataMustFit(t *testing.T) {
	root := t.TempDir()
	r := create(t, root, "big", smallConfig(map[string]string{"train.batch_size": "51"}))
	defer r.Close()
	if _, err := r.Train(context.Background(), Options{Data: smallSet(), Engine: engine(t, 1)}); !errors.Is(err, ErrSettings) {
		t.Errorf("a batch larger than the data set: %v", err)
	}
	for _, n := range []string{"50", "35"} {
		r := create(t, root, "without-"+n, smallConfig(map[string]string{"data.validation": n}))
		defer r.Close()
		if _, err := r.Train(context.Background(), Options{Data: smallSet(), Engine: engine(t, 1)}); !errors.Is(err, ErrSettings) {
			t.Errorf("%s of 50 images held out, batches of 16: %v", n, err)
		}
	}
	trainWhole(t, root, "run", smallConfig(map[string]string{"train.epochs": "1"}), 1)
	other := smallSet()
	other.Digest = "def"
	again, err := Open(filepath.Join(root, "run"))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := again.Resume(context.Background(), Options{Data: other, Engine: engine(t, 1)}, 2); !errors.Is(err, ErrData) {
		t.Errorf("resuming on other data: %v", err)
	}
}

// Whatever was appended to the metrics after the checkpoint, half a line
// included, is gone after a resume.
func TestMetricsBeyondTheCheckpointAreDropped(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "whole", smallConfig(nil), 1)
	trainWhole(t, root, "run", smallConfig(map[string]string{"train.epochs": "2"}), 1)
	dir := filepath.Join(root, "run")
	f, err := os.OpenFile(filepath.Join(dir, metricsFile), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"kind":"step","step":9,"epoch":3,"loss":1}` + "\n" + `{"kind":"epoch","step":12,"epoch":3}` + "\n" + `{"kind":"st`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := resume(t, dir, 4, 1); err != nil {
		t.Fatal(err)
	}
	if got, want := withoutSeconds(t, dir), withoutSeconds(t, filepath.Join(root, "whole")); got != want {
		t.Errorf("metrics\n%s\nwant\n%s", got, want)
	}
}
