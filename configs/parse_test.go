package configs_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"vaectl/configs"
)

func TestParseReadsOverTheDefaults(t *testing.T) {
	cases := map[string]struct {
		text string
		want func(*configs.Config)
	}{
		"nothing":        {"", func(*configs.Config) {}},
		"only a comment": {"# nothing\n", func(*configs.Config) {}},
		"empty document": {"---\n", func(*configs.Config) {}},
		"empty section":  {"model:\ntrain:\n", func(*configs.Config) {}},
		"byte order mark": {"\ufeffmodel: {latent: 3}", func(c *configs.Config) {
			c.Model.Latent = 3
		}},
		"every type": {
			`
data: {dataset: kmnist, dir: "/tmp/some where", binarize: dynamic}
model: {hidden: [200, 100], latent: 5}
prior: {name: uniform, low: -2, high: [1, 2, 3, 4, 5.5]}
objective: {beta: 0.5, kl_warmup: 2}
train: {lr: 1e-4, seed: 18446744073709551615, epochs: 30}
`,
			func(c *configs.Config) {
				c.Data.Dataset, c.Data.Dir, c.Data.Binarize = "kmnist", "/tmp/some where", "dynamic"
				c.Model.Hidden, c.Model.Latent = []int{200, 100}, 5
				c.Prior.Name, c.Prior.Low, c.Prior.High = "uniform", configs.Floats{-2}, configs.Floats{1, 2, 3, 4, 5.5}
				c.Objective.Beta, c.Objective.KLWarmup = 0.5, 2
				c.Train.LearningRate, c.Train.Seed, c.Train.Epochs = 1e-4, 1<<64-1, 30
			},
		},
		"one value for a list":         {"model: {hidden: 300}", func(c *configs.Config) { c.Model.Hidden = []int{300} }},
		"words and numbers of classes": {"data: {without_classes: [4, Food & Drink, 007]}", func(c *configs.Config) { c.Data.WithoutClasses = configs.Words{"4", "Food & Drink", "007"} }},
		"one class":                    {"data: {without_classes: 4}", func(c *configs.Config) { c.Data.WithoutClasses = configs.Words{"4"} }},
		"a list of none":               {"model: {hidden: []}", func(c *configs.Config) { c.Model.Hidden = nil }},
		"a whole number as a float":    {"train: {batch_size: 1e2}", func(c *configs.Config) { c.Train.BatchSize = 100 }},
		"underscores in a number":      {"train: {epochs: 1_000}", func(c *configs.Config) { c.Train.Epochs = 1000 }},
		"a word that is a yaml 1.1 no": {"data: {dir: no}", func(c *configs.Config) { c.Data.Dir = "no" }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			want := configs.Default()
			c.want(&want)
			got, err := configs.Parse(strings.NewReader(c.text), "test.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	cases := map[string]struct {
		text string
		want []string // each one line of the error
	}{
		"unknown key": {
			"model:\n  latnet: 3\n",
			[]string{`test.yaml:2: unknown key "model.latnet": did you mean "model.latent"?`},
		},
		"unknown key like no other": {
			"model:\n  bananas: 3\n",
			[]string{`test.yaml:2: unknown key "model.bananas"`},
		},
		"unknown section": {
			"\nmodell: {}\n",
			[]string{`test.yaml:2: unknown key "modell": did you mean "model"?`},
		},
		"key without its section": {
			"latent: 3\n",
			[]string{`test.yaml:1: unknown key "latent": did you mean "model.latent"?`},
		},
		"key of another section": {
			"train: {beta: 3}\n",
			[]string{`test.yaml:1: unknown key "train.beta": did you mean "objective.beta"?`},
		},
		"flag for a key": {
			"train:\n  batch-size: 3\n",
			[]string{`test.yaml:2: unknown key "train.batch-size": did you mean "train.batch_size"?`},
		},
		"flag of another section": {
			"model: {prior-std: 3}\n",
			[]string{`test.yaml:1: unknown key "model.prior-std": did you mean "prior.std"?`},
		},
		"dotted key": {
			"model.latent: 3\n",
			[]string{`test.yaml:1: unknown key "model.latent": did you mean "model.latent"?`},
		},
		"merge key": {
			"model:\n  <<: {latent: 3}\n",
			[]string{`test.yaml:2: unknown key "model.<<"`},
		},
		"word for a whole number": {
			"model:\n  latent: twenty\n",
			[]string{`test.yaml:2: model.latent is "twenty": must be a whole number`},
		},
		"fraction for a whole number": {
			"model: {latent: 20.5}",
			[]string{"test.yaml:1: model.latent is 20.5: must be a whole number"},
		},
		"quoted number": {
			`model: {latent: "20"}`,
			[]string{`test.yaml:1: model.latent is "20": must be a whole number`},
		},
		"float too large to count with": {
			"train: {seed: 1e17}",
			[]string{"test.yaml:1: train.seed is 1e17: must be a whole number from 0 to 2^64-1"},
		},
		"whole number too large": {
			"train: {epochs: 99999999999999999999}",
			[]string{"test.yaml:1: train.epochs is 99999999999999999999: must be a whole number"},
		},
		"negative seed": {
			"train: {seed: -1}",
			[]string{"test.yaml:1: train.seed is -1: must be a whole number from 0 to 2^64-1"},
		},
		"list for a number": {
			"train:\n  lr:\n    - 1\n",
			[]string{"test.yaml:3: train.lr is a list: must be a number"},
		},
		"a list of lists of classes": {
			"data: {without_classes: [4, [5]]}",
			[]string{"test.yaml:1: data.without_classes is a list: must be a word, or a list of words"},
		},
		"section for a word": {
			"data:\n  dataset: {name: mnist}\n",
			[]string{"test.yaml:2: data.dataset is a section: must be a word"},
		},
		"number for a word": {
			"data: {dataset: 7}",
			[]string{"test.yaml:1: data.dataset is 7: must be a word; put it in quotes if it is one"},
		},
		"truth for a word": {
			"data: {binarize: true}",
			[]string{"test.yaml:1: data.binarize is true: must be a word; put it in quotes if it is one"},
		},
		"nothing for a number": {
			"model:\n  latent:\n",
			[]string{"test.yaml:2: model.latent is empty: must be a whole number"},
		},
		"not a number": {
			"prior: {std: .nan}",
			[]string{"test.yaml:1: prior.std is .nan: must be a finite number"},
		},
		"infinite": {
			"prior: {std: [1, -.inf]}",
			[]string{"test.yaml:1: prior.std is -.inf: must be a finite number"},
		},
		"number too large for float64": {
			"prior: {std: 1e999}",
			[]string{`test.yaml:1: prior.std is "1e999": must be a number`},
		},
		"list in a list": {
			"prior: {std: [[1]]}",
			[]string{"test.yaml:1: prior.std is a list: must be a number"},
		},
		"section for a list": {
			"model: {hidden: {a: 1}}",
			[]string{"test.yaml:1: model.hidden is a section: must be a whole number, or a list of whole numbers"},
		},
		"endless list": {
			"prior: {std: [1" + strings.Repeat(",1", 5000) + "]}",
			[]string{"test.yaml:1: prior.std has 5001 values: more than 4096 are never needed"},
		},
		"repeated key": {
			"model:\n  latent: 3\n  latent: 4\n",
			[]string{"test.yaml:3: model.latent is already set in line 2"},
		},
		"repeated section": {
			"model: {latent: 3}\nmodel: {latent: 4}\n",
			[]string{"test.yaml:2: model is already set in line 1"},
		},
		"anchor": {
			"model: {latent: &n 3}\n",
			[]string{"test.yaml:1: model.latent uses an anchor or alias: write the value itself"},
		},
		"bomb of aliases": {
			"model: {hidden: &a [1,1]}\nprior:\n  mean: [*a,*a,*a]\n",
			[]string{
				"test.yaml:1: model.hidden uses an anchor or alias: write the value itself",
				"test.yaml:3: prior.mean uses an anchor or alias: write the value itself",
			},
		},
		"section by alias": {
			"train: &t {epochs: 3}\nmodel: *t\n",
			[]string{
				"test.yaml:1: train uses an anchor or alias: write the value itself",
				"test.yaml:2: model uses an anchor or alias: write the value itself",
			},
		},
		"alias without anchor": {
			"model: {latent: *n}\n",
			[]string{"test.yaml: not YAML around here: unknown anchor 'n' referenced"},
		},
		"section that is a value": {
			"model: 3\n",
			[]string{"test.yaml:1: model is 3: must be a section with settings below it"},
		},
		"file that is a word": {
			"article-normal\n",
			[]string{`test.yaml:1: is "article-normal": must be sections, one of data, model, prior, objective, train`},
		},
		"file that is a list": {
			"- a\n- b\n",
			[]string{"test.yaml:1: is a list: must be sections, one of data, model, prior, objective, train"},
		},
		"key that is a list": {
			"[a, b]: 3\n",
			[]string{"test.yaml:1: a key is a list: must be a word"},
		},
		"two documents": {
			"model: {latent: 3}\n---\nmodel: {latent: 4}\n",
			[]string{"test.yaml:2: a second document starts here: a configuration is one document"},
		},
		"not yaml": {
			"model:\n  latent: [3\n",
			[]string{"test.yaml:1: not YAML around here: did not find expected ',' or ']'"},
		},
		"tab": {
			"model:\n\tlatent: 3\n",
			[]string{"test.yaml:2: not YAML around here: found character that cannot start any token"},
		},
		"binary": {
			"\x00\x01\x02",
			[]string{"test.yaml: not YAML around here: control characters are not allowed"},
		},
		"all at once": {
			"model:\n  latent: x\n  hiden: 3\ntrain:\n  epochs: 1.5\n",
			[]string{
				`test.yaml:2: model.latent is "x": must be a whole number`,
				`test.yaml:3: unknown key "model.hiden": did you mean "model.hidden"?`,
				"test.yaml:5: train.epochs is 1.5: must be a whole number",
			},
		},
		"too large": {
			strings.Repeat("# too large\n", 100_000),
			[]string{"test.yaml: is larger than 1048576 bytes: not a configuration file"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := configs.Parse(strings.NewReader(c.text), "test.yaml")
			if !errors.Is(err, configs.ErrInvalid) {
				t.Fatalf("Parse gives %v; want an error that is ErrInvalid", err)
			}
			if diff := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseKeepsLongValuesOutOfItsErrors(t *testing.T) {
	_, err := configs.Parse(strings.NewReader("model: {latent: "+strings.Repeat("x", 100_000)+"}"), "test.yaml")
	if err == nil || len(err.Error()) > 400 {
		t.Errorf("Parse of a long value gives an error of %d bytes; want a short one", len(err.Error()))
	}
}

func TestParsePassesOnTheErrorOfItsReader(t *testing.T) {
	_, err := configs.Parse(io.MultiReader(strings.NewReader("model: {latent: 3}"), iotest.ErrReader(os.ErrPermission)), "test.yaml")
	if !errors.Is(err, os.ErrPermission) || errors.Is(err, configs.ErrInvalid) {
		t.Errorf("Parse gives %v; want the reader's error and not ErrInvalid", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range configs.Presets() {
		text, err := configs.PresetText(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(text))
	}
	for _, text := range []string{
		"model: {hidden: [1, 2], latent: 3.0}", "prior: {std: .nan}", "a: &a [*a]", "--- !!map\n? [k]\n: v", "data: {dir: \"\\0\\n\\u2028\"}",
		"train: {seed: 0x10, lr: 1e-400}", "model:\n <<: *x", "data: {dir: !!binary aGk=}", "prior: {mean: !!float 1}", "...", "%YAML 1.2\n---\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := configs.Parse(bytes.NewReader(text), "fuzz.yaml")
		if err != nil {
			if !errors.Is(err, configs.ErrInvalid) {
				t.Fatalf("error is not ErrInvalid: %v", err)
			}
			return
		}
		if err := configs.Validate(c); err != nil {
			if !errors.Is(err, configs.ErrInvalid) {
				t.Fatalf("error is not ErrInvalid: %v", err)
			}
			return
		}
		var written bytes.Buffer
		if err := configs.WriteCommented(&written, c); err != nil {
			t.Fatal(err)
		}
		again, err := configs.Parse(&written, "written.yaml")
		if err != nil {
			t.Fatalf("what was written is refused: %v", err)
		}
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}
