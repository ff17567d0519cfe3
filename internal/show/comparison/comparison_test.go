package comparison

import (
	"math"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/train/rundir"
)

func aLoss(change func(*Loss)) Loss {
	l := Loss{Config: configs.Default(), Record: rundir.Record{
		Dataset: rundir.Dataset{Name: "digits", Digest: "0123456789abcdef", Binarize: "none", Height: 28, Width: 28},
		Figures: &rundir.Figures{Split: rundir.SplitTest, Measures: rundir.Measures{Objective: "elbo", NegELBO: 100, NegBound: 90, Samples: 5}},
	}}
	if change != nil {
		change(&l)
	}
	return l
}

func TestWarning(t *testing.T) {
	plain := aLoss(nil)
	given := aLoss(func(l *Loss) { l.Record.Figures.Conditional = true })
	binary := aLoss(func(l *Loss) { l.Record.Dataset.Binarize = "dynamic" })
	none := aLoss(func(l *Loss) { l.Record.Figures = nil })
	for _, c := range []struct {
		name string
		runs []Loss
		want string
	}{
		{"alike", []Loss{plain, plain, none}, ""},
		{"two that differ", []Loss{plain, given}, "the losses of these runs cannot be compared: they differ in the bound that is the loss"},
		{"one of three", []Loss{plain, given, plain, none}, "the loss of b cannot be compared with the others: it differs in the bound that is the loss"},
		{"two of four", []Loss{plain, given, plain, given}, "the losses of these runs cannot be compared: they differ in the bound that is the loss"},
		{"three kinds", []Loss{plain, given, binary}, "the losses of these runs cannot be compared: they differ in how pixels are read (binarize); the bound that is the loss"},
	} {
		if got := Warning(c.runs, []string{"a", "b", "c", "d"}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestKind(t *testing.T) {
	seen := make(map[string]int)
	for i, change := range []func(*Loss){
		nil,
		func(l *Loss) { l.Record.Dataset.Digest = "other" },
		func(l *Loss) { l.Record.Figures.Split = rundir.SplitValidation },
		func(l *Loss) { l.Record.Figures.Objective = "iwae" },
		func(l *Loss) { l.Record.Likelihood, l.Config.Model.Likelihood = "gaussian", "gaussian" },
		func(l *Loss) {
			l.Record.Likelihood, l.Config.Model.Likelihood, l.Config.Model.PixelStd = "gaussian", "gaussian", 0.3
		},
	} {
		kind := aLoss(change).Kind()
		if other, ok := seen[kind]; ok || strings.TrimSpace(kind) == "" {
			t.Errorf("kind %d is that of %d: %q", i, other, kind)
		}
		seen[kind] = i
	}
}

func TestBits(t *testing.T) {
	if bits, ok := aLoss(nil).Bits(); ok {
		t.Errorf("bernoulli figures in bits: %g", bits)
	}
	l := aLoss(func(l *Loss) {
		l.Config.Model.Likelihood = "logistic"
		l.Record.Figures.NegELBO = 28 * 28 * 3 * math.Ln2
	})
	if bits, ok := l.Bits(); !ok || math.Abs(bits-3) > 1e-12 {
		t.Errorf("%g bits, %v, want 3", bits, ok)
	}
}
