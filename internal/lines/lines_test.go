package lines_test

import (
	"slices"
	"testing"

	"vaectl/internal/lines"
)

func TestBreak(t *testing.T) {
	fits := func(line string) bool { return len(line) <= 8 }
	for text, want := range map[string][]string{
		"":                         {""},
		"one":                      {"one"},
		"one two three":            {"one two", "three"},
		"  one\n two\tthree ":      {"one two", "three"},
		"a extraordinary b c":      {"a", "extraordinary", "b c"},
		"exactly 8":                {"exactly", "8"},
		"of eight letters, in all": {"of eight", "letters,", "in all"},
	} {
		if got := lines.Break(text, fits); !slices.Equal(got, want) {
			t.Errorf("Break(%q) is %q, want %q", text, got, want)
		}
	}
	if got, want := lines.BreakParagraphs("one two three\n\nfour", fits), []string{"one two", "three", "", "four"}; !slices.Equal(got, want) {
		t.Errorf("BreakParagraphs gives %q, want %q", got, want)
	}
	if got := lines.BreakParagraphs("", fits); got != nil {
		t.Errorf("BreakParagraphs of nothing gives %q", got)
	}
}
