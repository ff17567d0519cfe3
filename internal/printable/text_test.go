package printable_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"vaectl/internal/printable"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
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

// However text is cut into writes, the same comes out.
func TestWriter(t *testing.T) {
	const text = "größe 😀\tdone\n\x1b[2J\u202e\xff 数字\n"
	want := printable.Lines(text)
	for size := 1; size <= len(text); size++ {
		var out strings.Builder
		w := printable.NewWriter(&out)
		for part := range slices.Chunk([]byte(text), size) {
			if n, err := w.Write(part); n != len(part) || err != nil {
				t.Fatalf("%d bytes of %d, %v", n, len(part), err)
			}
		}
		if out.String() != want {
			t.Errorf("in writes of %d bytes: %q; want %q", size, out.String(), want)
		}
	}
}

// Escaped JSON is printable and means the same.
func TestJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{rapid.String().Draw(t, "key"): rapid.String().Draw(t, "value") + "\u202e\u009b\x7f\U000e0001"}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		escaped := printable.JSON(string(text))
		if printable.Text(escaped) != escaped {
			t.Errorf("%q is not printable", escaped)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(escaped), &got); err != nil {
			t.Fatalf("%q: %v", escaped, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
