package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// python is an interpreter that has PyTorch or JAX, as a script's --check describes it.
type python struct {
	Version    string `json:"python"`
	Executable string `json:"executable"`
	Torch      string `json:"torch"`
	JAX        string `json:"jax"`
	BLAS       string `json:"blas"` // mkl, openblas or other
	CanCompile bool   `json:"can_compile"`
	FusedAdam  bool   `json:"fused_adam"` // on the CPU
	CanPin     bool   `json:"can_pin"`    // to one core
}

// findPythons returns the interpreters that can run a script, of those named or, if
// none is named, of those in the usual places, and what is wrong with the others.
func findPythons(ctx context.Context, run runner, script string, named []string) (found []python, failures []string, err error) {
	candidates := named
	if len(named) == 0 {
		candidates = usualPythons(os.Getenv)
	}
	seen := map[string]bool{}
	for _, candidate := range candidates {
		p, err := checkPython(ctx, run, script, candidate)
		switch {
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case err != nil:
			failures = append(failures, fmt.Sprintf("%s: %v", candidate, err))
		case !seen[p.Executable]:
			seen[p.Executable] = true
			found = append(found, p)
		}
	}
	return found, failures, nil
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
	if p.Torch == "" && p.JAX == "" {
		return python{}, fmt.Errorf("--check named no version: %q", lastLine(out))
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
