package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vaectl/internal/hinted"
	"vaectl/internal/printable"
)

// errOtherSet marks files that are intact but belong to another catalogue set.
var errOtherSet = errors.New("files of another data set")

// fileSet is the paths of a set's files by role, "" for one that is not there.
type fileSet [roleCount]string

// empty is true when the directory has no images of the set at all; labels alone
// do not make a set.
func (f *fileSet) empty() bool { return f[trainImages] == "" && f[testImages] == "" }

func (f *fileSet) complete() bool { return !slices.Contains(f[:], "") }

// locate finds a set's files in a directory. Where a file is there both plain and
// zipped the plain one is taken, which is quicker to read, unless e can only check
// the archive. A directory that does not exist holds no files.
func locate(dir string, e *Entry) (fileSet, error) {
	var found fileSet
	for r := range roleCount {
		names := r.fileNames()
		if e != nil && e.Files[r].ContentSHA256 == "" {
			names[0], names[1] = names[1], names[0]
			names[2], names[3] = names[3], names[2]
		}
		for _, name := range names {
			path := filepath.Join(dir, name)
			info, err := os.Stat(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return found, missing("check that the directory can be read", "looking for the data set: %w", err)
			}
			// Some archivers unpack a file into a directory of the file's name.
			if info.Mode().IsRegular() {
				found[r] = path
				break
			}
		}
	}
	return found, nil
}

// fileRead is one file as it was read.
type fileRead struct {
	path string
	// content and archive are SHA-256 in hex of what was in the file, uncompressed, and
	// of the file itself; the latter only when it is a gzip archive.
	content, archive string
	images           Split
	labels           []byte
}

// readFile reads and hashes one file, which must be a regular one.
func readFile(ctx context.Context, path string, r role, maxBytes int64) (fileRead, error) {
	got := fileRead{path: path}
	f, err := os.Open(path)
	if err != nil {
		return got, missing("check that the file can be read", "reading the data set: %w", err)
	}
	defer f.Close()
	archive, inside := sha256.New(), sha256.New()
	c, err := openContent(io.TeeReader(contextReader{ctx, f}, archive), path)
	if err != nil {
		return got, err
	}
	body := io.TeeReader(c, inside)
	if r.isLabels() {
		got.labels, err = readLabels(body, path, maxBytes)
	} else {
		got.images, err = readImages(body, path, maxBytes)
	}
	if err != nil {
		return got, err
	}
	got.content = hexSum(inside)
	if c.zipped {
		got.archive = hexSum(archive)
	}
	return got, nil
}

// contextReader stops reading when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func hexSum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// reading is all files of a set as they were read; those not there have no path.
type reading struct {
	dir   string
	files [roleCount]fileRead
}

// readDirectory reads the files found in dir and checks that they fit each other.
// Images must be there for both splits; labels may be missing. With an entry no
// file may be larger than the entry's.
func readDirectory(ctx context.Context, dir string, found fileSet, e *Entry, maxBytes int64) (*reading, error) {
	for _, r := range []role{trainImages, testImages} {
		if found[r] == "" {
			return nil, absent(dir, found, r)
		}
	}
	rd := &reading{dir: dir}
	for r := range roleCount {
		if found[r] == "" {
			continue
		}
		if e != nil {
			maxBytes = e.values(r)
		}
		var err error
		rd.files[r], err = readFile(ctx, found[r], r, maxBytes)
		if e != nil && errors.Is(err, errTooLarge) {
			err = withHint(err, fmt.Sprintf("this is not %s; %s", e.Name, ownSetHint(dir)))
		}
		if err != nil {
			return nil, err
		}
	}
	return rd, rd.consistent()
}

// absent is the error of a directory that lacks the role's file.
func absent(dir string, found fileSet, r role) error {
	has := ""
	for _, path := range found {
		if path != "" {
			has = fmt.Sprintf(" (it has %s)", filepath.Base(path))
			break
		}
	}
	return missing("the directory must hold the four IDX files under MNIST's names, plain or as .gz",
		"%s: no file %s%s", dir, strings.Join(r.fileNames(), ", "), has)
}

// values is the number of bytes after the header of the role's file.
func (e *Entry) values(r role) int64 {
	count := e.Train
	if r == testImages || r == testLabels {
		count = e.Test
	}
	if r.isLabels() {
		return int64(count)
	}
	return int64(count) * int64(e.Values())
}

// consistent checks that labels belong to their images and that both splits have
// images of one size.
func (rd *reading) consistent() error {
	for _, r := range []role{trainImages, testImages} {
		images, labels := &rd.files[r], &rd.files[r+1]
		if labels.path != "" && len(labels.labels) != images.images.Count {
			return damaged(images.path, "has %d images, but %s has %d labels",
				images.images.Count, labels.path, len(labels.labels))
		}
	}
	train, test := &rd.files[trainImages], &rd.files[testImages]
	if train.images.Shape != test.images.Shape {
		return damaged(train.path, "images are %v, but those of %s are %v", train.images.Shape, test.path, test.images.Shape)
	}
	return nil
}

