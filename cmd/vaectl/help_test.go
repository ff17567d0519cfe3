package main

import (
	"bytes"
	"context"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// No line of any help is wider than the terminal, unless a single word is.
func TestHelpFitsTheTerminal(t *testing.T) {
	for _, width := range []int{50, 60, 80, 200} {
		var env environment
		env.getenv = func(string) string { return "" }
		env.width = func(io.Writer) int { return width }
		for _, line := range helpLines(t, env) {
			words := strings.Fields(line)
			if typed := regexp.MustCompile(`^  (-\w, )?--[a-z-]+ (string|int|uint|float|bool|duration)\w*`).FindString(line); typed != "" {
				t.Errorf("%q names a type of the program", typed)
			}
			if columns := utf8.RuneCountInString(line); columns > min(width, widestHelp) && len(words) > 1 && !strings.HasPrefix(line, "  -") && !strings.HasSuffix(line, `\`) {
				t.Errorf("%d columns at a width of %d: %q", columns, width, line)
			}
		}
	}
}

// helpLines are the lines of the full help of every command.
func helpLines(t *testing.T, env environment) []string {
	t.Helper()
	var paths [][]string
	collect := newRoot(env)
	if err := eachCommand(collect, func(cmd *cobra.Command) error {
		paths = append(paths, strings.Fields(cmd.CommandPath())[1:])
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, path := range paths {
		for _, flag := range []string{"--help", "--help-all"} {
			var out bytes.Buffer
			env.stdin, env.stdout, env.stderr = strings.NewReader(""), &out, io.Discard
			if cmd, _, err := collect.Find(path); err != nil || flag == "--help-all" && cmd.Flags().Lookup(helpAllFlag) == nil {
				continue
			}
			if err := execute(context.Background(), env, append(path, flag)); err != nil {
				t.Fatalf("%v %s: %v", path, flag, err)
			}
			lines = append(lines, strings.Split(out.String(), "\n")...)
		}
	}
	if len(lines) < 500 {
		t.Fatalf("only %d lines of help", len(lines))
	}
	return lines
}

func TestBreakLines(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two  three\nfour", 9, "one two|three|four"},
		{"a-very-long-word and", 5, "a-very-long-word|and"},
		{"größer ist ß", 10, "größer ist|ß"},
	} {
		if got := strings.Join(breakLines(c.text, c.width), "|"); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// A command that is broken for a narrow terminal is still the same to a shell.
func TestShellLines(t *testing.T) {
	command := "  vaectl train --config iwae-1layer-iwae-k50 --init-from k5 --lr 0.0001"
	broken := shellLines(command, 40)
	for line := range strings.Lines(broken) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 40 {
			t.Errorf("%q is wider than 40 columns", line)
		}
	}
	joined := strings.Join(strings.Fields(strings.ReplaceAll(broken, "\\\n", " ")), " ")
	if joined != strings.TrimSpace(command) {
		t.Errorf("%q reads as %q", broken, joined)
	}
}

func TestFirstSentence(t *testing.T) {
	for text, want := range map[string]string{
		"One. Two.":                      "One.",
		"As Burda et al. (2016) do. Two": "As Burda et al. (2016) do.",
		"No stop":                        "No stop",
	} {
		if got := firstSentence(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
