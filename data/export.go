package data

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"vaectl/internal/format/idx"
	"vaectl/internal/format/npy"
	"vaectl/internal/format/raster"
	"vaectl/internal/hinted"
)

// Format is a form in which a set can be written.
type Format string

// The formats: a folder of PNG files for each split and class in it, or a file of all
// images and one of all labels for each split, as NumPy or MNIST has them.
const (
	PNG Format = "png"
	NPY Format = "npy"
	IDX Format = "idx"
)

// Formats lists them.
func Formats() []Format { return []Format{PNG, NPY, IDX} }

// Export writes the set into the directory dir, which must not exist or be empty.
// [Load] reads what is written: in the formats NPY and IDX the same images in the
// same order, with the same digest. Only PNG keeps the names of the classes. tell, if
// not nil, is told how it gets on.
func (s *Set) Export(ctx context.Context, format Format, dir string, tell func(Reading)) error {
	if tell == nil {
		tell = func(Reading) {}
	}
	e := exporter{ctx: ctx, set: s, tell: tell}
	write := map[Format]func(dir string, split namedSplit) error{PNG: e.png, NPY: e.npy, IDX: e.idx}[format]
	if write == nil {
		return hinted.New(ErrUnclear, "want png, npy or idx", "unknown format %q", format)
	}
	for _, split := range s.splits() {
		e.total += split.images.Count
	}
	return newDirectory(dir, func(dir string) error {
		for _, split := range s.splits() {
			if split.images.Count == 0 {
				continue
			}
			if err := write(dir, split); err != nil {
				return err
			}
		}
		return nil
	})
}

// newDirectory has a directory filled under another name, so that it is there whole
// or not at all.
func newDirectory(dir string, fill func(dir string) error) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return hinted.New(ErrUnclear, "name another directory", "cannot write into %s: %w", dir, err)
	case len(entries) > 0:
		return hinted.New(ErrUnclear, "name one that does not exist, or empty it", "the directory %s is not empty", dir)
	}
	unfinished := filepath.Clean(dir) + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return cannotWrite(err)
	}
	if err := os.MkdirAll(unfinished, 0o755); err != nil {
		return cannotWrite(err)
	}
	if err := fill(unfinished); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotWrite(err)
	}
	if err := os.Rename(unfinished, dir); err != nil {
		return cannotWrite(err)
	}
	return nil
}

type exporter struct {
	ctx         context.Context
	set         *Set
	tell        func(Reading)
	done, total int
}

// next counts an image.
func (e *exporter) next() error {
	e.done++
	e.tell(Reading{Dataset: e.set.Name, Stage: "writing images", Done: e.done, Total: e.total})
	return e.ctx.Err()
}

// folderOf is the class of an image as the name of a folder.
func (e *exporter) folderOf(label int) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '_'
		}
		return r
	}, e.set.ClassName(label))
	if strings.HasPrefix(name, ".") {
		name = "_" + name[1:]
	}
	return name
}

// png writes a file for each image.
func (e *exporter) png(dir string, split namedSplit) error {
	for i := range split.images.Count {
		folder := filepath.Join(dir, split.name)
		if split.images.Labels != nil {
			folder = filepath.Join(folder, e.folderOf(split.images.Labels[i]))
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return cannotWrite(err)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, encodable(split.images.raster(i))); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d.png", i)), b.Bytes(), 0o644); err != nil {
			return cannotWrite(err)
		}
		if err := e.next(); err != nil {
			return err
		}
	}
	return nil
}

// encodable is an image as Go's encoders want it.
func encodable(m raster.Image) image.Image {
	bounds := image.Rect(0, 0, m.Width, m.Height)
	if m.Channels == 1 {
		return &image.Gray{Pix: m.Pix, Stride: m.Width, Rect: bounds}
	}
	out := image.NewRGBA(bounds)
	for i := range m.Height * m.Width {
		copy(out.Pix[4*i:], []byte{m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2], 255})
	}
	return out
}

// npy writes an array of images and one of labels.
func (e *exporter) npy(dir string, split namedSplit) error {
	s := split.images
	var header bytes.Buffer
	shape := []int{s.Count, s.Height, s.Width}
	if s.Channels > 1 {
		shape = append(shape, s.Channels)
	}
	if err := npy.WriteHeader(&header, npy.Header{Type: "|u1", Shape: shape}); err != nil {
		return err
	}
	if err := e.images(filepath.Join(dir, split.name+"-images.npy"), header.Bytes(), s); err != nil {
		return err
	}
	if s.Labels == nil {
		return nil
	}
	if err := writeArray(filepath.Join(dir, split.name+"-labels.npy"), "<i4", s.Labels); err != nil {
		return cannotWrite(err)
	}
	return nil
}

// idx writes the same as MNIST's files, under their names.
func (e *exporter) idx(dir string, split namedSplit) error {
	s := split.images
	stem := map[string]string{"test": "t10k"}[split.name]
	if stem == "" {
		stem = split.name
	}
	header := imageHeader(s.Count, s.Shape)
	name := fmt.Sprintf("%s-images-idx%d-ubyte", stem, header[idx.MagicLength-1])
	if err := e.images(filepath.Join(dir, name), header, s); err != nil {
		return err
	}
	if s.Labels == nil {
		return nil
	}
	if err := writeSynced(filepath.Join(dir, stem+"-labels-idx1-ubyte"), labelFile(s.Labels)); err != nil {
		return cannotWrite(err)
	}
	return nil
}

// images writes all images behind a header.
func (e *exporter) images(path string, header []byte, s *Split) error {
	f, err := os.Create(path)
	if err != nil {
		return cannotWrite(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	w.Write(header) // its error comes with Flush
	for i := range s.Count {
		w.Write(s.Image(i))
		if err := e.next(); err != nil {
			return err
		}
	}
	if err := errors.Join(w.Flush(), f.Sync()); err != nil {
		return cannotWrite(err)
	}
	return nil
}
