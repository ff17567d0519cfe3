package main

import (
	"context"
	_ "embed" // for the scripts
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

//go:embed torch_vae.py
var torchSource []byte

//go:embed jax_vae.py
var jaxSource []byte

// rival is a library that vaectl is compared with.
type rival struct {
	name     string
	script   string // a program for Python
	pythons  []python
	settings func(p python, row comparison) []setting
	decodes  bool // the script has decodeFlag
	bf16     bool // and --bf16
}

// whyNot says what keeps the rival from doing a row; empty if nothing does.
func (r *rival) whyNot(row comparison) string {
	switch {
	case len(r.pythons) == 0:
		return "not installed"
	case row.decoding && !r.decodes:
		return "training only"
	case row.bf16 && !r.bf16:
		return "float32 only"
	}
	return ""
}

// findRivals writes the scripts to a directory and finds who can run them. PyTorch has to be there; JAX need not.
func findRivals(ctx context.Context, run runner, dir string, named []string, cores int, coreTypes []string, log func(string)) ([]rival, error) {
	torch := rival{name: "PyTorch", decodes: true, bf16: true, settings: func(p python, row comparison) []setting {
		return torchSettings(p, row, cores, coreTypes)
	}}
	jax := rival{name: "JAX", settings: jaxSettings}
	var err error
	if torch.script, err = writeScript(dir, "torch_vae.py", torchSource); err != nil {
		return nil, err
	}
	if jax.script, err = writeScript(dir, "jax_vae.py", jaxSource); err != nil {
		return nil, err
	}
	var failures []string
	if torch.pythons, failures, err = findPythons(ctx, run, torch.script, named); err != nil {
		return nil, err
	}
	if len(torch.pythons) == 0 || len(named) > 0 && len(failures) > 0 {
		return nil, &noTorchError{failures}
	}
	if jax.pythons, failures, err = findPythons(ctx, run, jax.script, named); err != nil {
		return nil, err
	}
	if len(jax.pythons) == 0 {
		log(fmt.Sprintf("no Python with JAX, which is left out: %s", strings.Join(failures, "; ")))
	}
	return []rival{torch, jax}, nil
}

func writeScript(dir, name string, source []byte) (string, error) {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, source, 0o600); err != nil {
		return "", fmt.Errorf("writing a script: %w", err)
	}
	return path, nil
}
