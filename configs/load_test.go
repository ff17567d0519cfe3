package configs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
)

func TestPresets(t *testing.T) {
	want := map[string][]configs.Difference{
		"article-normal": {
			{Key: "prior.mean", A: "0", B: "0.5"},
			{Key: "prior.std", A: "1", B: "0.1"},
		},
		"article-uniform": {{Key: "prior.name", A: "normal", B: "uniform"}},
		"default":         nil,
		"latent2": {
			{Key: "model.hidden", A: "400", B: "400,200"},
			{Key: "model.latent", A: "20", B: "2"},
			{Key: "train.epochs", A: "10", B: "30"},
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
		got[name] = configs.Diff(configs.Default(), c)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
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
		"no preset":       {"banana", `"banana" is neither a file nor one of the presets article-normal, article-uniform, default, latent2`, nil},
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
