// Command layering checks that the packages of this module import each other
// downwards only, in the order the table below gives.
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

// allowed maps each package to the packages of this module that its code, its
// tests excepted, may import. A package that imports none may be left out.
func allowed() map[string][]string {
	return map[string][]string{
		"cmd/vaectl": {
			"configs", "data", "loss", "train", "vae",
			"internal/atomicfile", "internal/explorer", "internal/gallery", "internal/kernel", "internal/noise", "internal/picture", "internal/plots",
			"internal/page", "internal/typo", "internal/vectors",
		},
		"internal/explorer": {
			"configs", "data", "loss", "train", "vae",
			"internal/diagnosis", "internal/kernel", "internal/noise", "internal/picture",
		},
		"internal/gallery": {"loss", "train", "vae", "internal/picture", "internal/plots"},
		"train": {
			"configs", "data", "loss", "vae",
			"internal/atomicfile", "internal/kernel", "internal/noise", "internal/picture", "internal/safetensors", "internal/tfevents", "internal/typo",
		},
		"vae":                {"configs", "data", "loss", "internal/diagnosis", "internal/graph", "internal/kernel", "internal/noise", "internal/safetensors"},
		"loss":               {"configs", "internal/graph", "internal/kernel", "internal/noise"},
		"internal/diagnosis": {"internal/kernel"},
		"internal/plots":     {"internal/diagnosis"},
		"internal/graph":     {"internal/kernel"},
		"internal/noise":     {"internal/kernel"},
		"data":               {"internal/atomicfile", "internal/kernel", "internal/noise", "internal/typo"},
		"configs":            {"internal/typo"},
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
	wrong := violations(packages, allowed())
	for _, w := range wrong {
		fmt.Fprintln(stdout, w)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d imports go the wrong way", len(wrong))
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

// violations describes every import the table does not allow.
func violations(packages []listed, table map[string][]string) []string {
	var wrong []string
	for _, p := range packages {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.Contains(table[from], to) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s", from, to))
			}
		}
	}
	return wrong
}
