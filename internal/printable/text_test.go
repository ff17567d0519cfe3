package printable_test

import (
	"testing"

	"vaectl/internal/printable"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"N(0.5, 0.1²)":            "N(0.5, 0.1²)",
		`a "b" \ c`:               `a "b" \ c`,
		"größe 数字 😀":              "größe 数字 😀",
		"\x1b[31mred\x1b]0;x\a":   `\x1b[31mred\x1b]0;x\a`,
		"safe\u202egpj.exe":       `safe\u202egpj.exe`,
		"zero\u200bwidth":         `zero\u200bwidth`,
		"c1\u009b31m":             `c1\u009b31m`,
		"two\nlines\rand\ta tab":  `two\nlines\rand\ta tab`,
		"not UTF-8 \xff":          `not UTF-8 \xff`,
		"no-break\u00a0space":     `no-break\u00a0space`,
		"quoted \"\x1b\" \\ back": `quoted "\x1b" \ back`,
	} {
		if got := printable.Text(text); got != want {
			t.Errorf("Text(%q) is %q; want %q", text, got, want)
		}
	}
}

func TestLines(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"one\n\ttwo\n":           "one\n\ttwo\n",
		"one\x1b[2J\n\ttwo\r\n":  "one\\x1b[2J\n\ttwo\\r\n",
		"\n\n\u202e":             "\n\n\\u202e",
		"\tevil\x00\ttail\x7f\n": "\tevil\\x00\ttail\\x7f\n",
	} {
		if got := printable.Lines(text); got != want {
			t.Errorf("Lines(%q) is %q; want %q", text, got, want)
		}
	}
}
