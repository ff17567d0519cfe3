package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Contents are the files of a folder: what writes each, by name.
type Contents map[string]func(io.Writer) error

// WriteFolder writes files that belong together into the folder at path: all of them or, on an error, none. A folder that is not there is made,
// in a directory that must exist, and has all files from its first moment. In one that is there, files of these names are replaced and others
// stay; if one cannot be replaced, those replaced before it are put back. Everything is on the disk before the first name changes. Errors name
// path and wrap the cause.
func WriteFolder(path string, contents Contents) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		if err = noFolders(path, contents); err == nil {
			err = replaceAll(folder(path), contents)
		}
	case err == nil:
		err = fs.ErrExist
	case errors.Is(err, fs.ErrNotExist):
		err = makeFolder(folder(filepath.Dir(path)), filepath.Base(path), contents)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// noFolders wants no folder to have the name of a file: it would be replaced with all that is in it.
func noFolders(path string, contents Contents) error {
	for name := range contents {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && info.IsDir() {
			return fmt.Errorf("%s: %w", name, syscall.EISDIR)
		}
	}
	return nil
}

// tree is a directory with folders in it.
type tree interface {
	Directory
	Mkdir(name string) error
	RemoveAll(name string) error
}

func (d folder) Mkdir(name string) error     { return os.Mkdir(filepath.Join(string(d), name), 0o777) }
func (d folder) RemoveAll(name string) error { return os.RemoveAll(filepath.Join(string(d), name)) }

// makeFolder makes a folder under a hidden name and then gives it its own.
func makeFolder(directory tree, name string, contents Contents) error {
	stage, err := fillStage(directory, contents)
	if err == nil {
		err = directory.Rename(stage, name)
	}
	if err != nil {
		// The error that led here matters more.
		_ = directory.RemoveAll(stage)
		return err
	}
	return directory.Sync(".")
}

// replaced is the folder of a stage that takes the files that are replaced.
const replaced = "replaced"

// replaceAll puts files into a directory from a hidden folder in it, which is on the same disk as they are.
func replaceAll(directory tree, contents Contents) error {
	stage, err := fillStage(directory, contents)
	aside := filepath.Join(stage, replaced)
	if err == nil {
		err = directory.Mkdir(aside)
	}
	if err != nil {
		_ = directory.RemoveAll(stage)
		return err
	}
	var taken []string // names whose files were taken aside, if there were any
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if err = directory.Rename(name, filepath.Join(aside, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			break
		}
		taken = append(taken, name)
		if err = directory.Rename(filepath.Join(stage, name), name); err != nil {
			break
		}
	}
	if err != nil {
		if stranded := putBack(directory, aside, taken); stranded != nil {
			return errors.Join(err, fmt.Errorf("files that were replaced are in %s: %w", aside, stranded))
		}
		_ = directory.RemoveAll(stage)
		return err
	}
	return errors.Join(directory.Sync("."), directory.RemoveAll(stage))
}

// putBack makes the files of some names what they were.
func putBack(directory tree, aside string, names []string) error {
	var wrong error
	for _, name := range names {
		err := directory.Rename(filepath.Join(aside, name), name)
		if errors.Is(err, fs.ErrNotExist) {
			err = directory.Remove(name) // there was none
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			wrong = errors.Join(wrong, err)
		}
	}
	return wrong
}

// fillStage writes the files into a new hidden folder.
func fillStage(directory tree, contents Contents) (stage string, err error) {
	stage = fmt.Sprintf("%s%0*x", temporaryPrefix, temporaryDigits, rand.Uint64())
	if err := directory.Mkdir(stage); err != nil {
		return stage, inDirectory(directory, stage, err)
	}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		file, err := directory.Create(filepath.Join(stage, name))
		if err != nil {
			return stage, err
		}
		err = fill(file, contents[name])
		if closed := file.Close(); err == nil {
			err = closed
		}
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err // its path is hidden
		}
		if err != nil {
			return stage, fmt.Errorf("%s: %w", name, err)
		}
	}
	return stage, directory.Sync(stage)
}
