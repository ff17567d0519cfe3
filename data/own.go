package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"vaectl/internal/format/raster"
	"vaectl/internal/format/source"
	"vaectl/internal/hinted"
)

// loadPath loads what lies at a path: four IDX files under MNIST's names, a prepared
// set, or anything that package source reads, which is prepared as o says.
func loadPath(ctx context.Context, path string, o Options) (s *Set, isPrepared bool, err error) {
	if s, found, err := openPath(ctx, path, o); found || err != nil {
		return s, false, err
	}
	fingerprint, err := source.Fingerprint(path)
	if err != nil {
		return nil, false, sourceError(err)
	}
	s, err = prepared(ctx, o, fingerprint, func(dir string) error {
		return importPath(ctx, path, o, dir)
	})
	if err != nil {
		return nil, false, err
	}
	s.Name, s.Source = setName(path), path
	return s, true, nil
}

// openPath opens a path that needs no preparation, if it is one.
func openPath(ctx context.Context, path string, o Options) (s *Set, found bool, err error) {
	if !isDirectory(path) {
		return nil, false, nil
	}
	if isPrepared(path) {
		if s, err = openPrepared(path); err != nil {
			return nil, false, err
		}
		s.Source = path
		return s, true, nil
	}
	files, err := locate(path, nil)
	if err != nil || files[trainImages] == "" || files[testImages] == "" || files.larger(o.memory()) || hasValidation(path) {
		return nil, false, err
	}
	rd, err := readDirectory(ctx, path, files, nil, o.MaxBytes)
	if err != nil {
		return nil, false, err
	}
	return rd.asFound(baseName(path), o.entries()), true, nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// hasValidation reports whether a directory of IDX files has a third split.
func hasValidation(dir string) bool {
	found, err := filepath.Glob(filepath.Join(escaped(dir), "validation-images-idx*"))
	return err == nil && len(found) > 0
}

// escaped is a path as a pattern that matches nothing else.
func escaped(path string) string {
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}

// memory is how many bytes of one file are read into memory.
func (o Options) memory() int64 {
	if o.MaxBytes > 0 {
		return o.MaxBytes
	}
	return DefaultMaxBytes
}

// larger reports whether any file is larger than n bytes.
func (f *fileSet) larger(n int64) bool {
	for _, path := range f {
		if info, err := os.Stat(path); path != "" && err == nil && info.Size() > n {
			return true
		}
	}
	return false
}

// Import prepares what lies at o.Name, a path, in the directory dir, which must not
// exist or be empty. A prepared set is loaded like any other, by its path.
func Import(ctx context.Context, o Options, dir string) (*Set, error) {
	if err := newDirectory(dir, func(dir string) error { return importInto(ctx, o, dir) }); err != nil {
		return nil, err
	}
	return openPrepared(dir)
}

func importInto(ctx context.Context, o Options, dir string) error {
	if IsPath(o.Name) {
		s, found, err := openPath(ctx, o.Name, o)
		switch {
		case err != nil:
			return err
		case found:
			return prepare(ctx, s.source(), s.described(), o.Preparation, dir, o.Reading)
		}
		return importPath(ctx, o.Name, o, dir)
	}
	s, _, err := load(ctx, o)
	if err != nil {
		return err
	}
	return prepare(ctx, s.source(), s.described(), o.Preparation, dir, o.Reading)
}

// importPath prepares what lies at a path.
func importPath(ctx context.Context, path string, o Options, dir string) error {
	how := o.Preparation.orDefault()
	s, err := source.Open(ctx, []string{path}, source.Options{
		Scratch: filepath.Dir(dir), Height: how.Height, Width: how.Width, Background: how.Background,
	})
	if err != nil {
		return sourceError(err)
	}
	name := setName(path)
	err = prepare(ctx, s, manifest{Name: name, Title: s.Kind + " of " + baseName(path), Source: path}, how, dir, o.Reading)
	return sourceError(errors.Join(err, s.Close()))
}

// setName is the last element of a path, without the endings of archives and arrays.
func setName(path string) string {
	name := baseName(path)
	if isDirectory(path) {
		return name
	}
	for {
		switch ext := strings.ToLower(filepath.Ext(name)); ext {
		case ".zip", ".tar", ".gz", ".tgz", ".npz", ".npy", ".csv", ".parquet", ".bin":
			if short := name[:len(name)-len(ext)]; short != "" {
				name = short
				continue
			}
		}
		return name
	}
}

// sourceError gives an error of package source the kind that it has here.
func sourceError(err error) error {
	kind := ErrMissing
	switch {
	case errors.Is(err, source.ErrFormat):
		kind = ErrDamaged
	case !errors.Is(err, source.ErrNothing):
		return err
	}
	hint := ""
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		hint = h.Hint()
	}
	return &hinted.Error{Kind: kind, Err: err, Advice: hint}
}

