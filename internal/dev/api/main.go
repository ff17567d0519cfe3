// Command api keeps watch over the exported API of the public packages.
//
// The folder exported holds a description of every public package: its exported
// declarations as Go source, without bodies and comments, so that a change of the API
// is a change of a file that a reviewer reads. The command refuses
//
//   - an exported declaration that mentions a type of an internal package, which nobody
//     outside this module could name;
//   - an API that is not the described one. golang.org/x/exp/apidiff then says which
//     changes break callers.
//
// With -accept it writes the descriptions anew instead.
package main

import (
	"errors"
	"flag"
	"fmt"
	"go/types"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

// errChanged and errInternal say what is wrong with the API.
var (
	errChanged  = errors.New("the exported API is not the described one: take the change back or, if it is meant, run `make api-accept`, commit the description and say in the commit's message what callers have to do")
	errInternal = errors.New("the exported API mentions internal types: nobody outside this module can name them")
)

func main() {
	accept := flag.Bool("accept", false, "write the descriptions anew")
	module := flag.String("module", ".", "the folder of the module")
	described := flag.String("described", "internal/dev/api/exported", "the folder of the descriptions")
	flag.Parse()
	if err := run(os.Stdout, *module, *described, *accept); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(stdout io.Writer, module, described string, accept bool) error {
	loaded, err := load(module)
	if err != nil {
		return err
	}
	var now []description
	var wrong []string
	for _, p := range loaded {
		d, internal := describe(p.Types, p.Module.Path)
		now, wrong = append(now, d), append(wrong, internal...)
	}
	for _, w := range wrong {
		fmt.Fprintln(stdout, w)
	}
	if len(wrong) > 0 {
		return errInternal
	}
	if accept {
		return save(described, now)
	}
	before, err := read(described)
	if err != nil {
		return err
	}
	report := compare(before, now, imports(loaded))
	if report == "" {
		return nil
	}
	fmt.Fprint(stdout, report)
	return errChanged
}

// load loads the packages of a module that other modules can import.
func load(module string) ([]*packages.Package, error) {
	mode := packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedModule
	all, err := packages.Load(&packages.Config{Mode: mode, Dir: module}, "./...")
	if err != nil {
		return nil, err
	}
	var public []*packages.Package
	for _, p := range all {
		for _, e := range p.Errors {
			return nil, fmt.Errorf("%s: %w", p.PkgPath, e)
		}
		if p.Name != "main" && !isInternal(p.PkgPath) {
			public = append(public, p)
		}
	}
	return public, nil
}

func isInternal(path string) bool { return slices.Contains(strings.Split(path, "/"), "internal") }

// imports finds the packages that descriptions import.
func imports(loaded []*packages.Package) map[string]*types.Package {
	found := map[string]*types.Package{}
	packages.Visit(loaded, nil, func(p *packages.Package) { found[p.PkgPath] = p.Types })
	return found
}

// description is the exported API of a package as Go source.
type description struct{ path, text string }

const suffix = ".txt"

func save(folder string, all []description) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	for _, d := range all {
		file := filepath.Join(folder, filepath.FromSlash(d.path)+suffix)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(d.text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

func read(folder string) ([]description, error) {
	var all []description
	err := fs.WalkDir(os.DirFS(folder), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(name)))
		all = append(all, description{strings.TrimSuffix(name, suffix), string(text)})
		return err
	})
	return all, err
}