// verify checks every file against the entry. It reports for each role whether a
// hash confirmed it; a plain file of which only the archive's hash is known is
// accepted by its shape, but not confirmed.
func (rd *reading) verify(e *Entry, others []Entry) ([roleCount]bool, error) {
	var confirmed [roleCount]bool
	for r := range roleCount {
		f := &rd.files[r]
		if f.path == "" {
			return confirmed, absent(rd.dir, rd.found(), r)
		}
		if e.Files[r].knows(f) {
			confirmed[r] = true
			continue
		}
		if e.Files[r].canCheck(f) {
			return confirmed, mismatch(e, r, f, others)
		}
	}
	if s := &rd.files[trainImages].images; s.Count != e.Train || s.Shape != e.Shape {
		return confirmed, damaged(rd.files[trainImages].path, "has %d images of %v, but %s has %d of %v",
			s.Count, s.Shape, e.Name, e.Train, e.Shape)
	}
	if n := rd.files[testImages].images.Count; n != e.Test {
		return confirmed, damaged(rd.files[testImages].path, "has %d images, but %s has %d", n, e.Name, e.Test)
	}
	return confirmed, nil
}

func (rd *reading) found() fileSet {
	var found fileSet
	for r := range roleCount {
		found[r] = rd.files[r].path
	}
	return found
}

// canCheck is true when a hash is known that f must have if it is this file.
func (f File) canCheck(got *fileRead) bool {
	return f.ContentSHA256 != "" || got.archive != ""
}

// knows is true when got has the hash that decides.
func (f File) knows(got *fileRead) bool {
	if f.ContentSHA256 != "" {
		return got.content == f.ContentSHA256
	}
	return got.archive != "" && got.archive == f.SHA256
}

// mismatch is the error of an intact IDX file that is not the entry's.
func mismatch(e *Entry, r role, f *fileRead, others []Entry) error {
	what, got, want := "content", f.content, e.Files[r].ContentSHA256
	if want == "" {
		what, got, want = "archive", f.archive, e.Files[r].SHA256
	}
	for _, o := range others {
		if o.Name != e.Name && o.isIDX() && o.Files[r].knows(f) {
			return &hinted.Error{
				Kind:   ErrDamaged,
				Err:    fmt.Errorf("%s: %w: this is the file of %s, not of %s", f.path, errOtherSet, o.Name, e.Name),
				Advice: fmt.Sprintf("ask for it by its name, %s", o.Name),
			}
		}
	}
	return &hinted.Error{
		Kind:   ErrDamaged,
		Err:    fmt.Errorf("%s: not the file of %s: SHA-256 of the %s is %s, want %s", f.path, e.Name, what, got, want),
		Advice: "replace the file by an intact copy; " + ownSetHint(filepath.Dir(f.path)),
	}
}

func ownSetHint(dir string) string {
	return "if it is a data set of your own, use it with --dataset " + printable.Word(asDirectoryName(dir))
}

// asDirectoryName writes a relative path such that it cannot be taken for a
// catalogue name.
func asDirectoryName(dir string) string {
	if dir != "." && !strings.ContainsRune(dir, filepath.Separator) {
		return "." + string(filepath.Separator) + dir
	}
	return dir
}

// recognise finds the entry to which every file that was read belongs.
func (rd *reading) recognise(entries []Entry) (Entry, bool) {
	for _, e := range entries {
		if !e.isIDX() {
			continue
		}
		all := true
		for r := range roleCount {
			f := &rd.files[r]
			all = all && (f.path == "" || e.Files[r].knows(f))
		}
		if all {
			return e, true
		}
	}
	return Entry{}, false
}

// set makes a Set of what was read. e describes it, or is nil.
func (rd *reading) set(name string, e *Entry, confirmed [roleCount]bool) *Set {
	s := &Set{Name: name, Title: "images of " + rd.dir, Source: rd.dir, Verified: true}
	if e != nil {
		s.Title, s.Licence, s.Classes = e.Title, e.Licence, e.Classes
	}
	s.Train, s.Test = rd.files[trainImages].images, rd.files[testImages].images
	s.Train.Labels, s.Test.Labels = toInts(rd.files[trainLabels].labels), toInts(rd.files[testLabels].labels)
	for r := range roleCount {
		f := &rd.files[r]
		if f.path == "" {
			continue
		}
		s.Files = append(s.Files, FileInfo{Path: f.path, SHA256: f.content, Verified: confirmed[r]})
		s.Verified = s.Verified && confirmed[r]
	}
	s.Digest = digest(&s.Train, &s.Test)
	s.Binary = areBinary(s.Train.Bytes) && areBinary(s.Test.Bytes)
	return s
}

// asFound makes a Set of whatever was found, described by the catalogue if it
// belongs there.
func (rd *reading) asFound(name string, entries []Entry) *Set {
	e, ok := rd.recognise(entries)
	if !ok {
		return rd.set(name, nil, [roleCount]bool{})
	}
	return rd.set(name, &e, [roleCount]bool{true, true, true, true})
}

func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing("check the path", "directory %s does not exist", dir)
	case err != nil:
		return missing("check the path", "looking for the data set: %w", err)
	case !info.IsDir():
		return missing("give the directory that holds the four IDX files", "%s is a file, not a directory", dir)
	}
	return nil
}

// baseName is the last element of a directory's path, also for "." and "..".
func baseName(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Base(dir)
}

// sameShape is true when what was read has the entry's counts and sizes, so that it
// may be a damaged copy of it.
func (rd *reading) sameShape(e *Entry) bool {
	train, test := &rd.files[trainImages].images, &rd.files[testImages].images
	return train.Count == e.Train && test.Count == e.Test && train.Shape == e.Shape
}