// prepared returns the set that is in the cache for a content and the way it is to be
// read, and has it made if it is not.
func prepared(ctx context.Context, o Options, content string, make func(dir string) error) (*Set, error) {
	cache, err := o.cacheDir()
	if err != nil {
		return nil, err
	}
	root := filepath.Join(cache, "prepared")
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", preparedVersion, content, o.Preparation.orDefault().key()))
	dir := filepath.Join(root, hex.EncodeToString(sum[:16]))
	if s, err := openPrepared(dir); err == nil {
		return s, nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, cannotWrite(err)
	}
	unlock, err := lockCache(ctx, dir+".lock", o)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if s, err := openPrepared(dir); err == nil {
		return s, nil
	}
	unfinished := dir + ".unfinished"
	if err := errors.Join(os.RemoveAll(unfinished), os.RemoveAll(dir)); err != nil {
		return nil, cannotWrite(err)
	}
	if err := make(unfinished); err != nil {
		return nil, errors.Join(err, os.RemoveAll(unfinished))
	}
	if err := os.Rename(unfinished, dir); err != nil {
		return nil, cannotWrite(err)
	}
	return openPrepared(dir)
}

// refit prepares the images of a set anew, as o says.
func refit(ctx context.Context, s *Set, o Options) (*Set, error) {
	fitted, err := prepared(ctx, o, s.Digest, func(dir string) error {
		return prepare(ctx, s.source(), s.described(), o.Preparation, dir, o.Reading)
	})
	if err != nil {
		return nil, err
	}
	fitted.Source, fitted.Files, fitted.Substitute, fitted.Warning = s.Source, s.Files, s.Substitute, s.Warning
	return fitted, nil
}

// described is what a set that is made of s takes over from it.
func (s *Set) described() manifest {
	return manifest{Name: s.Name, Title: s.Title, Licence: s.Licence, Source: s.Source, Verified: s.Verified, Notes: s.Notes}
}

// source has the images of the set.
func (s *Set) source() *source.Source {
	splits := []struct {
		name   source.Split
		images *Split
	}{{source.Train, &s.Train}, {source.Test, &s.Test}, {source.Validation, &s.Validation}}
	out := source.New("images of "+s.Name, s.Train.Count+s.Test.Count+s.Validation.Count, s.Classes, func(_ context.Context, yield func(source.Image) error) error {
		for _, split := range splits {
			for i := range split.images.Count {
				image := source.Image{Name: fmt.Sprintf("%s %d", split.name, i), Split: split.name, Pixels: split.images.raster(i)}
				if split.images.Labels != nil {
					image.Class = strconv.Itoa(split.images.Labels[i])
				}
				if err := yield(image); err != nil {
					return err
				}
			}
		}
		return nil
	})
	out.Height, out.Width = s.Train.Height, s.Train.Width
	return out
}

// raster is the i-th image; it shares memory with the set.
func (s *Split) raster(i int) raster.Image {
	return raster.Image{Height: s.Height, Width: s.Width, Channels: s.Channels, Pix: s.Image(i)}
}
