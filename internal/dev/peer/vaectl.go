package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// build compiles the program as it is released and returns its path.
func build(ctx context.Context, run runner, dir string) (string, error) {
	path := filepath.Join(dir, "vaectl")
	_, err := run(ctx, command{
		name: "go", args: []string{"build", "-trimpath", "-o", path, "vaectl/cmd/vaectl"},
		environment: []string{"CGO_ENABLED=0"},
	})
	if err != nil {
		return "", fmt.Errorf("building vaectl: %w", err)
	}
	return path, nil
}
