package data

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"vaectl/internal/format/npy"
	"vaectl/internal/format/source"
)

// A prepared set is a directory: the pixels of all images in one NPY file, which is
// mapped into memory, arrays with the split and the label of each, their names, and a
// description. numpy.load reads all arrays.
const (
	manifestName = "set.json"
	imagesName   = "images.npy" // uint8 [n, height, width, channels]
	splitsName   = "splits.npy" // uint8 [n], see splitCodes
	labelsName   = "labels.npy" // int32 [n], -1: none
	namesName    = "names.bin"  // each followed by a zero byte

	preparedFormat  = "vaectl prepared images"
	preparedVersion = 1

	// imagesHeader is the length of the header of images.npy, whatever its shape.
	imagesHeader = 128
	maxManifest  = 64 << 20
)

// splitCodes are the splits by their number in splits.npy.
func splitCodes() []source.Split {
	return []source.Split{source.Train, source.Test, source.Validation}
}

// manifest describes a prepared set.
type manifest struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	// Name, Title, Source, Digest, Classes and Notes are those of the Set.
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Licence string   `json:"licence,omitempty"`
	Source  string   `json:"source"`
	Digest  string   `json:"digest"`
	Classes []string `json:"classes,omitempty"`
	Notes   []string `json:"notes,omitempty"`
	Count   int      `json:"count"`
	Shape
	// Binary is that of the Set.
	Binary bool `json:"binary,omitempty"`
	// Verified is that of the Set.
	Verified bool `json:"verified,omitempty"`
	// Sizes are the pictures' own, the most frequent first.
	Sizes []SizeCount `json:"sizes,omitempty"`
	// Broken are pictures that were left out, as far as they are listed.
	Broken      []BrokenPicture `json:"broken,omitempty"`
	BrokenCount int             `json:"broken_count,omitempty"`
}

// SizeCount says how many pictures have a size.
type SizeCount struct {
	Height int `json:"height"`
	Width  int `json:"width"`
	Count  int `json:"count"`
}

// BrokenPicture is a picture that was left out, and why.
type BrokenPicture struct {
	Name  string `json:"name"`
	Error string `json:"error"`
}

// isPrepared reports whether a directory holds a prepared set.
func isPrepared(dir string) bool {
	m, err := readManifest(dir)
	return err == nil && m.Format == preparedFormat
}

func readManifest(dir string) (manifest, error) {
	var m manifest
	f, err := os.Open(filepath.Join(dir, manifestName))
	if err != nil {
		return m, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(b, &m)
}

// openPrepared maps a prepared set into memory.
func openPrepared(dir string) (*Set, error) {
	path := filepath.Join(dir, manifestName)
	m, err := readManifest(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, missing("", "%s: %w", dir, err)
	case err != nil:
		return nil, damaged(path, "%w", err)
	case m.Format != preparedFormat || m.Version != preparedVersion:
		return nil, damaged(path, "format %q, version %d; want %q, version %d", m.Format, m.Version, preparedFormat, preparedVersion)
	case m.Count <= 0 || m.Height <= 0 || m.Width <= 0 || m.Channels != 1 && m.Channels != 3:
		return nil, damaged(path, "%d images of %dx%dx%d", m.Count, m.Height, m.Width, m.Channels)
	}
	mapping, err := mapImages(filepath.Join(dir, imagesName), m)
	if err != nil {
		return nil, err
	}
	codes, err := readArray(filepath.Join(dir, splitsName), "|u1", m.Count)
	if err != nil {
		return nil, err
	}
	labels, err := readArray(filepath.Join(dir, labelsName), "<i4", m.Count)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	s := &Set{
		Name: m.Name, Title: m.Title, Licence: m.Licence, Source: m.Source, Digest: m.Digest, Verified: m.Verified, Binary: m.Binary,
		Classes: m.Classes, Notes: m.Notes, Sizes: m.Sizes, Broken: m.Broken, BrokenCount: m.BrokenCount, dir: dir, mapping: mapping,
	}
	for code, split := range []*Split{&s.Train, &s.Test, &s.Validation} {
		if err := split.choose(m.Shape, mapping[imagesHeader:], codes, byte(code), labels); err != nil {
			return nil, damaged(filepath.Join(dir, labelsName), "%w", err)
		}
	}
	if s.Train.Count == 0 || s.Test.Count == 0 || s.Train.Count+s.Test.Count+s.Validation.Count != m.Count {
		return nil, damaged(filepath.Join(dir, splitsName), "%d training, %d test and %d validation images of %d", s.Train.Count, s.Test.Count, s.Validation.Count, m.Count)
	}
	return s, nil
}

// mapImages maps the pixels and the header before them. They must be as many as the
// manifest says.
func mapImages(path string, m manifest) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, missing("prepare the set again", "%w", err)
	}
	defer f.Close()
	h, err := npy.ReadHeader(io.LimitReader(f, imagesHeader))
	if err != nil {
		return nil, damaged(path, "%w", err)
	}
	want := npy.Header{Type: "|u1", Shape: []int{m.Count, m.Height, m.Width, m.Channels}}
	if h.Type != want.Type || h.Fortran || h.ShapeText() != want.ShapeText() {
		return nil, damaged(path, "an array of %s %s, want %s %s", h.Type, h.ShapeText(), want.Type, want.ShapeText())
	}
	n, ok := want.Count()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if !ok || info.Size() != int64(imagesHeader)+int64(n) {
		return nil, damaged(path, "%d bytes, want %d: %w", info.Size(), int64(imagesHeader)+int64(n), io.ErrUnexpectedEOF)
	}
	b, err := mapFile(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("mapping %s: %w", path, err)
	}
	return b, nil
}

