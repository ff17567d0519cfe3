package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
	"vaectl/train/rundir"
)

// startFrom trains a new run from the weights of another.
func startFrom(t testing.TB, root, name string, c configs.Config, stop uint64) (Result, error) {
	t.Helper()
	e := engine(t, 2)
	start, err := LoadStart(root, c.Train, e)
	if err != nil {
		t.Fatal(err)
	}
	r := create(t, root, name, c)
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	return r.Train(ctx, Options{Data: smallSet(), Engine: e, Start: start, Recorders: []Recorder{stopper{stop, cancel}}})
}

// A run started from another's weights begins with exactly those, says so, and
// continues after an interruption as if there had been none.
func TestStartFromAnotherRun(t *testing.T) {
	root := t.TempDir()
	source := trainWhole(t, root, "source", smallConfig(map[string]string{"train.ema": "0.9"}), 2)
	c := smallConfig(map[string]string{
		"train.init_from": "source", "objective.name": "iwae", "objective.samples": "3", "train.epochs": "3",
		"train.seed": "7", "train.optimizer": "adamax", "prior.mean": "0.5",
	})

	e := engine(t, 1)
	start, err := LoadStart(root, c.Train, e)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(root, "source", rundir.CheckpointFile(rundir.Best)))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(file)
	want := &rundir.Origin{Run: "source", Checkpoint: rundir.Best, Epoch: source.State.Best, SHA256: hex.EncodeToString(digest[:])}
	if diff := cmp.Diff(want, start.origin()); diff != "" {
		t.Errorf("origin (-want +got):\n%s", diff)
	}
	best, err := loadModel(filepath.Join(root, "source"), rundir.Best, e)
	if err != nil {
		t.Fatal(err)
	}
	var first []float32
	r := create(t, root, "whole", c)
	whole, err := r.Train(context.Background(), Options{Data: smallSet(), Engine: e, Start: start, Recorders: []Recorder{
		recorderFunc(func(p Progress) { first = append(first, p.Model.Weights()...) }),
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if diff := cmp.Diff(best.Weights(), first); diff != "" {
		t.Errorf("first weights are not those of the best checkpoint:\n%s", diff)
	}
	if diff := cmp.Diff(want, whole.State.Origin); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}

	if _, err := startFrom(t, root, "parts", c, 5); !errors.Is(err, ErrInterrupted) {
		t.Fatalf("interrupted run ended with %v", err)
	}
	// What follows needs the other run no more.
	if err := os.RemoveAll(filepath.Join(root, "source")); err != nil {
		t.Fatal(err)
	}
	if _, err := resume(t, filepath.Join(root, "parts"), 0, 1); err != nil {
		t.Fatal(err)
	}
	sameRun(t, "started from another", filepath.Join(root, "parts"), filepath.Join(root, "whole"))
	record, err := readRecord(filepath.Join(root, "parts"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, record.Origin); diff != "" {
		t.Errorf("record of the resumed run (-want +got):\n%s", diff)
	}
}

func TestStartMustFit(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "source", smallConfig(map[string]string{"train.epochs": "1"}), 2)
	for name, test := range map[string]struct {
		settings map[string]string
		want     string
	}{
		"width":      {map[string]string{"model.hidden": "12,9"}, "tensor encoder.1.weight has shape [8 12], this model's has [9 12]"},
		"depth":      {map[string]string{"model.hidden": "12"}, "it has the tensor encoder.1.weight of shape [8 12] where this model has head.weight of shape [6 12]"},
		"code":       {map[string]string{"model.latent": "4"}, "tensor head.weight has shape [6 8], this model's has [8 8]"},
		"learned":    {map[string]string{"prior.name": "vamp", "prior.components": "5"}, "it has no tensor prior.pseudo_inputs, which in this model has shape [5 36]"},
		"labels":     {map[string]string{"model.conditional": "true"}, "tensor encoder.1.weight of shape [8 12] where this model has encoder.0.label.weight of shape [6 12]"},
		"activation": {map[string]string{"model.activation": "tanh"}, "model.activation (--activation) is relu, this model's is tanh"},
		"likelihood": {map[string]string{"model.likelihood": "gaussian", "data.binarize": "none"}, "model.likelihood (--likelihood) is bernoulli, this model's is gaussian"},
	} {
		t.Run(name, func(t *testing.T) {
			c := smallConfig(test.settings)
			c.Train.InitFrom = "source"
			e := engine(t, 1)
			start, err := LoadStart(root, c.Train, e)
			if err != nil {
				t.Fatal(err)
			}
			err = start.Check(c, smallSet(), e)
			if !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want ErrSettings with %q", err, test.want)
			}
			other := smallSet()
			other.Train.Height, other.Train.Width = 5, 6
			if err := start.Check(c, other, e); err == nil || !strings.Contains(err.Error(), "6x6 pixels, this model's of 5x6") {
				t.Errorf("images of another size: %v", err)
			}
		})
	}
}

// The configuration and the weights at hand must agree on where to start.
func TestStartIsNotForgotten(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"train.init_from": "source"})
	r := create(t, root, "forgotten", c)
	defer r.Close()
	if _, err := r.Train(context.Background(), Options{Data: smallSet(), Engine: engine(t, 1)}); !errors.Is(err, ErrSettings) {
		t.Errorf("training without the weights to start from: %v", err)
	}
}
