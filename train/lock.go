package train

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Who trains in a run holds its lock file alone. Who only looks whether anybody
// does shares it for a moment, so that any number may look at once.

// How long, and how often, whoever wants to train waits for those who look.
const (
	lookersWait  = 5 * time.Millisecond
	lookersTries = 400
)

func lockRun(dir string) (*Run, error) {
	lock := flock.New(filepath.Join(dir, lockFile))
	for range lookersTries {
		held, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", dir, err)
		}
		if held {
			return &Run{dir: dir, lock: lock}, nil
		}
		if inUse(dir) {
			break
		}
		time.Sleep(lookersWait)
	}
	return nil, failure(ErrInUse, "wait for it to end, or train under another --name", "run %s: another process is training in it", dir)
}

// inUse says whether a process trains in the directory now.
func inUse(dir string) bool {
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetFlag(os.O_RDONLY))
	shared, err := lock.TryRLock()
	if err != nil {
		return false
	}
	if shared {
		_ = lock.Close()
	}
	return !shared
}

// InUse reports whether a process trains in the run directory now.
func InUse(dir string) bool { return inUse(dir) }
