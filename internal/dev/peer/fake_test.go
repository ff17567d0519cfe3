package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// fake answers commands in place of vaectl and PyTorch and remembers them.
type fake struct {
	help     string
	ours     func(command) (string, error)
	theirs   func(command) (string, error)
	commands []command
}

func (f *fake) run(ctx context.Context, c command) ([]byte, error) {
	f.commands = append(f.commands, c)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case slices.Contains(c.args, "--help"):
		return []byte(f.help), nil
	case c.name == "vaectl":
		out, err := f.ours(c)
		return []byte(out), err
	case strings.HasPrefix(c.name, "python"):
		out, err := f.theirs(c)
		return []byte(out), err
	}
	return nil, fmt.Errorf("nobody answers to %q", c.name)
}

// sides names who was measured, in order, without the runs shorter than a round.
func (f *fake) sides(seconds string) string {
	var sides strings.Builder
	for _, c := range f.commands {
		if flagValue(c, "--seconds") != seconds {
			continue
		}
		if c.name == "vaectl" {
			sides.WriteByte('o')
		} else {
			sides.WriteByte('p')
		}
	}
	return sides.String()
}

// flagValue is the value after name; empty if the command has none.
func flagValue(c command, name string) string {
	if i := slices.Index(c.args, name); i >= 0 && i+1 < len(c.args) {
		return c.args[i+1]
	}
	return ""
}

// answers gives each of texts once, in order, then the last for ever.
func answers(texts ...string) func(command) (string, error) {
	return func(command) (string, error) {
		text := texts[0]
		if len(texts) > 1 {
			texts = texts[1:]
		}
		return text, nil
	}
}

func failing(text string) func(command) (string, error) {
	return func(command) (string, error) { return "", errors.New(text) }
}

func images(rate float64) string {
	return fmt.Sprintf(`{"images_per_s":%g,"samples_per_s":%g,"gemm_bound_images_per_s":%g,"kernel":"avx512","threads":2}`, rate, 1000*rate, 1.25*rate)
}

func newComparer(t *testing.T, f *fake, pythons ...python) *comparer {
	t.Helper()
	torch := rival{name: "PyTorch", script: "torch_vae.py", pythons: pythons, decodes: true, bf16: true,
		settings: func(p python, row comparison) []setting { return torchSettings(p, row, 2, nil) }}
	return &comparer{
		run: f.run, load: func() load { return load{at: time.Unix(1, 0), average: 0.5, busy: -1} }, log: io.Discard, hop: func() time.Duration { return 75 },
		vaectl: "vaectl", scratch: t.TempDir(), rivals: []rival{torch},
		rounds: 3, seconds: 2, searchSeconds: 1, ranked: map[string]ranking{},
	}
}