// readArray reads the numbers of a vector of n.
func readArray(path, typ string, n int) ([]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<16)
	h, err := npy.ReadHeader(r)
	if err != nil {
		return nil, damaged(path, "%w", err)
	}
	number, _ := npy.NumberOf(typ)
	if h.Type != typ || h.ShapeText() != (npy.Header{Shape: []int{n}}).ShapeText() {
		return nil, damaged(path, "an array of %s %s, want %s (%d,)", h.Type, h.ShapeText(), typ, n)
	}
	values := make([]int, n)
	b := make([]byte, number.Size)
	for i := range values {
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, damaged(path, "truncated: it ends after %d of %d numbers", i, n)
		}
		values[i] = int(number.Value(b))
	}
	return values, nil
}

// writeArray writes a vector.
func writeArray(path, typ string, values []int) error {
	b := &bytes.Buffer{}
	if err := npy.WriteHeader(b, npy.Header{Type: typ, Shape: []int{len(values)}}); err != nil {
		return err
	}
	for _, v := range values {
		if b.WriteByte(byte(v)); typ == "<i4" {
			b.Write([]byte{byte(v >> 8), byte(v >> 16), byte(v >> 24)})
		}
	}
	return writeSynced(path, b.Bytes())
}

func writeSynced(path string, b []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// choose makes s the images whose code is wanted.
func (s *Split) choose(shape Shape, pixels []byte, codes []int, wanted byte, labels []int) error {
	s.Shape, s.Bytes = shape, pixels
	labelled := labels != nil
	for i, code := range codes {
		if byte(code) != wanted {
			continue
		}
		s.Count++
		s.Index = append(s.Index, int32(i))
		switch {
		case !labelled || labels[i] < 0:
			labelled = false
		case labels[i] > maxLabel:
			return fmt.Errorf("the label %d, want at most %d", labels[i], maxLabel)
		default:
			s.Labels = append(s.Labels, labels[i])
		}
	}
	if !labelled || s.Count == 0 {
		s.Labels = nil
	}
	if s.Count == 0 {
		*s = Split{}
	}
	return nil
}

// maxLabel is the largest number of a class.
const maxLabel = 65535

// InCache returns the directory of the prepared set in the cache that has a content,
// [Set.Digest]: the pixels of pictures that may be gone by now.
func InCache(digest string, o Options) (dir string, ok bool) {
	cache, err := o.cacheDir()
	if err != nil || digest == "" {
		return "", false
	}
	found, _ := filepath.Glob(filepath.Join(escaped(cache), "prepared", "*", manifestName))
	for _, path := range found {
		dir := filepath.Dir(path)
		if m, err := readManifest(dir); err == nil && m.Digest == digest && m.Format == preparedFormat {
			return dir, true
		}
	}
	return "", false
}
