package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"vaectl/internal/format/source"
)

// locate finds the directory below root in which all files of a set lie that is not
// in MNIST's format, going by their names alone.
func (e *Entry) locate(root string) (dir string, ok bool) {
	for _, dir := range e.places(root) {
		all := true
		for _, path := range e.paths(dir) {
			info, err := os.Stat(path)
			all = all && err == nil && info.Mode().IsRegular()
		}
		if all {
			return dir, true
		}
	}
	return "", false
}

// paths are those of the files in a directory.
func (e *Entry) paths(dir string) []string {
	var paths []string
	for _, f := range e.Files {
		paths = append(paths, filepath.Join(dir, f.Name))
	}
	return paths
}

// prepare loads a set that is not in MNIST's format from below root: it is checked
// and read once, and then lies prepared in the cache.
func (e *Entry) prepare(ctx context.Context, root string, o Options) (*Set, error) {
	dir, ok := e.locate(root)
	if !ok {
		return nil, missing(fmt.Sprintf("the directory must hold %s", strings.Join(e.paths("."), ", ")),
			"%s: the files of %s are not there", root, e.Name)
	}
	content := "catalogue"
	for _, path := range e.paths(dir) {
		fingerprint, err := source.Fingerprint(path)
		if err != nil {
			return nil, sourceError(err)
		}
		content += " " + fingerprint
	}
	plain := o
	plain.Preparation = Preparation{}
	s, err := prepared(ctx, plain, content, func(out string) error { return e.read(ctx, dir, out, o.Reading) })
	if err != nil {
		return nil, err
	}
	s.Source = dir
	for i, path := range e.paths(dir) {
		s.Files = append(s.Files, FileInfo{Path: path, SHA256: e.Files[i].SHA256, Verified: true})
	}
	return s, nil
}

// read checks the files in dir and makes a prepared set of them in out.
func (e *Entry) read(ctx context.Context, dir, out string, tell func(Reading)) error {
	for i, path := range e.paths(dir) {
		if err := checkArchive(ctx, path, e, i); err != nil {
			return withHint(err, fmt.Sprintf("this is not the file of %s; replace it by an intact copy", e.Name))
		}
	}
	s, err := source.Open(ctx, e.paths(dir), source.Options{Scratch: filepath.Dir(out)})
	if err != nil {
		return sourceError(err)
	}
	described := manifest{Name: e.Name, Title: e.Title, Licence: e.Licence, Source: dir, Verified: true}
	err = prepare(ctx, s, described, Preparation{}, out, tell)
	if err := errors.Join(err, s.Close()); err != nil {
		return sourceError(err)
	}
	m, err := readManifest(out)
	if err != nil {
		return err
	}
	made, err := openPrepared(out)
	if err != nil {
		return err
	}
	if made.Train.Count != e.Train || made.Validation.Count != e.Validation || made.Test.Count != e.Test || made.Train.Shape != e.Shape {
		return damaged(dir, "has %d training, %d validation and %d test images of %v, but %s has %d, %d and %d of %v",
			made.Train.Count, made.Validation.Count, made.Test.Count, made.Train.Shape, e.Name, e.Train, e.Validation, e.Test, e.Shape)
	}
	m.Classes = e.Classes
	return m.write(out)
}
