package main

import (
	"slices"
	"testing"
)

func TestViolations(t *testing.T) {
	packages := []listed{
		{"vaectl/loss", []string{"fmt", "vaectl/internal/graph", "vaectl/train"}},
		{"vaectl/data", []string{"vaectl/vae"}},
		{"vaectl/vae", []string{"vaectl/loss"}},
	}
	got := violations(packages, allowed())
	if want := []string{"loss imports train", "data imports vae"}; !slices.Equal(got, want) {
		t.Errorf("violations %q, want %q", got, want)
	}
}

// A table with a cycle would allow what it is there to forbid.
func TestTheTableGoesDownOnly(t *testing.T) {
	table := allowed()
	var visit func(at string, path []string)
	visit = func(at string, path []string) {
		if slices.Contains(path, at) {
			t.Fatalf("the table allows a cycle: %v to %s", path, at)
		}
		for _, next := range table[at] {
			visit(next, append(slices.Clone(path), at))
		}
	}
	for from := range table {
		visit(from, nil)
	}
}
