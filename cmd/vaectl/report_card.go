package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"vaectl/internal/format/atomicfile"
	"vaectl/internal/show/report"
	"vaectl/train/rundir"
)

// writeCard writes the model card of a run.
func (o *reportOptions) writeCard(ctx context.Context, env environment, run *rundir.Run, r *report.Run) error {
	out := o.out
	if !o.flags.Changed("out") {
		out = run.Name() + "-card.md"
	}
	card := report.Card{Run: r, Program: "vaectl " + programVersion()}
	for _, name := range []string{"config.yaml", rundir.CheckpointFile(rundir.Last), rundir.CheckpointFile(rundir.Best)} {
		digest, err := digestOf(filepath.Join(run.Dir(), filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		card.Checksums = append(card.Checksums, [2]string{name, digest})
	}
	if err := atomicfile.WriteFile(out, func(w io.Writer) error { return card.Write(ctx, w) }); err != nil {
		return err
	}
	result := reportResult{Path: out, Runs: []string{run.Name()}, Paths: []string{run.Dir()}}
	if r.NoImages != nil {
		result.Missing = append(result.Missing, fmt.Sprintf("figures with errors and prior match: %v", r.NoImages))
	}
	if o.json {
		return writeJSON(env.stdout, result)
	}
	tellNotes(env, result.Missing)
	_, err := fmt.Fprintf(env.stdout, "%s: model card of %s\n", out, run.Name())
	return err
}

// digestOf is the SHA-256 of a file.
func digestOf(path string) (digest string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
