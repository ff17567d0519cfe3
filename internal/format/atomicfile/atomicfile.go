// Package atomicfile replaces files as a whole: whoever reads one finds the old content or the new, never a part, whatever happens to the
// writer or the machine.
//
// github.com/google/renameio does the same but exports nothing on Windows, and its best-effort variant writes in place there.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/robustio"
)

// Names of temporary files: the prefix and digits. They do not carry the name of the final one, which may be as long as a name can be.
const (
	temporaryPrefix = ".tmp-"
	temporaryDigits = 16 // hexadecimal
)

// bufferBytes is large enough that small writes cost nothing and a system call is rare.
const bufferBytes = 1 << 18

// Directory is a directory that files are replaced in, as [Write] needs it. Names are relative to it and may name subdirectories. [OnDisk] makes
// one of an [os.Root]; tests make others that fail or end at any call.
type Directory interface {
	// Create opens a file that must not be there yet for writing.
	Create(name string) (File, error)
	// Rename gives a file another name, in place of the file of that name.
	Rename(from, to string) error
	Remove(name string) error
	// Sync makes the names in a subdirectory, or in the directory itself for ".", survive a loss of power.
	Sync(name string) error
}

// File is a file being written. It is no type of its own, so that other packages can describe a [Directory] without this one.
type File = interface {
	io.WriteCloser
	Sync() error
}

// How hidden files are made. os.CreateTemp would make them readable by their owner only.
const (
	createFlags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	createMode  = 0o644
)

// OnDisk is the directory that root is open on; names that lead outside are refused.
func OnDisk(root *os.Root) Directory { return onDisk{root} }

type onDisk struct{ root *os.Root }

func (d onDisk) Create(name string) (File, error) {
	return d.root.OpenFile(name, createFlags, createMode)
}

func (d onDisk) Rename(from, to string) error {
	if runtime.GOOS == "windows" {
		return folder(d.root.Name()).Rename(from, to)
	}
	return d.root.Rename(from, to)
}

func (d onDisk) Remove(name string) error { return d.root.Remove(name) }

func (d onDisk) Sync(name string) error {
	return syncDirectory(func() (*os.File, error) { return d.root.Open(name) })
}

// folder is a directory by its path. Unlike an [os.Root] it need not be readable.
type folder string

func (d folder) Create(name string) (File, error) {
	return os.OpenFile(filepath.Join(string(d), name), createFlags, createMode)
}

// Rename tries again on Windows, where a virus scanner may hold either file for a moment.
func (d folder) Rename(from, to string) error {
	return robustio.Rename(filepath.Join(string(d), from), filepath.Join(string(d), to))
}

func (d folder) Remove(name string) error { return os.Remove(filepath.Join(string(d), name)) }

func (d folder) Sync(name string) error {
	return syncDirectory(func() (*os.File, error) { return os.Open(filepath.Join(string(d), name)) })
}

// syncDirectory does nothing on Windows, which has no such call, and where a file system has none.
func syncDirectory(open func() (*os.File, error)) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := open()
	if errors.Is(err, fs.ErrPermission) {
		return nil // one may be allowed to write a directory and not to read it
	}
	if err != nil {
		return err
	}
	err = directory.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return errors.Join(err, directory.Close())
}

// WriteFile makes what write gives to its writer the content of the file at path, with mode 0644 less the umask. The content goes to a
// hidden file in the same directory, which must exist; it is synced to the disk, renamed to path, and the directory is synced where the
// system can. On an error, and when write panics, the hidden file is removed and the file at path is as it was; only an error of syncing the
// directory comes after the new content is in place. Errors name path and wrap the cause, be it write's own. A symbolic link at path is
// replaced, not followed.
func WriteFile(path string, write func(io.Writer) error) error {
	err := error(syscall.EISDIR)
	if info, errInfo := os.Stat(path); path != "" && (errInfo != nil || !info.IsDir()) {
		err = replace(folder(filepath.Dir(path)), filepath.Base(path), write)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Write is [WriteFile] for the file of a name in directory.
func Write(directory Directory, name string, write func(io.Writer) error) error {
	if err := replace(directory, name, write); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func replace(directory Directory, name string, write func(io.Writer) error) (err error) {
	file, temporary, err := createTemporary(directory, name)
	if err != nil {
		return inDirectory(directory, name, err)
	}
	renamed := false
	defer func() {
		if !renamed {
			// Closing twice is harmless, and the error that led here matters more than these.
			_ = file.Close()
			_ = directory.Remove(temporary)
		}
	}()
	if err := fill(file, write); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := directory.Rename(temporary, name); err != nil {
		return err
	}
	renamed = true
	return directory.Sync(filepath.Dir(name))
}

// inDirectory says of an error with the hidden file what the caller knows of: the directory.
func inDirectory(directory Directory, name string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	where := filepath.Dir(name)
	if path, ok := directory.(folder); ok {
		where = filepath.Join(string(path), where)
	}
	return fmt.Errorf("directory %s: %w", where, err)
}

// createTemporary creates a new file beside the one of that name.
func createTemporary(directory Directory, name string) (file File, temporary string, err error) {
	for {
		temporary = filepath.Join(filepath.Dir(name), fmt.Sprintf("%s%0*x", temporaryPrefix, temporaryDigits, rand.Uint64()))
		file, err = directory.Create(temporary)
		if !errors.Is(err, fs.ErrExist) {
			return file, temporary, err
		}
	}
}

// fill writes the content and sees it onto the disk.
func fill(file File, write func(io.Writer) error) error {
	buffer := bufio.NewWriterSize(file, bufferBytes)
	if err := write(buffer); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

// IsTemporary reports whether a name is one that the hidden files of this package have. Writers that are killed leave such files behind; whoever
// knows that nobody is writing in a directory may remove them.
func IsTemporary(name string) bool {
	digits, ok := strings.CutPrefix(name, temporaryPrefix)
	return ok && len(digits) == temporaryDigits && strings.Trim(digits, "0123456789abcdef") == ""
}
