// Command layering checks that the packages of this module import each other
// downwards only, from floor to floor of the list below.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

const module = "vaectl"

// floors lists every package of the module, from the roof to the ground. The
// code of a package, its tests excepted, imports packages of lower floors only;
// those on one floor know nothing of each other.
func floors() [][]string {
	return [][]string{
		{"cmd/vaectl"},
		{"internal/sweep"},
		{"internal/show/report"},
		{"internal/show/explorer", "internal/show/gallery", "internal/export/page", "internal/export/onnx", "internal/export/torch"},
		{"internal/show/comparison"},
		{"internal/show/words", "internal/show/ranking"},
		{"internal/show/posteriors"},
		{"internal/dev/exporttest/table"},
		{"internal/dev/exporttest"},
		{"internal/export/latent"},
		{"train"},
		{"train/rundir"},
		{"internal/draw/plots", "internal/draw/picture", "internal/draw/page"},
		{"internal/dev/testkit/small"},
		{"vae"},
		{"vae/arch"},
		{"loss"},
		{"internal/dev/testkit"},
		{"data", "configs"},
		{"internal/format/source"},
		{"internal/format/atomicfile", "internal/format/idx", "internal/format/onnx", "internal/format/raster", "internal/format/safetensors", "internal/format/strictyaml", "internal/format/tfevents", "internal/format/vectors"},
		{"internal/format/npy"},
		{"internal/compute/graph", "internal/compute/comm", "internal/compute/noise", "internal/compute/diagnosis", "internal/compute/memory"},
		{"internal/compute/conv"},
		{"internal/compute/kernel"},
		{"internal/typo", "internal/printable", "internal/hinted", "internal/finite", "internal/lines"},
		{"internal/dev/golden", "internal/dev/layering", "internal/dev/peer", "internal/export/page/gen"},
	}
}

type listed struct {
	ImportPath string
	Imports    []string
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "layering:", err)
		os.Exit(1)
	}
}

func run(stdout io.Writer) error {
	packages, err := list()
	if err != nil {
		return err
	}
	wrong := violations(packages, floors())
	for _, w := range wrong {
		fmt.Fprintln(stdout, w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d violations of the floors", len(wrong))
	}
	return nil
}

func list() ([]listed, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %s", exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	var packages []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); {
		var p listed
		if err := decoder.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		packages = append(packages, p)
	}
	return packages, nil
}

// violations describes every import that does not go down, and every package
// that is missing from the floors or is on them without being in the module.
func violations(packages []listed, floors [][]string) []string {
	floorOf := map[string]int{}
	for i, floor := range floors {
		for _, name := range floor {
			floorOf[name] = i
		}
	}
	var wrong []string
	found := map[string]bool{}
	for _, p := range packages {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		found[from] = true
		own, listed := floorOf[from]
		if !listed {
			wrong = append(wrong, from+" is on no floor")
			continue
		}
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module+"/")
			if below, listed := floorOf[to]; ours && listed && below <= own {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", from, to))
			}
		}
	}
	for _, name := range slices.Concat(floors...) {
		if !found[name] {
			wrong = append(wrong, name+" is on a floor but not in the module")
		}
	}
	return wrong
}
