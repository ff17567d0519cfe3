package printable_test

import (
	"os/exec"
	"strings"
	"testing"

	"vaectl/internal/printable"

	"pgregory.net/rapid"
)

func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"runs/first": "runs/first",
		"my runs":    "'my runs'",
		"":           "''",
		"it's":       `'it'\''s'`,
		"$(rm -r x)": "'$(rm -r x)'",
		"größe":      "'größe'",
	} {
		if got := printable.Word(text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// A shell reads the words back that the command was made of.
func TestCommandIsReadByAShell(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.StringMatching(`[ -~\n]{0,12}`), 1, 4).Draw(t, "words")
		out, err := exec.Command("sh", "-c", `printf '%s\000' `+printable.Command(words)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(out), strings.Join(words, "\x00")+"\x00"; got != want {
			t.Fatalf("the shell reads %q, want %q", got, want)
		}
	})
}
