package source

import (
	"context"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"

	"vaectl/internal/printable"
)

// Options say how a source is looked at.
type Options struct {
	// Scratch is the directory of temporary files, for what has to be unpacked; empty:
	// the system's.
	Scratch string
	// Height and Width, if not 0, are the shape of images that lie in an array as rows
	// of numbers without one.
	Height, Width int
	// Background shows where images of an array are transparent.
	Background color.NRGBA
}

// Source is images at a path.
type Source struct {
	// Kind says what they are, as "pictures in folders" or "NPY arrays".
	Kind string
	// Count is the number of images; -1 where only reading tells.
	Count int
	// Height and Width are the size of all images, 0 where they may differ.
	Height, Width int
	// Numbered is true when classes are numbers from 0, whose names, if any, are in
	// Classes. Otherwise they are names.
	Numbered bool
	Classes  []string
	// Notes are decisions and oddities to tell the user, a sentence each.
	Notes []string

	tree *tree
	each func(ctx context.Context, yield func(Image) error) error
}

// Each calls yield with one image after another, always in the same order, until
// there are no more or yield fails. What it passes is not used again. The error is
// yield's, the context's, or one about the source.
func (s *Source) Each(ctx context.Context, yield func(Image) error) error {
	return s.each(ctx, func(i Image) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return yield(i)
	})
}

// Close closes the files that are open.
func (s *Source) Close() error { return s.tree.Close() }

// Open finds out what lies at paths, which are mostly one. Errors match [ErrNothing], [ErrFormat], or are
// the context's.
func Open(ctx context.Context, paths []string, o Options) (*Source, error) {
	t, err := openTree(paths, o.Scratch)
	if err != nil {
		return nil, err
	}
	s, err := t.source(ctx, o)
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	s.tree = t
	if n := len(t.leftOut); n > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("left out: %s", some(t.leftOut)))
	}
	return s, nil
}

func (t *tree) source(ctx context.Context, o Options) (*Source, error) {
	kinds, err := t.identify(ctx)
	if err != nil {
		return nil, err
	}
	byKind := map[kind][]file{}
	for i, k := range kinds {
		byKind[k] = append(byKind[k], t.files[i])
	}
	var s *Source
	switch {
	case len(byKind[kindPicture]) > 0:
		s, err = pictures(byKind[kindPicture])
	case len(byKind[kindParquet]) > 0:
		s, err = t.parquet(byKind[kindParquet])
	case len(byKind[kindNPY])+len(byKind[kindIDX])+len(byKind[kindCIFAR])+len(byKind[kindTable]) > 0:
		s, err = t.arrays(ctx, byKind, o)
	case len(byKind[kindArchive]) == 1:
		t.files = byKind[kindArchive]
		if err := t.openArchives(); err != nil {
			return nil, err
		}
		if len(t.files) == 1 && t.files[0].name == byKind[kindArchive][0].name {
			return nil, t.empty(byKind)
		}
		return t.source(ctx, o)
	default:
		return nil, t.empty(byKind)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// empty is the error of a tree without images.
func (t *tree) empty(byKind map[kind][]file) error {
	hint := "give a folder or archive of pictures, or NPY, NPZ, IDX, CSV, CIFAR or Parquet files"
	var has []string
	for _, k := range []kind{kindText, kindArchive, kindOther} {
		if files := byKind[k]; len(files) > 0 {
			has = append(has, fmt.Sprintf("%s (%s)", counted(len(files), string(k)), printable.Text(files[0].name)))
		}
	}
	if n := len(t.leftOut); n > 0 {
		has = append(has, some(t.leftOut))
	}
	if len(has) == 0 {
		return nothing(hint, "%s is empty", t.path)
	}
	return nothing(hint, "no images in %s: it has %s", t.path, strings.Join(has, ", "))
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// some shows the first few of a list.
func some(list []string) string {
	const few = 3
	text := strings.Join(list[:min(few, len(list))], "; ")
	if len(list) > few {
		text += fmt.Sprintf("; and %d more", len(list)-few)
	}
	return text
}

// pictures are files of one picture each.
func pictures(files []file) (*Source, error) {
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.name
	}
	found, err := places(names)
	if err != nil {
		return nil, err
	}
	order := make([]int, len(files))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(names[a], names[b]) })
	s := &Source{Kind: "pictures", Count: len(files)}
	s.each = func(_ context.Context, yield func(Image) error) error {
		for _, i := range order {
			if err := yield(Image{Name: names[i], Split: found[i].split, Class: found[i].class, Open: files[i].open}); err != nil {
				return err
			}
		}
		return nil
	}
	return s, nil
}

// New is a source of images that are at hand: count of them, which each yields.
func New(kind string, count int, classes []string, each func(ctx context.Context, yield func(Image) error) error) *Source {
	return &Source{Kind: kind, Count: count, Numbered: true, Classes: classes, tree: &tree{}, each: each}
}
