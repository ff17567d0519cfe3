package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Whoever trains in a run holds its lock file alone. Whoever only looks whether
// somebody does shares it for a moment, so that any number may look at once.

// How long, and how often, a process that wants to train waits for those that
// look.
const (
	lookersWait  = 5 * time.Millisecond
	lookersTries = 400
)

// lock takes the lock of a run directory, which is made where it is missing.
func lock(dir string) (*flock.Flock, error) {
	path := filepath.Join(dir, lockFile)
	for range lookersTries {
		if err := checkLockFile(path); err != nil {
			return nil, err
		}
		l := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|nonblock))
		held, err := l.TryLock()
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", dir, err)
		}
		if held && isStill(l, path) {
			return l, nil
		}
		if err := l.Close(); err != nil {
			return nil, fmt.Errorf("run %s: %w", dir, err)
		}
		if !held && InUse(dir) {
			break
		}
		time.Sleep(lookersWait)
	}
	return nil, failure(ErrInUse, "wait for it to end, or train under another --name", "run %s: another process is training in it", dir)
}

// isStill says that the locked file is the one at its path, not one of a
// directory that was replaced in the meantime.
func isStill(l *flock.Flock, path string) bool {
	locked, err := l.Stat()
	if err != nil {
		return false
	}
	now, err := os.Lstat(path)
	return err == nil && os.SameFile(locked, now)
}

// checkLockFile refuses what is no lock file: a link would have a file made
// wherever it leads.
func checkLockFile(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if !info.Mode().IsRegular() {
		return failure(ErrDamaged, "", "%s is not a regular file (%v)", path, info.Mode().Type())
	}
	return nil
}

// InUse says whether a process trains in the run directory now.
func InUse(dir string) bool {
	path := filepath.Join(dir, lockFile)
	if checkLockFile(path) != nil {
		return false
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY|nonblock))
	shared, err := l.TryRLock()
	if err != nil {
		return false
	}
	if shared {
		_ = l.Close()
	}
	return !shared
}
