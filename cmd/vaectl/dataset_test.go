package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/configs"
	"vaectl/train/rundir"
)

func TestFrame(t *testing.T) {
	var text bytes.Buffer
	long := strings.Repeat("x", 100)
	frame(&text, "WARNING: a word and "+long+" and another")
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	for _, line := range lines {
		if len(line) != len(lines[0]) {
			t.Errorf("the box is not a box:\n%s", &text)
		}
	}
	if got := strings.Join(strings.Fields(strings.NewReplacer("|", "", "+", "", "-", "").Replace(text.String())), " "); got != "WARNING: a word and "+long+" and another" {
		t.Errorf("words are lost: %q", got)
	}
}

func TestDataOfRun(t *testing.T) {
	mnist := rundir.Dataset{Name: "mnist"}
	strokes := rundir.Dataset{Name: "strokes", Substitute: true}
	cases := []struct {
		config  configs.Data
		trained rundir.Dataset
		want    configs.Data
	}{
		{configs.Data{Dataset: "auto"}, mnist, configs.Data{Dataset: "mnist"}},
		{configs.Data{Dataset: "auto"}, strokes, configs.Data{Dataset: "strokes"}},
		// What is in a directory need not be in the catalogue.
		{configs.Data{Dataset: "auto", Dir: "/d"}, rundir.Dataset{Name: "d"}, configs.Data{Dataset: "auto", Dir: "/d"}},
		{configs.Data{Dataset: "mnist", Dir: "/d"}, mnist, configs.Data{Dataset: "mnist", Dir: "/d"}},
		// A directory that no longer holds the set is passed over.
		{configs.Data{Dataset: "mnist"}, rundir.Dataset{Name: "mnist", Source: "/gone"}, configs.Data{Dataset: "mnist"}},
		{configs.Data{Dataset: "/digits"}, rundir.Dataset{Name: "digits"}, configs.Data{Dataset: "/digits"}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, dataOfRun(c.config, c.trained)); diff != "" {
			t.Errorf("%+v of a run trained on %s: %s", c.config, c.trained.Name, diff)
		}
	}
}

func TestAnchorKeepsNames(t *testing.T) {
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	c := configs.Data{Dataset: "mnist", Dir: "d"}
	if err := makeDataPathsAbsolute(&c); err != nil || c.Dataset != "mnist" || c.Dir != filepath.Join(here, "d") {
		t.Errorf("got %+v, %v", c, err)
	}
	c = configs.Data{Dataset: "./d"}
	if err := makeDataPathsAbsolute(&c); err != nil || c.Dataset != filepath.Join(here, "d") || c.Dir != "" {
		t.Errorf("got %+v, %v", c, err)
	}
}
