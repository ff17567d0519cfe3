package configs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
)

func TestPresets(t *testing.T) {
	one := []configs.Difference{{Key: "model.latent", A: "20", B: "50"}}
	two := []configs.Difference{
		{Key: "model.latent", A: "20", B: "100"},
		{Key: "model.upper_latent", A: "0", B: "50"},
		{Key: "model.upper_hidden", A: "", B: "100,100"},
	}
	normal := []configs.Difference{{Key: "prior.mean", A: "0", B: "0.5"}, {Key: "prior.std", A: "1", B: "0.1"}}
	uniform := []configs.Difference{{Key: "prior.name", A: "normal", B: "uniform"}}
	iwae := func(k string) []configs.Difference {
		return []configs.Difference{{Key: "objective.name", A: "elbo", B: "iwae"}, {Key: "objective.samples", A: "1", B: k}}
	}
	want := map[string][]configs.Difference{
		"article-normal": {
			{Key: "prior.mean", A: "0", B: "0.5"},
			{Key: "prior.std", A: "1", B: "0.1"},
		},
		"article-uniform": {{Key: "prior.name", A: "normal", B: "uniform"}},
		"burgess": {
			{Key: "data.size", A: "", B: "64"},
			{Key: "model.network", A: "dense", B: "conv"},
			{Key: "model.conv", A: "32,64", B: "32,32,32,32"},
			{Key: "model.hidden", A: "400", B: "256,256"},
			{Key: "model.latent", A: "20", B: "10"},
		},
		"burgess32": {
			{Key: "data.size", A: "", B: "32"},
			{Key: "model.network", A: "dense", B: "conv"},
			{Key: "model.conv", A: "32,64", B: "32,32,32"},
			{Key: "model.hidden", A: "400", B: "256,256"},
			{Key: "model.latent", A: "20", B: "10"},
		},
		"colour64": {
			{Key: "data.size", A: "", B: "64"},
			{Key: "model.network", A: "dense", B: "conv"},
			{Key: "model.conv", A: "32,64", B: "32,64,64,128"},
			{Key: "model.norm", A: "none", B: "group"},
			{Key: "model.hidden", A: "400", B: "256"},
			{Key: "model.latent", A: "20", B: "64"},
			{Key: "model.activation", A: "relu", B: "silu"},
			{Key: "model.likelihood", A: "auto", B: "logistic"},
			{Key: "model.pixel_std_learned", A: "false", B: "true"},
			{Key: "prior.name", A: "normal", B: "flow"},
			{Key: "objective.kl_warmup", A: "0", B: "10"},
		},
		"conv-mnist": {
			{Key: "model.network", A: "dense", B: "conv"},
			{Key: "model.hidden", A: "400", B: "256"},
			{Key: "model.init", A: "torch", B: "glorot"},
		},
		"pythae-mnist": {
			{Key: "data.dataset", A: "auto", B: "mnist"},
			{Key: "model.network", A: "dense", B: "conv"},
			{Key: "model.conv", A: "32,64", B: "128,256,512,1024"},
			{Key: "model.norm", A: "none", B: "batch"},
			{Key: "model.hidden", A: "400", B: ""},
			{Key: "model.latent", A: "20", B: "16"},
		},
		"default":              nil,
		"gated-normal":         gated(nil),
		"gated-vamp":           gated([]configs.Difference{{Key: "prior.name", A: "normal", B: "vamp"}}),
		"iwae-1layer-iwae-k5":  published(one, iwae("5")),
		"iwae-1layer-iwae-k50": published(one, iwae("50")),
		"iwae-1layer-normal":   published(one, normal),
		"iwae-1layer-uniform":  published(one, uniform),
		"iwae-1layer-vae-k1":   published(one, nil),
		"iwae-2layer-iwae-k5":  published(two, iwae("5")),
		"iwae-2layer-iwae-k50": published(two, iwae("50")),
		"iwae-2layer-vae-k1":   published(two, nil),
		"latent2": {
			{Key: "model.hidden", A: "400", B: "400,200"},
			{Key: "model.latent", A: "20", B: "2"},
		},
	}
	got := map[string][]configs.Difference{}
	for _, name := range configs.Presets() {
		c, err := configs.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := configs.Validate(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if warnings := configs.Warnings(c); len(warnings) > 0 {
			t.Errorf("%s: %q", name, warnings)
		}
		got[name] = slices.DeleteFunc(configs.Diff(configs.Default(), c), func(d configs.Difference) bool {
			return strings.HasPrefix(d.Key, "train.") // the recipe is tuned; what is trained is the paper's
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// published is what the presets of the IWAE paper's table share, and what each
// has beside it.
func published(model, rest []configs.Difference) []configs.Difference {
	all := []configs.Difference{
		{Key: "data.dataset", A: "auto", B: "mnist"},
		{Key: "data.binarize", A: "none", B: "dynamic"},
		{Key: "model.hidden", A: "400", B: "200,200"},
	}
	all = append(append(all, model...),
		configs.Difference{Key: "model.activation", A: "relu", B: "tanh"},
		configs.Difference{Key: "model.init", A: "torch", B: "glorot"},
		configs.Difference{Key: "model.output_bias", A: "init", B: "data"})
	return append(all, rest...)
}

// gated is what the presets of the VampPrior paper's table share, and what each
// has beside it.
func gated(prior []configs.Difference) []configs.Difference {
	all := []configs.Difference{
		{Key: "data.dataset", A: "auto", B: "mnist"},
		{Key: "data.binarize", A: "none", B: "dynamic"},
		{Key: "model.hidden", A: "400", B: "300,300"},
		{Key: "model.latent", A: "20", B: "40"},
		{Key: "model.gated", A: "false", B: "true"},
		{Key: "model.init", A: "torch", B: "he"},
	}
	return append(append(all, prior...), configs.Difference{Key: "objective.kl_warmup", A: "0", B: "100"})
}

func TestEveryPresetSettingHasItsReason(t *testing.T) {
	for _, name := range configs.Presets() {
		text, err := configs.PresetText(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(text, "# ") {
			t.Errorf("%s does not begin with what it is for", name)
		}
	}
}

func TestLoadReadsFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(path, []byte("model: {latent: 3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := configs.Load(path)
	if err != nil || c.Model.Latent != 3 {
		t.Errorf("Load gives latent %d, %v; want 3", c.Model.Latent, err)
	}

	t.Chdir(dir)
	if err := os.WriteFile("latent2", []byte("model: {latent: 7}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, latent := range map[string]int{"mine.yaml": 3, "latent2": 2, "./latent2": 7} {
		if c, err := configs.Load(name); err != nil || c.Model.Latent != latent {
			t.Errorf("Load(%q) gives latent %d, %v; want %d", name, c.Model.Latent, err, latent)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("model: {latnet: 3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		name, want string
		cause      error
	}{
		"misspelt preset": {"latent-2", `did you mean "latent2"?`, nil},
		"no preset":       {"banana", `"banana" is neither a file nor one of the presets article-normal, article-uniform, burgess, burgess32, colour64, conv-mnist, default, gated-normal`, nil},
		"nothing":         {"", `"" is neither a file nor one of the presets`, nil},
		"missing file":    {filepath.Join(dir, "none.yaml"), "none.yaml", fs.ErrNotExist},
		"directory":       {dir, "is a directory", nil},
		"bad file":        {bad, bad + `:1: unknown key "model.latnet": did you mean "model.latent"?`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := configs.Load(c.name)
			if !errors.Is(err, configs.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Load gives %v; want ErrInvalid with %q", err, c.want)
			}
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("Load gives %v; want it to be %v too", err, c.cause)
			}
		})
	}
}

func TestPresetTextRefuses(t *testing.T) {
	if _, err := configs.PresetText("defualt"); !errors.Is(err, configs.ErrInvalid) || !strings.Contains(err.Error(), `did you mean "default"?`) {
		t.Errorf("PresetText gives %v; want ErrInvalid with the nearest name", err)
	}
}
