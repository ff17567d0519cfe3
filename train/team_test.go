package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/compute/comm"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// team trains with so many ranks, each a goroutine: lead is what the first does with the options it is given. It returns the errors of
// the others and the leader's.
func team(t testing.TB, ranks int, assist func(rank int) (context.Context, Loader), lead func(Options) error) (others []error, led error) {
	t.Helper()
	var wait sync.WaitGroup
	groups := comm.Local(ranks)
	others = make([]error, ranks-1)
	for r, g := range groups[1:] {
		wait.Go(func() {
			ctx, load := assist(r + 1)
			newEngine := func(int) (*vae.Engine, error) { return vae.NewEngine("", 1) }
			if others[r] = NewTeam(g).Assist(ctx, newEngine, load); others[r] != nil {
				g.Abort(1)
			}
		})
	}
	first := NewTeam(groups[0])
	led = lead(Options{Data: smallSet(), Engine: engine(t, 2), Team: first})
	led = errors.Join(led, first.Close())
	wait.Wait()
	return others, led
}

func loadSmall(context.Context, configs.Data) (*data.Set, error) { return smallSet(), nil }

func undisturbed(int) (context.Context, Loader) { return context.Background(), loadSmall }

// trainAmong trains a run among so many ranks.
func trainAmong(t testing.TB, root, name string, c configs.Config, ranks int) {
	t.Helper()
	others, led := team(t, ranks, undisturbed, func(o Options) error {
		r := create(t, root, name, c)
		defer r.Close()
		_, err := r.Train(context.Background(), o)
		return err
	})
	if err := errors.Join(append(others, led)...); err != nil {
		t.Fatal(err)
	}
}

func teamSettings() map[string]map[string]string {
	return map[string]map[string]string{
		"adam":              {},
		"clip and mean":     {"train.clip": "0.5", "train.ema": "0.9", "train.optimizer": "adamw"},
		"iwae":              {"objective.name": "iwae", "objective.samples": "3", "train.batch_size": "13"},
		"mmd":               {"objective.name": "mmd"},
		"learned prior":     {"prior.name": "flow"},
		"two levels":        {"model.upper_latent": "2"},
		"fewer than shards": {"train.batch_size": "7", "train.shards": "7"}, // the last batch has one image
		"patience":          {"train.patience": "1", "train.lr": "0.3", "data.validation": "10"},
		"batch norm":        {"model.network": "conv", "model.conv": "4,6", "model.norm": "batch", "model.hidden": "8", "train.ema": "0.9", "train.patience": "1", "data.validation": "10"},
		"conditional":       {"model.conditional": "true"},
	}
}

// A run's bits and figures depend on the number of shards and not on that of the ranks.
func TestRanksDoNotChangeARun(t *testing.T) {
	for name, settings := range teamSettings() {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			c := smallConfig(map[string]string{"train.shards": "5", "train.epochs": "3"})
			for key, value := range settings {
				if err := c.Set(key, value); err != nil {
					t.Fatal(err)
				}
			}
			trainWhole(t, root, "one", c, 2)
			for _, ranks := range []int{3, 5} {
				run := fmt.Sprint(ranks)
				trainAmong(t, root, run, c, ranks)
				sameRun(t, run+" ranks", filepath.Join(root, run), filepath.Join(root, "one"))
			}
		})
	}
}

// Cutting batches changes rounding and noise, and nothing else: after some epochs the losses are about those of whole batches.
func TestShardsTrainAsWholeBatchesDo(t *testing.T) {
	root := t.TempDir()
	whole := trainWhole(t, root, "whole", smallConfig(map[string]string{"train.epochs": "30"}), 1)
	cut := trainWhole(t, root, "cut", smallConfig(map[string]string{"train.epochs": "30", "train.shards": "4"}), 1)
	if bytes.Equal(checkpointBytes(t, filepath.Join(root, "whole")), checkpointBytes(t, filepath.Join(root, "cut"))) {
		t.Error("four shards draw the noise of one")
	}
	a, b := whole.Final.Evaluation.NegELBO, cut.Final.Evaluation.NegELBO
	if diff := a - b; diff > 0.5 || diff < -0.5 {
		t.Errorf("negative ELBO %g of whole batches, %g of cut ones", a, b)
	}
}

