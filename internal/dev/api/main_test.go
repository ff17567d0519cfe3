package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files writes a module.
func files(t *testing.T, dir string, content map[string]string) {
	t.Helper()
	content["go.mod"] = "module shop\n\ngo 1.26\n"
	content["internal/till/till.go"] = "package till\n\ntype Till struct{ Cash int }\n\nfunc (Till) Open() {}\n"
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

const before = `package goods

import "shop/internal/till"

type hidden struct{ Weight float64 }

func (hidden) Lift() {}

// Good has a field and a method of a type that nobody sees.
type Good struct {
	hidden
	Name string ` + "`json:\"name\"`" + `
	till till.Till
}

type Seller interface{ Sell(g Good) error }

type Till till.Till

const Most = 3

const Share = 0.25

func Two() (a, b *Good) { return nil, nil }
`

func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		want     string // nothing where nothing is to be said
	}{
		"nothing":                  {"", "", ""},
		"body":                     {"return nil, nil", "return new(Good), nil", ""},
		"hidden field":             {"till till.Till\n", "till till.Till\n\tcount int\n", ""},
		"removed function":         {"func Two() (a, b *Good) { return nil, nil }", "", "breaks callers: Two: removed"},
		"other result":             {"func Two() (a, b *Good) { return nil, nil }", "func Two() *Good { return nil }", "breaks callers: Two: changed from"},
		"other constant":           {"Most = 3", "Most = 4", "breaks callers: Most: value changed from 3 to 4"},
		"method of an interface":   {"Sell(g Good) error", "Sell(g Good) error; Buy()", "breaks callers: Seller.Buy: added"},
		"promoted method removed":  {"func (hidden) Lift() {}", "", "breaks callers: Good.Lift: removed"},
		"promoted field removed":   {"struct{ Weight float64 }", "struct{ weight float64 }", "breaks callers: Good.Weight: removed"},
		"new function":             {"const Most", "func One() {}\n\nconst Most", "breaks nobody: One: added"},
		"new field":                {"Name string", "Price int; Name string", "breaks nobody: Good.Price: added"},
		"other key in JSON":        {`json:"name"`, `json:"title"`, "breaks nobody: tags"},
		"no longer comparable":     {"till till.Till\n", "till []till.Till\n", "breaks callers: Good: old is comparable, new is not"},
		"internal type in a field": {"Name string", "Till till.Till; Name string", "shop/goods.Good mentions shop/internal/till.Till"},
		"internal type in a list":  {"Most = 3", "Most = 3\n\nvar All map[string][]*till.Till", "shop/goods.All mentions shop/internal/till.Till"},
		"alias of an internal one": {"type Till till.Till", "type Till = till.Till", "shop/goods.Till mentions shop/internal/till.Till"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(before, c.old) {
				t.Fatalf("%q is not in the source", c.old)
			}
			module, described := t.TempDir(), filepath.Join(t.TempDir(), "exported")
			files(t, module, map[string]string{"goods/goods.go": before})
			if err := run(&strings.Builder{}, module, described, true); err != nil {
				t.Fatal(err)
			}
			files(t, module, map[string]string{"goods/goods.go": strings.Replace(before, c.old, c.new, 1)})
			var said strings.Builder
			err := run(&said, module, described, false)
			switch {
			case c.want == "":
				if err != nil || said.String() != "" {
					t.Errorf("said %q, error %v", said.String(), err)
				}
			case !strings.Contains(said.String(), c.want):
				t.Errorf("said %q, want %q", said.String(), c.want)
			case !errors.Is(err, errChanged) && !errors.Is(err, errInternal):
				t.Errorf("error %v", err)
			}
		})
	}
}
