package main

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	got, err := parse([]string{"-python", "a", "--python", "b", "-rows", "1,3", "-data", "/digits", "-seconds", "1.5"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	want := options{pythons: []string{"a", "b"}, data: filepath.FromSlash("/digits"), rows: []int{1, 3}, rounds: 5, seconds: 1.5, searchSeconds: 1}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(options{})); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, args := range []string{"-rows one", "-rounds 0", "-seconds 0", "-seconds NaN", "-search-seconds -1", "-unknown", "stray"} {
		if _, err := parse(strings.Fields(args), io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%s: got error %v, want %v", args, err, errUsage)
		}
	}
}

func TestChoose(t *testing.T) {
	all := comparisons()
	if got, err := choose(all, nil); err != nil || len(got) != len(all) {
		t.Errorf("no numbers: got %d rows and error %v, want all %d", len(got), err, len(all))
	}
	got, err := choose(all, []int{5, 1})
	if err != nil || len(got) != 2 || got[0].title != all[4].title || got[1].title != all[0].title {
		t.Errorf("5,1: got %v and error %v", got, err)
	}
	for _, n := range []int{0, len(all) + 1} {
		if _, err := choose(all, []int{n}); !errors.Is(err, errUsage) {
			t.Errorf("row %d: got error %v, want %v", n, err, errUsage)
		}
	}
}
