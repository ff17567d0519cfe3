package main

import (
	"context"
	_ "embed" // for source
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed torch_vae.py
var source []byte

// python is an interpreter that has PyTorch, as torch_vae.py --check describes it.
type python struct {
	Version    string `json:"python"`
	Executable string `json:"executable"`
	Torch      string `json:"torch"`
	BLAS       string `json:"blas"` // mkl, openblas or other
	CanCompile bool   `json:"can_compile"`
	FusedAdam  bool   `json:"fused_adam"` // on the CPU
}

func writeScript(dir string) (string, error) {
	path := filepath.Join(dir, "torch_vae.py")
	if err := os.WriteFile(path, source, 0o600); err != nil {
		return "", fmt.Errorf("writing the script: %w", err)
	}
	return path, nil
}

// findPythons returns the interpreters with PyTorch: all of named, or an error
// that says which has none; or, if none is named, those in the usual places.
func findPythons(ctx context.Context, run runner, script string, named []string) ([]python, error) {
	candidates := named
	if len(named) == 0 {
		candidates = usualPythons(os.Getenv)
	}
	var found []python
	var failures []string
	seen := map[string]bool{}
	for _, candidate := range candidates {
		p, err := checkPython(ctx, run, script, candidate)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			failures = append(failures, fmt.Sprintf("%s: %v", candidate, err))
		case !seen[p.Executable]:
			seen[p.Executable] = true
			found = append(found, p)
		}
	}
	if len(found) == 0 || len(named) > 0 && len(failures) > 0 {
		return nil, &noTorchError{failures}
	}
	return found, nil
}

// usualPythons lists where an interpreter may be: the environment's PYTHON (several separated as in PATH), virtual
// environments, the PATH.
func usualPythons(getenv func(string) string) []string {
	candidates := filepath.SplitList(getenv("PYTHON"))
	for _, root := range []string{getenv("VIRTUAL_ENV"), getenv("CONDA_PREFIX"), ".venv", "venv"} {
		if root == "" {
			continue
		}
		path := filepath.Join(root, "bin", "python")
		if _, err := os.Stat(path); err == nil {
			candidates = append(candidates, path)
		}
	}
	return append(candidates, "python3", "python")
}

func checkPython(ctx context.Context, run runner, script, program string) (python, error) {
	if absolute, err := filepath.Abs(program); err == nil && strings.ContainsRune(program, filepath.Separator) {
		program = absolute
	}
	out, err := run(ctx, command{name: program, args: []string{script, "--check"}})
	if err != nil {
		return python{}, err
	}
	var p python
	if err := json.Unmarshal(lastLine(out), &p); err != nil {
		return python{}, fmt.Errorf("reading what --check wrote, %q: %w", lastLine(out), err)
	}
	if p.Torch == "" {
		return python{}, fmt.Errorf("--check named no version of torch: %q", lastLine(out))
	}
	p.Executable = program
	return p, nil
}

// noTorchError explains what was tried and how to install PyTorch.
type noTorchError struct{ failures []string }

func (e *noTorchError) Error() string {
	return "no Python with PyTorch:\n  " + strings.Join(e.failures, "\n  ") + `
hint: install it beside the project and run again:
  python3 -m venv .venv
  .venv/bin/pip install torch
or name a Python that has it: make peer PYTHON=/path/to/python
(torch.compile, which is often faster, also wants a C++ compiler)`
}
