package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestFoldLine(t *testing.T) {
	for _, c := range []struct {
		line  string
		width int
		want  string
	}{
		{"fits", 4, "fits"},
		{"one two three", 8, "one two|  three"},
		{"loss    12.3 nats per image", 16, "loss    12.3|        nats per|        image"},
		{"  a label that is much too long  text", 20, "  a label that is|    much too long|    text"},
		{"  # a comment in a file", 14, "  # a comment|  # in a file"},
		{"averyveryverylongword and", 10, "averyveryverylongword|  and"},
		{"größe und maß", 9, "größe und|  maß"},
	} {
		if got := strings.ReplaceAll(foldLine(c.line, c.width), "\n", "|"); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.line, c.width, got, c.want)
		}
	}
}

// However wide the terminal and however the text comes in pieces, no word is lost
// or broken, and no line is wider unless a single word is.
func TestFoldingKeepsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 40).Draw(t, "width")
		lines := rapid.SliceOf(rapid.StringMatching(`( {0,3}[a-zß]{1,9}){1,12}`)).Draw(t, "lines")
		var out bytes.Buffer
		w := &foldingWriter{to: &out, width: func() int { return width }}
		for _, line := range lines {
			if _, err := fmt.Fprintln(w, line); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := strings.Fields(out.String()), strings.Fields(strings.Join(lines, "\n")); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("words %q, want %q", got, want)
		}
		for line := range strings.Lines(out.String()) {
			if columns := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > width && len(strings.Fields(line)) > 1 {
				t.Fatalf("%d columns of %d: %q", columns, width, line)
			}
		}
	})
}

// A line that comes in pieces stays as it comes: what is before it is on the screen.
func TestFoldingLeavesPieces(t *testing.T) {
	var out bytes.Buffer
	w := &foldingWriter{to: &out, width: func() int { return 5 }}
	for _, piece := range []string{"a piece of", " a line\n", "and a line\n"} {
		if n, err := w.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	if got, want := out.String(), "a piece of a line\nand a\n  line\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
