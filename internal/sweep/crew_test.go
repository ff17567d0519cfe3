package sweep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
	"vaectl/internal/format/atomicfile"
	"vaectl/internal/sweep"
	"vaectl/train"
	"vaectl/train/rundir"
)

// writeRun writes what a trial's run has after so many epochs. The loss is 100 times its number plus the epoch.
func writeRun(t testing.TB, root string, f *sweep.File, trial sweep.Trial, status string, epochs int) {
	t.Helper()
	dir := filepath.Join(root, f.Run(trial.Index))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	var config, metrics bytes.Buffer
	if err := configs.Write(&config, trial.Config.Settled(1)); err != nil {
		t.Fatal(err)
	}
	for e := 1; e <= epochs; e++ {
		line, err := json.Marshal(rundir.EpochMetrics{Kind: "epoch", Epoch: e, Measures: rundir.Measures{NegBound: float64(100*trial.Index + e)}})
		if err != nil {
			t.Fatal(err)
		}
		metrics.Write(append(line, '\n'))
	}
	record, err := json.Marshal(rundir.Record{Name: f.Run(trial.Index), Status: status, Epoch: epochs, Error: map[string]string{rundir.Failed: "no space left"}[status]})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"config.yaml": config.Bytes(), "metrics.jsonl": metrics.Bytes(), "run.json": record} {
		// Whole or not at all, as runs are written: somebody may be looking.
		err := atomicfile.WriteFile(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// trainer stands in for trainings, and notes them.
type trainer struct {
	t    testing.TB
	root string
	file *sweep.File

	mu      sync.Mutex
	under   int
	most    int // at once
	jobs    []sweep.Job
	status  map[int]string // how a trial ends, where it does not finish
	failing map[int]error  // of trials that leave no run
}

func (r *trainer) train(_ context.Context, job sweep.Job) error {
	r.mu.Lock()
	r.under++
	r.most = max(r.most, r.under)
	r.jobs = append(r.jobs, job)
	r.mu.Unlock()
	time.Sleep(time.Millisecond)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.under--
	i := job.Trial.Index
	if err := r.failing[i]; err != nil {
		return err
	}
	status, ok := r.status[i]
	if !ok {
		status = rundir.Interrupted // at a rung
		if job.Epochs == job.Trial.Config.Train.Epochs {
			status = rundir.Finished
		}
	}
	epochs := job.Epochs
	if ok {
		epochs = 0
	}
	writeRun(r.t, r.root, r.file, job.Trial, status, epochs)
	if ok {
		return errors.New("training: " + status)
	}
	return nil
}

// trained lists the trials and epochs that were handed out, sorted.
func (r *trainer) trained() []string {
	var all []string
	for _, j := range r.jobs {
		all = append(all, fmt.Sprintf("%d:%d", j.Trial.Index, j.Epochs))
	}
	slices.Sort(all)
	return all
}

// watcher notes what failed.
type watcher struct {
	began int
	ended []string
}

func (w *watcher) Began(sweep.Job)      { w.began++ }
func (w *watcher) Looked([]sweep.State) {}
func (w *watcher) Ended(_ sweep.Job, s sweep.State, err error) {
	w.ended = append(w.ended, fmt.Sprintf("%d %s %v", s.Trial.Index, s.Status, err))
}

func newCrew(t testing.TB, text string) (*sweep.Crew, *trainer, *watcher) {
	f := parse(t, text)
	r := &trainer{t: t, root: t.TempDir(), file: f, status: map[int]string{}, failing: map[int]error{}}
	w := &watcher{}
	return &sweep.Crew{File: f, Root: r.root, Jobs: 2, Threads: 4, Train: r.train, Watch: w, Poll: time.Millisecond}, r, w
}

func run(t testing.TB, c *sweep.Crew) sweep.Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	outcome, err := c.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestCrewTrainsWhatIsMissing(t *testing.T) {
	c, r, w := newCrew(t, "set: {train.epochs: 2}\nseeds: 6")
	trials := c.File.Trials()
	writeRun(t, r.root, c.File, trials[0], rundir.Finished, 2)
	writeRun(t, r.root, c.File, trials[1], rundir.Diverged, 1)
	writeRun(t, r.root, c.File, trials[2], rundir.Interrupted, 1)
	writeRun(t, r.root, c.File, trials[3], rundir.Failed, 1)
	if err := os.Mkdir(filepath.Join(r.root, "beta-4"), 0o777); err != nil { // no record: broken
		t.Fatal(err)
	}
	outcome := run(t, c)
	if diff := cmp.Diff([]string{"2:2", "3:2", "4:2", "5:2"}, r.trained()); diff != "" {
		t.Error(diff)
	}
	if r.most != 2 || len(outcome.Failures) > 0 || w.began != 4 {
		t.Errorf("%d at once, failures %v, %d began", r.most, outcome.Failures, w.began)
	}
	var threads []int
	for _, j := range r.jobs {
		threads = append(threads, j.Threads)
	}
	if diff := cmp.Diff([]int{2, 2, 2, 2}, threads); diff != "" {
		t.Errorf("threads: %s", diff)
	}
	// Again, there is nothing to do.
	r.jobs = nil
	if run(t, c); len(r.jobs) > 0 {
		t.Errorf("trained again: %v", r.trained())
	}
}

func TestCrewGivesTheLastTrialAllThreads(t *testing.T) {
	c, r, _ := newCrew(t, "set: {train.epochs: 1}")
	if run(t, c); r.jobs[0].Threads != 4 {
		t.Errorf("one trial got %d of 4 threads", r.jobs[0].Threads)
	}
}

func TestCrewGoesOnBesideFailures(t *testing.T) {
	c, r, w := newCrew(t, "set: {train.epochs: 1}\nseeds: 5")
	r.status[0], r.status[1] = rundir.Failed, rundir.Diverged
	r.failing[2] = errors.New("fork: no memory")
	outcome := run(t, c)
	if diff := cmp.Diff([]string{"0:1", "1:1", "2:1", "3:1", "4:1"}, r.trained()); diff != "" {
		t.Error(diff)
	}
	slices.Sort(w.ended)
	want := []string{"0 failed training: failed", "1 diverged <nil>", "2 waiting fork: no memory", "3 finished <nil>", "4 finished <nil>"}
	if diff := cmp.Diff(want, w.ended); diff != "" {
		t.Error(diff)
	}
	if len(outcome.Failures) != 2 {
		t.Errorf("failures: %v", outcome.Failures)
	}
	// The next time only what failed is tried again.
	r.jobs, r.failing = nil, nil
	delete(r.status, 0)
	run(t, c)
	if diff := cmp.Diff([]string{"0:1", "2:1"}, r.trained()); diff != "" {
		t.Error(diff)
	}
}

func TestCrewLeavesTheRunOfAnotherTrialAlone(t *testing.T) {
	c, r, w := newCrew(t, "set: {train.epochs: 1}\nseeds: 2")
	other := c.File.Trials()[1]
	other.Config.Objective.Beta = 3
	writeRun(t, r.root, c.File, other, rundir.Finished, 1)
	outcome := run(t, c)
	if diff := cmp.Diff([]string{"0:1"}, r.trained()); diff != "" {
		t.Error(diff)
	}
	if err := outcome.Failures[1]; err == nil || !strings.Contains(err.Error(), "objective.beta: 1 against 3") || len(w.ended) != 2 {
		t.Errorf("failures %v, ended %q", outcome.Failures, w.ended)
	}
}

func TestCrewHalves(t *testing.T) {
	c, r, _ := newCrew(t, "grid: {objective.beta: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\nrungs: [1, 2, 4]")
	outcome := run(t, c)
	want := []string{"0:1", "0:2", "0:4", "1:1", "1:2", "2:1", "2:2", "3:1", "4:1", "5:1", "6:1", "7:1", "8:1"}
	if diff := cmp.Diff(want, r.trained()); diff != "" {
		t.Error(diff)
	}
	if _, best, ok := c.File.Best(outcome.States); !ok || best.Run != "beta-0" {
		t.Errorf("the best is %s", best.Run)
	}
}

// Two crews in one folder share the work; each trial is trained once.
func TestCrewWaitsForTrialsThatOthersTrain(t *testing.T) {
	c, r, _ := newCrew(t, "set: {train.epochs: 1}\nseeds: 2")
	trials := c.File.Trials()
	writeRun(t, r.root, c.File, trials[0], rundir.Interrupted, 0)
	held, err := train.Open(filepath.Join(r.root, "beta-0"))
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() {
		time.Sleep(30 * time.Millisecond)
		writeRun(t, r.root, c.File, trials[0], rundir.Finished, 1)
		close(written)
		_ = held.Close()
	}()
	outcome := run(t, c)
	<-written
	if diff := cmp.Diff([]string{"1:1"}, r.trained()); diff != "" {
		t.Error(diff)
	}
	if outcome.States[0].Status != sweep.Finished {
		t.Errorf("the other's trial is %s", outcome.States[0].Status)
	}
}

func TestCrewEndsWithItsContext(t *testing.T) {
	c, r, _ := newCrew(t, "set: {train.epochs: 1}\nseeds: 100")
	ctx, cancel := context.WithCancel(context.Background())
	c.Train = func(ctx context.Context, job sweep.Job) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	outcome, err := c.Run(ctx)
	if !errors.Is(err, context.Canceled) || len(outcome.Failures) > 0 || len(r.jobs) > 2 {
		t.Errorf("error %v, failures %v", err, outcome.Failures)
	}
}
