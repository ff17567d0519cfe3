package sweep_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
	"vaectl/internal/sweep"
	"vaectl/train/rundir"
)

// parse reads a sweep called beta.
func parse(t testing.TB, text string) *sweep.File {
	t.Helper()
	f, err := sweep.Parse(strings.NewReader(text), "beta.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileSaysWhatIsVaried(t *testing.T) {
	f := parse(t, `
config: latent2
set: {train.epochs: 3, model.hidden: [200, 100]}
grid:
  objective.beta: [0.5, 1]
  prior:
    plain: {}
    narrow: {prior.mean: 0.5, prior.std: 0.1}
random:
  draws: 4
  train.lr: {low: 1e-4, high: 1e-2, scale: log}
  model.activation: [relu, tanh]
seeds: [7, 1]
judge: {figure: active_units, checkpoint: best}
validation: 100
`)
	if f.Name != "beta" || f.Draws != 4 || f.Validation != 100 || f.Base.Model.Latent != 2 || f.Base.Train.Epochs != 3 {
		t.Errorf("read %+v", f)
	}
	if want := (sweep.Criterion{Figure: "active_units", Highest: true, Checkpoint: rundir.Best}); f.Judge != want {
		t.Errorf("judge is %+v, want %+v", f.Judge, want)
	}
	if diff := cmp.Diff([]uint64{7, 1}, f.Seeds); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, v := range f.Variables {
		names = append(names, v.Name)
	}
	if diff := cmp.Diff([]string{"objective.beta", "prior", "train.lr", "model.activation"}, names); diff != "" {
		t.Error(diff)
	}
	trials := f.Trials()
	if len(trials) != 2*4*4 {
		t.Fatalf("%d trials", len(trials))
	}
	last := trials[len(trials)-1]
	if last.Config.Train.Seed != 1 || last.Config.Objective.Beta != 1 || !slices.Equal(last.Config.Prior.Std, configs.Floats{0.1}) || last.Config.Data.Validation != 100 {
		t.Errorf("the last trial is %+v", last)
	}
}

func TestFileIsReadBesideItsConfiguration(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"own.yaml": "model: {latent: 3}\n", "s.yaml": "config: own.yaml\nseeds: 2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f, err := sweep.Load(filepath.Join(dir, "s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Base.Model.Latent != 3 || len(f.Files) != 2 {
		t.Errorf("latent %d, files %q", f.Base.Model.Latent, f.Files)
	}
}

func TestFileErrorsNameTheLineAndTheWayOut(t *testing.T) {
	cases := map[string]struct{ text, want string }{
		"unknown section":      {"gird: {}", `beta.yaml:1: unknown key "gird": did you mean "grid"?`},
		"setting at the root":  {"train.lr: [1, 2]", "beta.yaml:1: unknown key \"train.lr\": settings stand below set, grid, random or quasirandom"},
		"unknown setting":      {"set: {train.lrr: 1}", `did you mean "train.lr"?`},
		"a flag for a setting": {"set: {objective.bta: 1}", `did you mean "objective.beta"?`},
		"a word for a number":  {"set:\n  objective.beta: much", "beta.yaml:2: objective.beta (--beta) is much: must be a number"},
		"not a list":           {"grid: {objective.beta: 1}", "grid.objective.beta is 1: must be a list of values; what all trials have stands below set"},
		"empty list":           {"grid: {objective.beta: []}", "grid.objective.beta has no values"},
		"twice a value":        {"grid: {objective.beta: [1, 2, 1]}", "grid.objective.beta has the value 1 twice"},
		"a section as a list":  {"grid: {beta: [1, 2]}", `grid.beta is a list, and unknown setting "beta": did you mean "objective.beta"?; a name of your own has cases below it`},
		"null value":           {"grid: {objective.beta: [1, null]}", "objective.beta is empty: must be a value of the setting"},
		"given twice":          {"set: {objective.beta: 1}\ngrid: {objective.beta: [1, 2]}", "objective.beta is given by set and by objective.beta"},
		"given by two":         {"grid:\n  objective.beta: [1, 2]\n  mine: {a: {objective.beta: 3}}", "objective.beta is given by objective.beta and by mine"},
		"seed as a setting":    {"grid: {train.seed: [1, 2]}", "train.seed is what seeds varies"},
		"validation":           {"set: {data.validation: 5}", "data.validation is set by validation, at the root of the file"},
		"threads":              {"set: {train.threads: 5}", "train.threads changes no result"},
		"no draws":             {"random: {train.lr: {low: 1, high: 2}}", "random has no draws: say how many points to draw"},
		"draws of nothing":     {"random: {draws: 3}", "random draws nothing"},
		"both kinds":           {"random: {draws: 3, train.lr: [1, 2]}\nquasirandom: {draws: 3, train.lr: [1, 2]}", "random in line 1 draws the points already"},
		"range of a word":      {"random: {draws: 3, model.init: {low: 1, high: 2}}", "model.init is a word and has no range: list its values"},
		"range in the grid":    {"grid: {train.lr: {low: 1, high: 2}}", "grid.train.lr is a section: must be a list of values"},
		"range upside down":    {"random: {draws: 3, train.lr: {low: 2, high: 1}}", "low 2 is not below high 1"},
		"half a range":         {"random: {draws: 3, train.lr: {low: 2}}", "is a range without both low and high"},
		"log of zero":          {"random: {draws: 3, objective.beta: {low: 0, high: 1, scale: log}}", "a log scale needs a low above 0, not 0"},
		"scale":                {"random: {draws: 3, objective.beta: {low: 0, high: 1, scale: wide}}", `scale is "wide": must be linear or log`},
		"fraction of a count":  {"random: {draws: 3, model.latent: {low: 1.5, high: 3}}", "model.latent is a whole number: low and high must be too"},
		"range word":           {"random: {draws: 3, train.lr: {min: 1, max: 2}}", `has no "min": a range has low, high and scale`},
		"no seeds":             {"seeds: 0", "seeds is 0: must be a whole number from 1 to 10000"},
		"seed twice":           {"seeds: [1, 2, 1]", "seeds has 1 twice"},
		"judge":                {"judge: los", `judge is "los": must be one of active_units, kl_nats, loss`},
		"judge key":            {"judge: {figur: loss}", `judge has no "figur": its keys are figure, goal and checkpoint`},
		"judge goal":           {"judge: {figure: loss, goal: up}", `judge.goal is "up": must be lowest or highest`},
		"one rung":             {"rungs: [3]", "must be a list of two or more epochs"},
		"rungs fall":           {"rungs: [3, 2]", "rungs: 2 follows 3: each must be later than the one before"},
		"rungs and epochs":     {"set: {train.epochs: 5}\nrungs: [1, 3]", "beta.yaml:1: train.epochs is the last of the rungs, 3: leave it out"},
		"rungs not evaluated":  {"set: {train.eval_every: 2}\nrungs: [3, 9]", "a rung after epoch 3 is not evaluated: train.eval_every is 2"},
		"keep":                 {"keep: 3", "keep is 3: must be a part between 0 and 1, as 1/3"},
		"preset":               {"config: latent3", `did you mean "latent2"?`},
		"a trial":              {"grid: {model.latent: [2, 3], prior: {a: {}, b: {prior.mean: [1, 2]}}}", "trial 3 of 4 (model.latent 3, prior b): prior.mean"},
		"too many":             {"grid: {objective.beta: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}\nseeds: 10000", "makes more than 20000 trials"},
		"anchor":               {"set: &a {objective.beta: 1}", "set uses an anchor or alias: write the value itself"},
		"second document":      {"seeds: 1\n---\nseeds: 2", "a second document starts here: a sweep is one document"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := sweep.Parse(strings.NewReader(c.text), "beta.yaml")
			if !errors.Is(err, configs.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestFileErrorsAreAllReportedAtOnce(t *testing.T) {
	_, err := sweep.Parse(strings.NewReader("seeds: 0\njudge: x\ngrid: {objective.beta: 1}\n"), "beta.yaml")
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 3 {
		t.Errorf("reported %q", lines)
	}
}

func TestRunsOfASweepHaveNamesThatRunsMayHave(t *testing.T) {
	for _, path := range []string{"-x.yaml", ".yaml", "a:b.yaml"} {
		if _, err := sweep.Parse(strings.NewReader(""), path); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}

// FuzzParse looks for files that panic, or that are taken and have trials that are not.
func FuzzParse(f *testing.F) {
	f.Add("grid: {objective.beta: [1, 2]}\nseeds: 3")
	f.Add("random: {draws: 3, train.lr: {low: 1e-4, high: 1e-2, scale: log}, model.latent: {low: 1, high: 3}}")
	f.Add("quasirandom: {draws: 3, model.init: [he, torch]}\nrungs: [1, 2]\nkeep: 1/2")
	f.Add("config: latent2\nset: {model.hidden: [1, 2]}\njudge: {figure: kl_nats, goal: highest}\nvalidation: 3")
	f.Add("grid: {x: {a: {prior.mean: 1}, b: {}}}")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := sweep.Parse(strings.NewReader(text), "beta.yaml")
		if err != nil {
			if !errors.Is(err, configs.ErrInvalid) {
				t.Errorf("error of another kind: %v", err)
			}
			return
		}
		for _, trial := range file.Trials() {
			if err := configs.Validate(trial.Config); err != nil {
				t.Fatalf("trial %d: %v", trial.Index, err)
			}
		}
	})
}
