package exporttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Difference is the largest one between what a model and another program computed, by
// name. Where the model is no preset it is a part of the range of the values if that is
// above 1, as of z of a prior with heavy tails.
type Difference map[string]float64

// Largest is the largest difference of all.
func (d Difference) Largest() float64 { return slices.Max(slices.Collect(maps.Values(d))) }

// folderVariable names a folder that differences are written to, a file for each
// program, for the table of them all.
const folderVariable = "VAECTL_DIFFERENCES"

// Programs that models are exported to, as Report knows them.
const (
	OnnxRuntime    = "ONNX Runtime"
	OnnxRuntimeWeb = "ONNX Runtime Web"
	PyTorch        = "PyTorch"
	Page           = "page, in 255ths of a pixel"
)

// Programs lists them.
func Programs() []string { return []string{OnnxRuntime, OnnxRuntimeWeb, PyTorch, Page} }

// Tabulated says whether the differences are for the table, which has every case.
func Tabulated() bool { return os.Getenv(folderVariable) != "" }

// Report tells the differences of a program from each case, and fails the test where
// one is larger than allowed.
func Report(t *testing.T, program string, all map[string]Difference, allowed float64) {
	t.Helper()
	if len(all) == 0 {
		t.Error("nothing was compared")
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		var told []string
		for _, output := range slices.Sorted(maps.Keys(all[name])) {
			d := all[name][output]
			told = append(told, fmt.Sprintf("%s %.1e", output, d))
			if !(d <= allowed) {
				t.Errorf("%s: %s differs by %g", name, output, d)
			}
		}
		t.Logf("%s: %s", name, strings.Join(told, ", "))
	}
	if folder := os.Getenv(folderVariable); folder != "" {
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, program+".json"), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
