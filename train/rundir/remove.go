package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// Remove deletes the run in dir, a damaged one too. What is no run is
// [ErrNoRun]; a run that a process trains in is [ErrInUse], and stays. Killed on
// the way, it leaves the run whole, or a hidden folder that is swept up when the
// next run is made.
func Remove(dir string) error {
	if err := checkRemovable(dir); err != nil {
		return err
	}
	hidden := filepath.Join(filepath.Dir(dir), fmt.Sprintf("%s%016x", newPrefix, rand.Uint64()))
	if err := renameLocked(dir, hidden); err != nil {
		return err
	}
	if err := os.RemoveAll(hidden); err != nil {
		return fmt.Errorf("run %s: %w", dir, err)
	}
	return nil
}

// checkRemovable refuses a directory that holds no run.
func checkRemovable(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, recordFile)); err == nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("run %s: %w", dir, err)
	}
	if len(entries) == 0 || !onlyOurs(entries) {
		return failure(ErrNoRun, "", "%s is not a run directory", dir)
	}
	return nil
}

// Rename gives the run in dir another name in the same folder and returns where
// it is then. A name that is taken is [ErrExists].
func Rename(dir, name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	run, err := Open(dir)
	if err != nil {
		return "", err
	}
	target := filepath.Join(filepath.Dir(dir), name)
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return "", failure(ErrExists, "choose another name", "run %s exists in %s", name, filepath.Dir(dir))
	}
	if err := renameLocked(run.Dir(), target); err != nil {
		return "", err
	}
	w, err := Store{}.Continue(target)
	if err != nil {
		return "", err
	}
	// The record of a run that could have been trained on in between is read again.
	if run, err = w.Run(); err == nil {
		run.Record.Name = name
		err = w.WriteRecord(run.Record)
	}
	return target, errors.Join(err, w.Close())
}

// renameLocked renames a run that no process trains in.
func renameLocked(dir, target string) error {
	l, err := lock(dir)
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		// There a folder cannot be renamed while a file in it is open.
		if err := l.Close(); err != nil {
			return fmt.Errorf("run %s: %w", dir, err)
		}
		l = nil
	}
	if err := os.Rename(dir, target); err != nil {
		return errors.Join(fmt.Errorf("run %s: %w", dir, err), closeLock(l))
	}
	return closeLock(l)
}

func closeLock(l *flock.Flock) error {
	if l == nil {
		return nil
	}
	return l.Close()
}
