package train

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"vaectl/data"
	"vaectl/train/rundir"
)

// A conditional run counts the labels of its data, keeps their number, and goes
// on from an interruption as any other.
func TestConditionalRun(t *testing.T) {
	root := t.TempDir()
	c := smallConfig(map[string]string{"model.conditional": "true", "data.validation": "10", "train.ema": "0.5", "objective.name": "iwae", "objective.samples": "2"})
	result := trainWhole(t, root, "whole", c, 2)
	if n := result.Model.Classes(); n != 6 || result.State.Dataset.Classes != 6 {
		t.Errorf("the model has %d classes, the record %d, want 6", n, result.State.Dataset.Classes)
	}
	if kept, err := readConfig(filepath.Join(root, "whole")); err != nil || kept.Model.Classes != 6 {
		t.Errorf("the run's configuration has %d classes (%v)", kept.Model.Classes, err)
	}
	if f := result.State.Figures; !f.Conditional || !result.State.Test.Conditional {
		t.Errorf("the figures do not say that they are conditional: %+v", f)
	}
	loaded, err := loadModel(filepath.Join(root, "whole"), rundir.Best, engine(t, 1))
	if err != nil || loaded.Classes() != 6 {
		t.Fatalf("the checkpoint has %d classes (%v)", loaded.Classes(), err)
	}

	r := create(t, root, "parts", c)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pictures := NewPictures()
	_, err = r.Train(ctx, Options{Data: smallSet(), Engine: engine(t, 1), Recorders: []Recorder{pictures, NewEvents(pictures), stopper{4, cancel}}})
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("interrupted run ended with %v", err)
	}
	r.Close()
	if _, err := resume(t, filepath.Join(root, "parts"), 0, 2); err != nil {
		t.Fatal(err)
	}
	sameRun(t, "conditional", filepath.Join(root, "parts"), filepath.Join(root, "whole"))
}

// Where the label says what there is to say, knowing it helps.
func TestLabelsHelp(t *testing.T) {
	root := t.TempDir()
	settings := map[string]string{"train.epochs": "30", "model.latent": "1", "objective.beta": "1"}
	plain := trainWhole(t, root, "plain", smallConfig(settings), 2).Final.Evaluation
	settings["model.conditional"] = "true"
	told := trainWhole(t, root, "told", smallConfig(settings), 2).Final.Evaluation
	if told.NegELBO > plain.NegELBO-1 {
		t.Errorf("negative ELBO %.2f given the label, %.2f without", told.NegELBO, plain.NegELBO)
	}
}

func TestConditionalRunWantsLabels(t *testing.T) {
	without := func(change func(*data.Set)) *data.Set {
		s := smallSet()
		change(s)
		return s
	}
	for name, test := range map[string]struct {
		set     *data.Set
		classes string
		want    string
	}{
		"no training labels": {without(func(s *data.Set) { s.Train.Labels = nil }), "0", "the data set bars has no labels to condition on"},
		"no test labels":     {without(func(s *data.Set) { s.Test.Labels = nil }), "0", "the data set bars has no labels to condition on"},
		"more labels":        {smallSet(), "5", "model.classes (--classes) is 5: the data set bars has labels up to 5"},
	} {
		c := smallConfig(map[string]string{"model.conditional": "true", "model.classes": test.classes})
		err := checkData(c, test.set)
		if !errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want ErrSettings with %q", name, err, test.want)
		}
	}
	if err := checkData(smallConfig(map[string]string{"model.conditional": "true", "model.classes": "9"}), smallSet()); err != nil {
		t.Errorf("more classes than there are: %v", err)
	}
}
