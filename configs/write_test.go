package configs_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"vaectl/configs"
)

func TestWrittenConfigurationsReadBack(t *testing.T) {
	finite := rapid.Float64().Filter(func(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) })
	floats := rapid.Map(rapid.SliceOfN(finite, 1, 4), func(list []float64) configs.Floats { return list })
	rapid.Check(t, func(t *rapid.T) {
		want := configs.Config{
			Data: configs.Data{
				Dataset: rapid.OneOf(rapid.SampledFrom([]string{"", "no", "~", "1", "null", "true", "# a", "a: b", "2001-01-01", "'", "<<", "a\nb"}), rapid.String()).Draw(t, "dataset"),
				Dir:     rapid.String().Draw(t, "dir"), Binarize: "none", WithoutClasses: rapid.SliceOf(rapid.String()).Draw(t, "classes"),
			},
			Model:     configs.Model{Hidden: rapid.SliceOf(rapid.Int()).Draw(t, "hidden"), Latent: rapid.Int().Draw(t, "latent")},
			Prior:     configs.Prior{Mean: floats.Draw(t, "mean"), Std: floats.Draw(t, "std"), Low: floats.Draw(t, "low"), High: floats.Draw(t, "high")},
			Objective: configs.Objective{Beta: finite.Draw(t, "beta")},
			Train:     configs.Train{LearningRate: finite.Draw(t, "rate"), Seed: rapid.Uint64().Draw(t, "seed")},
		}
		for name, write := range map[string]func(*bytes.Buffer) error{
			"WriteCommented": func(b *bytes.Buffer) error { return configs.WriteCommented(b, want) },
			"Write":          func(b *bytes.Buffer) error { return configs.Write(b, want) },
		} {
			var text bytes.Buffer
			if err := write(&text); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got, err := configs.Parse(&text, "written.yaml")
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%s: %s", name, diff)
			}
		}
	})
}

func TestWriteCommentedPutsEveryCommentAboveItsSetting(t *testing.T) {
	c := configs.Default()
	c.Prior.Mean = configs.Floats{0.5, 1}
	var text bytes.Buffer
	if err := configs.WriteCommented(&text, c); err != nil {
		t.Fatal(err)
	}
	want := `
  # Standard deviation of the normal prior: one value, or one for each dimension.
  # (--prior-std; 1e-6 to 1e6 units of z; default 1)
  std: 1
`
	if !strings.Contains(text.String(), want) || !strings.Contains(text.String(), "\n  mean: [0.5, 1]\n") {
		t.Errorf("want %s in\n%s", want, &text)
	}
	previous := ""
	for line := range strings.Lines(text.String()) {
		isComment := strings.HasPrefix(strings.TrimSpace(line), "#")
		if !isComment && !strings.HasPrefix(strings.TrimSpace(previous), "#") {
			t.Errorf("no comment above %q", line)
		}
		previous = line
	}
}

func TestWriteHasNoComments(t *testing.T) {
	var text bytes.Buffer
	if err := configs.Write(&text, configs.Default()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), "#") || !strings.Contains(text.String(), "\n  hidden: [400]\n") {
		t.Errorf("got\n%s", &text)
	}
}

func TestWritePassesOnTheErrorOfItsWriter(t *testing.T) {
	if err := configs.WriteCommented(failingWriter{}, configs.Default()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("WriteCommented gives %v; want the writer's error", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, os.ErrClosed }
