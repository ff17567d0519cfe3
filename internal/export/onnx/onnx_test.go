package onnx_test

import (
	"os"
	"path/filepath"
	"testing"

	"vaectl/internal/dev/exporttest"
	"vaectl/internal/dev/testkit/small"
	"vaectl/internal/export/onnx"
	format "vaectl/internal/format/onnx"
	"vaectl/vae"
)

// largestDifference is what 32-bit arithmetic in another order may come to.
const largestDifference = 1e-5

// ONNX Runtime computes what the model does: every preset, architecture, likelihood
// and prior, 64 images, codes and draws of each.
func TestOnnxRuntime(t *testing.T) {
	python := exporttest.Python(t, "numpy, onnx, onnxruntime")
	all := exporttest.Differences(t, python, filepath.Join("testdata", "check.py"), writeCases(t))
	exporttest.Report(t, exporttest.OnnxRuntime, all, largestDifference)
}

// writeCases writes the graphs of all cases into a folder, with arrays to compare with.
func writeCases(t *testing.T) string {
	t.Helper()
	e := small.Engine(t, "", 2)
	dir := t.TempDir()
	for _, c := range exporttest.Cases() {
		write(t, e, c, filepath.Join(dir, c.Name))
	}
	return dir
}

// write writes a case's graphs and the arrays to compare them with.
func write(t *testing.T, e *vae.Engine, c exporttest.Case, dir string) {
	t.Helper()
	m := exporttest.Prepare(t, e, c, dir)
	graphs, err := onnx.New(m, onnx.Provenance{Run: c.Name, Version: "test", ClassNames: []string{"a", "b"}})
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	for name, g := range map[string]format.Model{"encoder": graphs.Encoder, "decoder": graphs.Decoder, "sampler": graphs.Sampler} {
		f, err := os.Create(filepath.Join(dir, name+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		if err := format.Write(f, g); err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
