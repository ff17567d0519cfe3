package torch_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaectl/data"
	"vaectl/internal/dev/exporttest"
	"vaectl/internal/dev/testkit/small"
	"vaectl/internal/export/torch"
	"vaectl/vae"
)

// largestDifference is what 32-bit arithmetic in another order may come to.
const largestDifference = 1e-5

// beyond says that PyTorch has no function for a case.
func beyond(name string) bool { return name == "prior-student-t-full" }

// The generated modules compute what the models do: every preset, architecture,
// likelihood and prior. Their draws have the prior's distribution.
func TestTorch(t *testing.T) {
	python := exporttest.Python(t, "numpy, torch, safetensors")
	e := small.Engine(t, "", 2)
	dir := t.TempDir()
	for _, c := range exporttest.Cases() {
		if !beyond(c.Name) {
			write(t, e, c, filepath.Join(dir, c.Name))
		}
	}
	all := exporttest.Differences(t, python, filepath.Join("testdata", "check.py"), dir)
	exporttest.Report(t, exporttest.PyTorch, all, largestDifference)
}

// write writes a case's module and weights and the arrays to compare them with.
func write(t *testing.T, e *vae.Engine, c exporttest.Case, dir string) {
	t.Helper()
	m := exporttest.Prepare(t, e, c, dir)
	for name, content := range map[string]func(io.Writer) error{
		"model.py":        func(w io.Writer) error { return torch.Write(w, m, torch.Provenance{Run: c.Name, Version: "test"}) },
		torch.WeightsFile: func(w io.Writer) error { return m.Write(w, nil) },
	} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := content(f); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A part that PyTorch has nothing for is named.
func TestUnsupported(t *testing.T) {
	e := small.Engine(t, "", 2)
	for _, c := range exporttest.Cases() {
		if !beyond(c.Name) {
			continue
		}
		m, err := c.Model(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := torch.Write(io.Discard, m, torch.Provenance{}); !errors.Is(err, torch.ErrUnsupported) || !strings.Contains(err.Error(), "prior student-t") {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// Names that others chose do not break the file.
func TestNamesAreQuoted(t *testing.T) {
	m, err := exporttest.Case{Image: data.Shape{Height: 4, Width: 4, Channels: 1}}.Model(small.Engine(t, "", 2))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := torch.Write(&text, m, torch.Provenance{Run: `a"""` + "\n\\", Dataset: `"""`}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(text.String(), `"""`); got != strings.Count(moduleOf(t, m), `"""`) {
		t.Errorf("%d docstring quotes", got)
	}
}

func moduleOf(t *testing.T, m *vae.Model) string {
	t.Helper()
	var text strings.Builder
	if err := torch.Write(&text, m, torch.Provenance{}); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
