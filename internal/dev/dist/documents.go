package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// documents are the man pages and the completions, as the program writes them.
func documents(ctx context.Context, program, folder string, from source) ([]entry, error) {
	if _, err := ask(ctx, program, from, "man", "--out", folder); err != nil {
		return nil, err
	}
	pages, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(folder, page.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{"man/man1/" + page.Name(), 0o644, text})
	}
	for shell, name := range map[string]string{"bash": "vaectl.bash", "zsh": "_vaectl", "fish": "vaectl.fish", "powershell": "vaectl.ps1"} {
		text, err := ask(ctx, program, from, "completion", shell)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{"completions/" + name, 0o644, text})
	}
	return all, nil
}

// ask runs the program and returns what it writes.
func ask(ctx context.Context, program string, from source, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", from.time.Unix()))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("vaectl %v: %w", args, err)
	}
	return out, nil
}
