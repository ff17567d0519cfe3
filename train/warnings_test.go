package train

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
	"vaectl/train/rundir"
	"vaectl/vae"
)

func codesOf(warnings []rundir.Warning) []string {
	codes := []string{}
	for _, w := range warnings {
		codes = append(codes, w.Code)
	}
	slices.Sort(codes)
	return codes
}

func TestCollapseIsWarnedOf(t *testing.T) {
	for name, c := range map[string]struct {
		evaluation vae.Evaluation
		want       string
	}{
		"alive":               {vae.Evaluation{KL: 20, KLPerDim: []float64{20, 0}, ActivityPerDim: []float64{0.9, 0}}, ""},
		"no active dimension": {vae.Evaluation{KL: 20, KLPerDim: []float64{10, 10}, ActivityPerDim: []float64{0.01, 0.002}}, "0 of 2 dimensions"},
		"next to no KL":       {vae.Evaluation{KL: 0.4, KLPerDim: []float64{0.4, 0}, ActivityPerDim: []float64{0.2, 0}}, "1 of 2 dimensions"},
		"both layers alive":   {layered(0.5, 0.5), ""},
		"lower layer dead":    {layered(0.5, 0), ""},
		"upper layer dead":    {layered(0, 0.5), "the upper of the two stochastic layers has collapsed onto the prior: none of its 2 dimensions"},
		"both layers dead":    {layered(0, 0), "0 of 5 dimensions"},
	} {
		w, got := CollapseWarning(c.evaluation)
		if got != (c.want != "") || !strings.Contains(w.Text, c.want) {
			t.Errorf("%s: warned %v %q", name, got, w.Text)
		}
	}
}

func TestWorseThanChanceIsWarnedOf(t *testing.T) {
	binary := smallConfig(map[string]string{"model.likelihood": "bernoulli"})
	gaussian := smallConfig(map[string]string{"model.likelihood": "gaussian"})
	for name, c := range map[string]struct {
		config configs.Config
		loss   float64
		want   bool
	}{
		"as good as even odds": {binary, 10 * math.Ln2, false},
		"worse":                {binary, 10*math.Ln2 + 0.01, true},
		"a density":            {gaussian, 1000, false},
	} {
		w, got := WorseWarning(c.config, vae.Evaluation{NegELBO: c.loss}, 10)
		if got != c.want || got && !strings.Contains(w.Text, "above the 6.931 that even odds") {
			t.Errorf("%s: warned %v %q", name, got, w.Text)
		}
	}
}

// layered is an evaluation of two layers, of 2 dimensions above 3, whose
// dimensions all have the activities given.
func layered(upper, lower float64) vae.Evaluation {
	return vae.Evaluation{
		KL: 10, KLPerDim: make([]float64, 2), ActivityPerDim: slices.Repeat([]float64{upper}, 2),
		Lower: []vae.LowerLevel{{KLPerDim: make([]float64, 3), ActivityPerDim: slices.Repeat([]float64{lower}, 3)}},
	}
}

// Each cause has its warning, in the result and in run.json, and nothing else has.
func TestWarningsAtTheEnd(t *testing.T) {
	learning := map[string]string{"train.epochs": "30", "train.lr": "0.02", "train.batch_size": "8", "objective.beta": "0.1"}
	for name, c := range map[string]struct {
		settings map[string]string
		want     []string
	}{
		"a good run":                            {map[string]string{"data.validation": "10"}, []string{}},
		"collapsed":                             {map[string]string{"data.validation": "10", "objective.beta": "1000"}, []string{WarnCollapse}},
		"grey":                                  {map[string]string{"data.validation": "10", "data.binarize": "none"}, []string{WarnGrey}},
		"worse than chance":                     {map[string]string{"data.validation": "10", "train.epochs": "3", "train.lr": "5"}, []string{WarnCollapse, WarnWorse}},
		"by test":                               {nil, []string{WarnTestPicked}},
		"evaluated once, so nothing was picked": {map[string]string{"train.eval_every": "30"}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			settings := map[string]string{}
			for _, part := range []map[string]string{learning, c.settings} {
				for k, v := range part {
					settings[k] = v
				}
			}
			root := t.TempDir()
			result := trainWhole(t, root, "run", smallConfig(settings), 2)
			record, err := readRecord(filepath.Join(root, "run"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, codesOf(result.State.Warnings)); diff != "" {
				t.Errorf("warnings of a result with KL %g and %d active units: %s", result.Final.Evaluation.KL, result.Final.Evaluation.ActiveUnits(), diff)
			}
			if diff := cmp.Diff(result.State.Warnings, record.Warnings); diff != "" {
				t.Errorf("run.json: %s", diff)
			}
		})
	}
}

// A run that is continued is warned of once for each cause, as it then is.
func TestWarningsAreOfTheNewestEnd(t *testing.T) {
	root := t.TempDir()
	trainWhole(t, root, "run", smallConfig(map[string]string{"data.binarize": "none", "train.epochs": "2", "train.schedule": "cosine"}), 1)
	dir := filepath.Join(root, "run")
	for _, epochs := range []int{30, 31} {
		if _, err := resume(t, dir, epochs, 1); err != nil {
			t.Fatal(err)
		}
	}
	record, err := readRecord(dir)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, w := range record.Warnings {
		counts[w.Code]++
	}
	if counts[WarnSchedule] != 1 || counts[WarnGrey] != 1 || counts[WarnTestPicked] != 1 {
		t.Errorf("warnings %v", counts)
	}
	if text, _ := textOf(record.Warnings, WarnSchedule); !strings.Contains(text, "that of 31") {
		t.Errorf("the warning of the schedule is not of the last continuation: %s", text)
	}
}

// Pixels that are no longer, or never were, grey need no warning; those in colour need
// another one.
func TestPixelsAreWarnedOf(t *testing.T) {
	grey, colour := rundir.Dataset{Height: 2, Width: 2, Channels: 1}, rundir.Dataset{Height: 2, Width: 2, Channels: 3}
	binary := grey
	binary.Binary = true
	for name, c := range map[string]struct {
		settings map[string]string
		images   rundir.Dataset
		want     string
	}{
		"grey":               {map[string]string{"data.binarize": "none"}, grey, WarnGrey},
		"binary as they are": {map[string]string{"data.binarize": "none"}, binary, ""},
		"drawn":              {map[string]string{"data.binarize": "dynamic"}, grey, ""},
		"a density":          {map[string]string{"data.binarize": "none", "model.likelihood": "gaussian"}, grey, ""},
		"colour":             {map[string]string{"data.binarize": "none"}, colour, ""},
		"colour as binary":   {map[string]string{"data.binarize": "none", "model.likelihood": "bernoulli"}, colour, WarnColour},
		"colour, drawn":      {map[string]string{"data.binarize": "dynamic"}, colour, ""},
	} {
		if w, ok := PixelWarning(smallConfig(c.settings), c.images); ok != (c.want != "") || w.Code != c.want {
			t.Errorf("%s: warning %q", name, w.Code)
		}
	}
}