// A run goes on with any other number of ranks where it stopped: on the leader's signal, on another's, or at an epoch.
func TestRunsGoOnWithOtherRanks(t *testing.T) {
	c := smallConfig(map[string]string{"train.shards": "4", "train.clip": "1", "train.ema": "0.8"})
	root := t.TempDir()
	trainWhole(t, root, "whole", c, 1)
	for name, stopOf := range map[string]int{"the leader's signal": 0, "another's signal": 2} {
		t.Run(name, func(t *testing.T) {
			run := fmt.Sprint("stopped-", stopOf)
			dir := filepath.Join(root, run)
			ctx, cancel := context.WithCancel(context.Background())
			assist := func(rank int) (context.Context, Loader) {
				if rank == stopOf {
					return ctx, loadSmall
				}
				return context.Background(), loadSmall
			}
			leading := context.Background()
			if stopOf == 0 {
				leading = ctx
			}
			others, led := team(t, 3, assist, func(o Options) error {
				r := create(t, root, run, c)
				defer r.Close()
				o.Recorders = []Recorder{stopper{at: 6, cancel: cancel}}
				_, err := r.Train(leading, o)
				return err
			})
			if !errors.Is(led, ErrInterrupted) || errors.Join(others...) != nil {
				t.Fatalf("led to %v, the others to %v", led, others)
			}
			record, err := readRecord(dir)
			if err != nil || record.Status != rundir.Interrupted || record.Step < 6 || record.Step > 7 {
				t.Fatalf("record %+v, %v", record, err)
			}
			others, led = team(t, 2, undisturbed, func(o Options) error {
				r, err := Open(dir)
				if err != nil {
					return err
				}
				defer r.Close()
				_, err = r.Resume(context.Background(), o, 0)
				return err
			})
			if err := errors.Join(append(others, led)...); err != nil {
				t.Fatal(err)
			}
			sameRun(t, "stopped and resumed", dir, filepath.Join(root, "whole"))
		})
	}
}

func TestADivergedTrainingEndsAllRanks(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{
		"train.shards": "3", "train.lr": "10", "train.epochs": "20", "prior.std": "1e-6", "prior.standardize": "none",
		"model.hidden": "16,16,16,16,16,16,16,16,16,16,16,16", "model.activation": "elu",
	})
	others, led := team(t, 3, undisturbed, func(o Options) error {
		r := create(t, root, "lost", c)
		defer r.Close()
		_, err := r.Train(context.Background(), o)
		return err
	})
	if !errors.Is(led, ErrDiverged) || errors.Join(others...) != nil {
		t.Errorf("led to %v, the others to %v", led, others)
	}
}

// What is wrong with one rank is told, and leaves no other waiting.
func TestARankThatCannotTrainEndsTheTeam(t *testing.T) {
	for name, load := range map[string]Loader{
		"no data": func(context.Context, configs.Data) (*data.Set, error) { return nil, errors.New("no such directory") },
		"other data": func(context.Context, configs.Data) (*data.Set, error) {
			s := smallSet()
			s.Digest = "xyz"
			return s, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			assist := func(rank int) (context.Context, Loader) {
				if rank == 2 {
					return context.Background(), load
				}
				return context.Background(), loadSmall
			}
			others, led := team(t, 4, assist, func(o Options) error {
				r := create(t, t.TempDir(), "x", smallConfig(map[string]string{"train.shards": "4"}))
				defer r.Close()
				_, err := r.Train(context.Background(), o)
				return err
			})
			if !errors.Is(led, comm.ErrAborted) || others[1] == nil || errors.Is(others[1], comm.ErrAborted) || !errors.Is(others[0], comm.ErrAborted) {
				t.Errorf("led to %v, the others to %v", led, others)
			}
		})
	}
}

// A leader that finds nothing to train lets the others go.
func TestALeaderWithoutWorkDismissesTheTeam(t *testing.T) {
	others, led := team(t, 3, undisturbed, func(o Options) error {
		r := create(t, t.TempDir(), "x", smallConfig(map[string]string{"train.shards": "2"}))
		defer r.Close()
		_, err := r.Train(context.Background(), o)
		return err
	})
	if !errors.Is(led, ErrSettings) || !strings.Contains(led.Error(), "train.shards (--shards) is 2 for 3 ranks") || errors.Join(others...) != nil {
		t.Errorf("led to %v, the others to %v", led, others)
	}
}
