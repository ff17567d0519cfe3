package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a process looks whether another one has finished.
const lockPoll = 200 * time.Millisecond

// Get sees to it that the catalogue set is complete and intact in the cache, and
// returns its directory there. What is there is checked and kept; the rest is
// downloaded, continuing what an interrupted download left in a .part file.
//
// A name that is not in the catalogue is ErrUnknown; a set that cannot be had is
// ErrMissing, with the reason of each mirror. When ctx ends, its error is returned
// and the set's directory has nothing unfinished but a .part file. Processes that ask
// for the same set at the same time wait for each other, by an empty lock file beside
// that directory.
func Get(ctx context.Context, name string, o Options) (dir string, err error) {
	e, ok := find(o.entries(), name)
	if !ok {
		return "", notInCatalogue(name, o.entries())
	}
	if o.offline() {
		return "", missing("", "%s cannot be downloaded: downloads are off", e.Name)
	}
	return get(ctx, e, o, false)
}

func get(ctx context.Context, e Entry, o Options, auto bool) (string, error) {
	cache, err := o.cacheDir()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", cannotWrite(err)
	}
	unlock, err := lockCache(ctx, filepath.Join(cache, "."+e.Name+".lock"), o)
	if err != nil {
		return "", err
	}
	defer unlock()

	dir := filepath.Join(cache, e.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", cannotWrite(err)
	}
	// Only an empty directory goes: a download that did not even begin leaves no trace.
	defer os.Remove(dir)
	timeouts := o.Timeouts.orDefault(auto)
	client := o.client(timeouts)
	defer client.CloseIdleConnections()
	for i := range e.Files {
		d := &download{entry: &e, index: i, dir: dir, client: client, timeouts: timeouts, progress: o.Progress, log: o.log()}
		if err := d.ensure(ctx); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// lockCache keeps other processes out of a set's directory until unlock is called.
// The lock's file stays; removing it would let two processes lock two files.
func lockCache(ctx context.Context, path string, o Options) (unlock func(), err error) {
	lock := flock.New(path)
	unlock = func() {
		if err := lock.Unlock(); err != nil {
			o.log().Warn("cannot release the lock of the cache", "file", path, "error", err)
		}
	}
	locked, err := lock.TryLock()
	if err == nil && !locked {
		o.log().Info("waiting for another process that downloads this data set", "lock", path)
		_, err = lock.TryLockContext(ctx, lockPoll)
	}
	if err == nil {
		return unlock, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// Some network file systems have no locks. What is placed is verified in any case.
	o.log().Warn("the cache cannot be locked; do not download the same set twice at once", "file", path, "error", err)
	return unlock, nil
}

func notInCatalogue(name string, entries []Entry) error {
	err := unknown(name, entries)
	known := "the catalogue has"
	for _, e := range entries {
		known += " " + e.Name
	}
	return withHint(err, known)
}

func cannotWrite(err error) error {
	return missing("see that the cache directory can be written and has space, or give the files with --data-dir",
		"cannot keep the download: %w", err)
}

// ensure makes the file be there, intact, under its own name.
func (d *download) ensure(ctx context.Context) error {
	path := d.path()
	err := checkArchive(ctx, path, d.entry, d.index)
	switch {
	case err == nil:
		d.log.Debug("already in the cache", "file", path)
		return nil
	case errors.Is(err, ErrDamaged):
		d.log.Warn("damaged file in the cache is downloaded again", "reason", err)
	case !errors.Is(err, ErrMissing):
		return err
	}
	if err := d.run(ctx); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("downloading %s: %w", d.file().Name, ctx.Err())
		}
		return err
	}
	return nil
}
