package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"vaectl/internal/hinted"
)

// This file is the door: whatever is read of a run comes through open. A run
// directory may come from anywhere, so none of its files is trusted: it must be
// a regular file, of a size that makes sense for what it holds, inside the
// directory. Anything else, a named pipe, a device, a link that leads out or a
// sparse file of terabytes, is [ErrDamaged] before a byte of it is read.

// limitOf is the largest size in bytes that a file of a run is read with.
func limitOf(name string) int64 {
	switch {
	case name == recordFile || name == configFile:
		return 16 << 20
	case name == metricsFile:
		return 512 << 20
	case path.Dir(name) == samplesFolder:
		return 256 << 20
	default: // weights; the header says how much of that is read into memory
		return 8<<30 + 16<<20
	}
}

// source is where the files of a run are read from. As text it is the path of
// the run.
type source interface {
	fs.FS
	fmt.Stringer
}

// directory is a source on the disk.
type directory string

func (d directory) String() string { return string(d) }

// Open does not wait for the other end of a named pipe and follows links inside
// the directory only.
func (d directory) Open(name string) (fs.File, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err == nil {
		return file, nil
	}
	if info, errInfo := root.Lstat(name); errInfo == nil && info.Mode()&fs.ModeSymlink != 0 && !errors.Is(err, fs.ErrNotExist) {
		return nil, failure(ErrDamaged, "", "run %s: %s is a link that leads out of the run directory", d, name)
	}
	return nil, err
}

// stat describes a file without opening it.
func (d directory) stat(name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Stat(name)
}

// storedFS is a source that somebody else keeps, such as files in the program.
type storedFS struct {
	fs.FS
	name string
}

func (s storedFS) String() string { return s.name }

// file is an open file of a run.
type file struct {
	io.ReaderAt
	close func() error
	info  fs.FileInfo // when it was opened
}

func (f *file) Close() error { return f.close() }
func (f *file) size() int64  { return f.info.Size() }

// open opens a file of a run for reading. One that is not there is
// [fs.ErrNotExist].
func open(s source, name string) (*file, error) {
	opened, err := s.Open(name)
	var kind *hinted.Error
	if errors.As(err, &kind) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s, err)
	}
	f, err := admit(s, name, opened)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return f, nil
}

func admit(s source, name string, opened fs.File) (*file, error) {
	info, err := opened.Stat()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s, err)
	}
	limit := limitOf(path.Clean(name))
	switch {
	case !info.Mode().IsRegular():
		return nil, failure(ErrDamaged, "", "run %s: %s is not a regular file (%v)", s, name, info.Mode().Type())
	case info.Size() > limit:
		return nil, failure(ErrDamaged, "", "run %s: %s has %d bytes, more than %d", s, name, info.Size(), limit)
	}
	f := &file{close: opened.Close, info: info}
	var ok bool
	if f.ReaderAt, ok = opened.(io.ReaderAt); ok {
		return f, nil
	}
	// A file system that reads in order only; it is not the disk.
	content, err := io.ReadAll(io.LimitReader(opened, info.Size()))
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s, err)
	}
	f.ReaderAt = bytes.NewReader(content)
	return f, nil
}

// readAll reads a whole file, as long as it was when it was opened.
func readAll(s source, name string) ([]byte, error) {
	f, err := open(s, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.NewSectionReader(f, 0, f.size()))
	if err != nil {
		return nil, fmt.Errorf("run %s: %s: %w", s, name, err)
	}
	return text, nil
}
