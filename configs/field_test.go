package configs_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
)

func TestDefault(t *testing.T) {
	want := configs.Config{
		Data:  configs.Data{Dataset: "auto", Binarize: "none", WithoutClasses: configs.Words{}, Fit: "crop", Colour: "auto", Background: "white", TestShare: 0.1},
		Model: configs.Model{Network: "dense", Conv: halving(32, 64), Norm: "none", Upsampling: "transposed", Hidden: []int{400}, Latent: 20, UpperHidden: []int{}, Activation: "relu", Init: "torch", OutputBias: "init", Likelihood: "auto", LikelihoodComponents: 10, PixelStd: 0.1},
		Prior: configs.Prior{Name: "normal", Mean: configs.Floats{0}, Std: configs.Floats{1}, Low: configs.Floats{-1}, High: configs.Floats{1},
			Location: configs.Floats{0}, Scale: configs.Floats{1}, DoF: configs.Floats{5},
			Components: 500, PseudoInputs: "random", FlowLayers: 4, FlowHidden: 64, Radius: 1, Weights: configs.Floats{1}, Means: configs.Floats{-1, 1}, Stds: configs.Floats{0.5}, Standardize: "affine"},
		Objective: configs.Objective{Name: "elbo", Samples: 1, Gradient: "standard", Beta: 1, Capacity: 25, CapacityWeight: 100, MMDWeight: 100},
		Train: configs.Train{
			Epochs: 10, BatchSize: 128, Shards: 1, LearningRate: 1e-3, Seed: 1,
			Schedule: "constant", RateEvery: 10, RateFactor: 0.5,
			Optimizer: "adam", WeightDecay: 0.01, AdamBeta1: 0.9, AdamBeta2: 0.999, AdamEps: 1e-8, EvalEvery: 1, CheckpointEvery: 5, InitCheckpoint: "best",
		},
	}
	if diff := cmp.Diff(want, configs.Default()); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFieldIsDocumented(t *testing.T) {
	keys, flags := map[string]bool{}, map[string]bool{}
	for _, field := range configs.Fields() {
		if keys[field.Key] || flags[field.Flag] || field.Flag == "" || strings.ToLower(field.Key) != field.Key {
			t.Errorf("%s (--%s): key and flag must be lower case and nobody else's", field.Key, field.Flag)
		}
		keys[field.Key], flags[field.Flag] = true, true
		if len(field.Doc) < 20 || !strings.HasSuffix(field.Doc, ".") {
			t.Errorf("%s: doc comment %q is no sentence", field.Key, field.Doc)
		}
		if isNumber := strings.Contains(field.Kind, "number"); isNumber != (field.Unit != "") {
			t.Errorf("%s is %s with unit %q: numbers have one, words do not", field.Key, field.Kind, field.Unit)
		}
		for _, choice := range field.Choices {
			if len(field.Choices) > 1 && field.Kind != "true or false" && !strings.Contains(field.Doc, `"`+choice+`"`) && field.Key != "model.activation" {
				t.Errorf("%s: doc comment does not say what %q means", field.Key, choice)
			}
		}
	}
}

func TestKeysAreThoseOfFields(t *testing.T) {
	var want []string
	for _, field := range configs.Fields() {
		want = append(want, field.Key)
	}
	if diff := cmp.Diff(want, configs.Keys()); diff != "" || len(want) < 20 {
		t.Errorf("%d keys: %s", len(want), diff)
	}
}

func TestSet(t *testing.T) {
	cases := []struct {
		key, text, want, problem string
	}{
		{"data.dir", "a, b", "a, b", ""},
		{"model.latent", " 7 ", "7", ""},
		{"model.latent", "1e1", "", `model.latent (--latent) is 1e1: must be a whole number`},
		{"model.latent", "", "", `model.latent (--latent) is empty: must be a whole number`},
		{"model.hidden", "200, 100", "200,100", ""},
		{"model.hidden", "", "", ""},
		{"model.hidden", "200,", "", `model.hidden (--hidden) is 200,: must be a whole number, or several separated by commas`},
		{"prior.mean", "0.5,1e-3", "0.5,0.001", ""},
		{"prior.mean", "half", "", `prior.mean (--prior-mean) is half: must be a number, or several separated by commas`},
		{"prior.std", "NaN", "NaN", ""}, // for Validate to refuse
		{"train.lr", "0.01", "0.01", ""},
		{"train.seed", "18446744073709551615", "18446744073709551615", ""},
		{"train.seed", "-1", "", `train.seed (--seed) is -1: must be a whole number from 0 to 2^64-1`},
		{"train.sede", "1", "", `invalid configuration: unknown setting "train.sede": did you mean "train.seed"?`},
	}
	for _, c := range cases {
		t.Run(c.key+"="+c.text, func(t *testing.T) {
			config := configs.Default()
			err := config.Set(c.key, c.text)
			if c.problem != "" {
				if !errors.Is(err, configs.ErrInvalid) || err.Error() != c.problem {
					t.Errorf("Set gives %v; want %s", err, c.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := config.Get(c.key); err != nil || got != c.want {
				t.Errorf("Get gives %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestSetLeavesTheValueWhenItFails(t *testing.T) {
	for _, field := range configs.Fields() {
		if strings.HasPrefix(field.Kind, "a word") {
			continue
		}
		c := configs.Default()
		if err := c.Set(field.Key, "many"); err == nil {
			t.Errorf("%s takes a word", field.Key)
		}
		if differences := configs.Diff(configs.Default(), c); len(differences) != 0 {
			t.Errorf("after an error %v", differences)
		}
	}
}

func TestFloatsAt(t *testing.T) {
	if got := (configs.Floats{3}).At(7); got != 3 {
		t.Errorf("one value for all: At(7) = %v; want 3", got)
	}
	if got := (configs.Floats{3, 4}).At(1); got != 4 {
		t.Errorf("one value a dimension: At(1) = %v; want 4", got)
	}
	if got := (configs.Floats{math.Pi, -1e-30}).String(); got != "3.141592653589793,-1e-30" {
		t.Errorf("String() = %q; want digits enough to read the same numbers back", got)
	}
}

func TestDiff(t *testing.T) {
	a, b := configs.Default(), configs.Default()
	if differences := configs.Diff(a, b); len(differences) != 0 {
		t.Errorf("two defaults differ: %v", differences)
	}
	b.Model.Hidden, b.Prior.Mean, b.Data.Dir = []int{200, 200}, configs.Floats{0.5}, "/data"
	want := []configs.Difference{
		{Key: "data.dir", A: "", B: "/data"},
		{Key: "model.hidden", A: "400", B: "200,200"},
		{Key: "prior.mean", A: "0", B: "0.5"},
	}
	if diff := cmp.Diff(want, configs.Diff(a, b)); diff != "" {
		t.Error(diff)
	}
	if got := want[0].String(); got != "data.dir: empty against /data" {
		t.Errorf("String() = %q", got)
	}
}

// One of something is not two.
func TestQuantity(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"train.epochs", "1", "1 epoch"},
		{"train.epochs", "10", "10 epochs"},
		{"model.hidden", "400", "400 units a layer"},
		{"objective.samples", "1", "1 draw an image"},
		{"objective.beta", "1", "1 times the KL"},
		{"prior.means", "-1,1", "-1,1 units of z"},
		{"train.lr", "1", "1 per step"},
		{"model.network", "dense", "dense"},
	} {
		i := slices.IndexFunc(configs.Fields(), func(f configs.Field) bool { return f.Key == c.key })
		if got := configs.Fields()[i].Quantity(c.value); got != c.want {
			t.Errorf("%s of %s is %q, want %q", c.key, c.value, got, c.want)
		}
	}
}

// A short text ends with a clause, not within a citation.
func TestBriefIsAClause(t *testing.T) {
	for _, f := range configs.Fields() {
		brief := f.Brief()
		if brief == "" || strings.Count(brief, "(") != strings.Count(brief, ")") || strings.HasSuffix(brief, "al") {
			t.Errorf("%s: %q", f.Key, brief)
		}
	}
}
