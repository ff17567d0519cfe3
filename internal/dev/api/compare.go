package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
)

// compare says what is different between two sets of descriptions, nothing where they
// are the same.
func compare(before, now []description, imports map[string]*types.Package) string {
	old, new := byPath(before), byPath(now)
	both := maps.Clone(old)
	maps.Copy(both, new)
	var report strings.Builder
	for _, path := range slices.Sorted(maps.Keys(both)) {
		was, had := old[path]
		is, has := new[path]
		switch {
		case was == is:
		case !had:
			fmt.Fprintf(&report, "%s:\n  a new package\n", path)
		case !has:
			fmt.Fprintf(&report, "%s:\n  the package is gone, which breaks callers\n", path)
		default:
			fmt.Fprintf(&report, "%s:\n%s", path, changes(path, was, is, imports))
		}
	}
	return report.String()
}

func byPath(all []description) map[string]string {
	found := map[string]string{}
	for _, d := range all {
		found[d.path] = d.text
	}
	return found
}

// changes says what is different between two descriptions of a package.
func changes(path, was, is string, imports map[string]*types.Package) string {
	old, gone := check(path, was, imports)
	new, _ := check(path, is, imports)
	var text strings.Builder
	for _, g := range gone {
		fmt.Fprintf(&text, "  breaks callers: %s\n", g)
	}
	for _, c := range apidiff.Changes(old, new).Changes {
		kind := "breaks callers"
		if c.Compatible {
			kind = "breaks nobody"
		}
		fmt.Fprintf(&text, "  %s: %s\n", kind, c.Message)
	}
	if text.Len() == 0 {
		text.WriteString("  breaks nobody: tags, names of parameters, or what is hidden\n")
	}
	return text.String()
}

// check makes a package of a description. What it mentions of other packages and is
// there no more is returned too.
func check(path, text string, imports map[string]*types.Package) (*types.Package, []string) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		return types.NewPackage(path, "broken"), []string{err.Error()}
	}
	var gone []string
	config := types.Config{
		Importer: importer(imports),
		Error:    func(err error) { gone = append(gone, err.Error()) },
	}
	// Errors are those that Error was told.
	p, _ := config.Check(path, files, []*ast.File{file}, nil)
	return p, gone
}

// importer finds packages that are loaded.
type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) {
	if p := i[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("the package %s is gone", path)
}
