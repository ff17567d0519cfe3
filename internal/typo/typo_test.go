package typo_test

import (
	"strings"
	"testing"

	"vaectl/internal/typo"
)

func TestNearest(t *testing.T) {
	known := []string{"latent", "hidden", "lr", "epochs", "elu", "relu"}
	cases := []struct {
		word, want string
	}{
		{"latent", "latent"},
		{"latnet", "latent"},  // a swap is one edit
		{"latents", "latent"}, // an insertion
		{"hiden", "hidden"},   // a deletion
		{"HIDDEN", "hidden"},
		{"epocks", "epochs"},
		{"lrr", "lr"},
		{"rleu", "relu"}, // one swap, though "elu" is one edit away from "relu" too
		{"leru", ""},     // two edits in four letters are too many
		{"banana", ""},
		{"", ""},
		{strings.Repeat("x", 1<<20), ""},
	}
	for _, c := range cases {
		got, ok := typo.Nearest(c.word, known)
		if c.want == "" {
			if ok {
				t.Errorf("Nearest(%.20q) suggests %q; want no suggestion", c.word, got)
			}
			continue
		}
		if !ok || got != c.want {
			t.Errorf("Nearest(%q) = %q, %v; want %q", c.word, got, ok, c.want)
		}
	}
}

func TestNearestTakesTheFirstOfEquals(t *testing.T) {
	if got, ok := typo.Nearest("meam", []string{"mean", "meat"}); !ok || got != "mean" {
		t.Errorf("Nearest = %q, %v; want the first of two equally close words", got, ok)
	}
}

func TestNearestKnowsNothing(t *testing.T) {
	if got, ok := typo.Nearest("mean", nil); ok {
		t.Errorf("Nearest among no words suggests %q", got)
	}
}
