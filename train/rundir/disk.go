package rundir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"vaectl/internal/format/atomicfile"
)

// Disk is a folder as this package changes it, every call of it one step that a
// kill can come before or after. Names are relative to the folder, with slashes;
// none leads out of it. Tests put disks in its place that fail or end at any
// call.
type Disk interface {
	// Create opens a file that must not be there yet for writing.
	Create(name string) (File, error)
	// Append opens a file to write at its end.
	Append(name string) (File, error)
	// Rename gives a file another name, in place of the file of that name.
	Rename(from, to string) error
	Remove(name string) error
	// Sync makes the names in a folder, "." for this one, survive a loss of power.
	Sync(name string) error
	// Mkdir makes a folder; its parent must be there.
	Mkdir(name string) error
	List(name string) ([]fs.DirEntry, error)
	// Exchange gives two folders each other's name in one step, where the system
	// can; elsewhere it is [errors.ErrUnsupported].
	Exchange(a, b string) error
	// RemoveAll removes a folder and all in it; one that is not there is no error.
	RemoveAll(name string) error
	Close() error
}

// File is a file that is being written.
type File = interface {
	io.WriteCloser
	Sync() error
}

// OpenDisk opens a folder of the disk.
func OpenDisk(folder string) (Disk, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	return onDisk{atomicfile.OnDisk(root), root}, nil
}

type onDisk struct {
	atomicfile.Directory
	root *os.Root
}

func (d onDisk) Append(name string) (File, error) {
	file, err := d.root.OpenFile(name, os.O_WRONLY|os.O_APPEND|nonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", name)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (d onDisk) Mkdir(name string) error { return d.root.Mkdir(name, 0o777) }

func (d onDisk) List(name string) ([]fs.DirEntry, error) { return fs.ReadDir(d.root.FS(), name) }

func (d onDisk) Exchange(a, b string) error {
	return exchange(filepath.Join(d.root.Name(), a), filepath.Join(d.root.Name(), b))
}

func (d onDisk) RemoveAll(name string) error { return d.root.RemoveAll(name) }

func (d onDisk) Close() error { return d.root.Close() }
