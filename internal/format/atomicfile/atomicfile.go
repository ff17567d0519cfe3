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
	"regexp"
	"runtime"
	"syscall"

	"github.com/rogpeppe/go-internal/robustio"
)

// temporaryPattern matches the names of temporary files. They do not carry the name of the final one, which may be as long as a name can be.
const temporaryPattern = `^\.tmp-[0-9a-f]{16}$`

// bufferBytes is large enough that small writes cost nothing and a system call is rare.
const bufferBytes = 1 << 18

// WriteFile makes what write gives to its writer the content of the file at path, with mode 0644 less the umask. The content goes to a
// hidden file in the same directory, which must exist; it is synced to the disk, renamed to path, and the directory is synced where the
// system can. On an error, and when write panics, the hidden file is removed and the file at path is as it was; only an error of syncing the
// directory comes after the new content is in place. Errors name path and wrap the cause, be it write's own. A symbolic link at path is
// replaced, not followed.
func WriteFile(path string, write func(io.Writer) error) error {
	if err := replace(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func replace(path string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return syscall.EISDIR
	}
	file, err := createTemporary(path)
	if err != nil {
		return inDirectory(path, err)
	}
	renamed := false
	defer func() {
		if !renamed {
			// Closing twice is harmless, and the error that led here matters more than these.
			_ = file.Close()
			_ = os.Remove(file.Name())
		}
	}()
	if err := fill(file, write); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	// On Windows a virus scanner may hold either file for a moment; there this tries again.
	if err := robustio.Rename(file.Name(), path); err != nil {
		return err
	}
	renamed = true
	return syncDirectory(filepath.Dir(path))
}

// inDirectory says of an error with the hidden file what the caller knows of: the directory.
func inDirectory(path string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	return fmt.Errorf("directory %s: %w", filepath.Dir(path), err)
}

// createTemporary creates a new file beside path. os.CreateTemp would make one that only its owner may read.
func createTemporary(path string) (*os.File, error) {
	for {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf(".tmp-%016x", rand.Uint64()))
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
}

// fill writes the content and sees it onto the disk.
func fill(file *os.File, write func(io.Writer) error) error {
	buffer := bufio.NewWriterSize(file, bufferBytes)
	if err := write(buffer); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	return file.Sync()
}

// syncDirectory makes the new name survive a loss of power. Windows has no such call, nor have some file systems.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(path)
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

// Sweep removes the temporary files that writers killed in the middle left in directory. Nobody may be writing there.
func Sweep(directory string) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	temporary := regexp.MustCompile(temporaryPattern)
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !temporary.MatchString(entry.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(directory, entry.Name())); err != nil {
			return fmt.Errorf("sweep: %w", err)
		}
	}
	return nil
}
