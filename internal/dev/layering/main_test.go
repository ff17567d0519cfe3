package main

import (
	"slices"
	"testing"
)

func TestViolations(t *testing.T) {
	floors := [][]string{{"train"}, {"vae"}, {"loss", "data"}, {"gone"}}
	packages := []listed{
		{"vaectl/train", []string{"fmt", "vaectl/vae", "vaectl/data"}},
		{"vaectl/vae", []string{"vaectl/loss", "vaectl/train"}},
		{"vaectl/loss", []string{"vaectl/data"}},
		{"vaectl/data", nil},
		{"vaectl/attic", nil},
	}
	got := violations(packages, floors)
	want := []string{"vae imports train", "loss imports data", "attic is on no floor", "gone is on a floor but not in the module"}
	if !slices.Equal(got, want) {
		t.Errorf("violations %q, want %q", got, want)
	}
}
