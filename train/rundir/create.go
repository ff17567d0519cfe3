package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"vaectl/internal/format/atomicfile"
	"vaectl/internal/printable"
)

// Names of folders beside runs, which nobody lists: of runs being made, and of
// runs about to be removed. Digits follow.
const (
	newPrefix = ".new-"
	oldPrefix = ".old-"
)

// Check reports what would keep [Store.Create] from making root/name, without
// touching anything.
func Check(root, name string, replace bool) error {
	if err := CheckName(name); err != nil {
		return err
	}
	_, err := checkRoom(filepath.Join(root, name), name, replace)
	return err
}

// checkRoom says whether a run that may be replaced stands where another is to
// be made.
func checkRoom(dir, name string, replace bool) (occupied bool, err error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("run %s: %w", name, err)
	case !info.IsDir():
		return false, failure(ErrExists, "remove it or choose another --name", "run %s: %s is a file, not a directory", name, dir)
	}
	_, err = os.Lstat(filepath.Join(dir, recordFile))
	isRun := err == nil
	entries, _ := os.ReadDir(dir)
	switch {
	case !isRun && len(entries) > 0 && !onlyOurs(entries):
		return false, failure(ErrExists, "choose another --name", "run %s: %s is not a run directory, so --force leaves it alone", name, dir)
	case replace:
		return true, nil
	case !isRun:
		return false, failure(ErrExists, "replace it with --force, or choose another --name", "run %s: in %s is a run that was cut short before it began", name, filepath.Dir(dir))
	}
	return false, failure(ErrExists, fmt.Sprintf("choose another --name, continue it with --resume %s, or replace it with --force", printable.Word(name)), "run %s exists in %s", name, filepath.Dir(dir))
}

// onlyOurs says that a directory without a record holds nothing but what earlier
// versions left when they were killed while they made a run.
func onlyOurs(entries []fs.DirEntry) bool {
	for _, e := range entries {
		switch name := e.Name(); name {
		case lockFile, configFile, metricsFile, checkpointFolder, samplesFolder, eventsFolder:
		default:
			if !atomicfile.IsTemporary(name) {
				return false
			}
		}
	}
	return true
}

// Create makes the directory of a new run, under a hidden name in root until
// [Writer.Publish]. A run of the name that is there already is [ErrExists] unless
// replace is set; it then stays, locked, until the new one takes its place, and
// while another process trains in it is [ErrInUse].
func (s Store) Create(root, name string, replace bool) (*Writer, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	dir := filepath.Join(root, name)
	occupied, err := checkRoom(dir, name, replace)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o777); err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	w := &Writer{store: s, dir: dir}
	if w.parent, err = s.open(root); err != nil {
		return nil, fmt.Errorf("folder of runs: %w", err)
	}
	sweepParent(w.parent, root)
	if occupied {
		if w.replaced, err = lock(dir); err != nil {
			return nil, errors.Join(err, w.parent.Close())
		}
	}
	if err := w.make(root); err != nil {
		return nil, errors.Join(fmt.Errorf("run %s: %w", name, err), w.Close())
	}
	return w, nil
}

// madeTries is how often making a hidden folder is tried: somebody who sweeps up
// may take it for one that was left, in the moment before it is locked.
const madeTries = 20

// make makes the hidden folder and locks it.
func (w *Writer) make(root string) error {
	var err error
	for range madeTries {
		w.hidden = fmt.Sprintf("%s%016x", newPrefix, rand.Uint64())
		if err = w.parent.Mkdir(w.hidden); err != nil {
			return err
		}
		if w.lock, err = lock(filepath.Join(root, w.hidden)); err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	path := filepath.Join(root, w.hidden)
	w.reading = directory(path)
	if w.disk, err = w.store.open(path); err != nil {
		return err
	}
	for _, folder := range []string{checkpointFolder, samplesFolder} {
		if err := w.disk.Mkdir(folder); err != nil {
			return err
		}
	}
	return nil
}

// Publish gives a new run its name, in one step that the run it replaces goes in
// as well. Until then nothing of the new run can be seen. A run that was made
// under the name in the meantime is [ErrExists].
func (w *Writer) Publish() error {
	name := filepath.Base(w.dir)
	if err := w.disk.Sync("."); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	old, err := w.takeName(name)
	if err != nil {
		if isOccupied(err) {
			return failure(ErrExists, "choose another --name", "run %s: another process has made it in %s", name, filepath.Dir(w.dir))
		}
		return fmt.Errorf("run %s: %w", name, err)
	}
	w.hidden, w.reading = "", directory(w.dir)
	if err := w.parent.Sync("."); err != nil {
		return errors.Join(fmt.Errorf("folder of runs: %w", err), w.letGo())
	}
	if old != "" {
		// What cannot be removed is swept up by the next run that is made here.
		_ = w.parent.RemoveAll(old)
	}
	if err := w.letGo(); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}

// takeName renames the hidden folder and says where the run is that it replaced.
func (w *Writer) takeName(name string) (old string, err error) {
	if runtime.GOOS == "windows" {
		// There a folder cannot be renamed while a file in it is open.
		if err := w.lock.Close(); err != nil {
			return "", err
		}
		defer func() {
			if err == nil {
				w.lock, err = lock(w.dir)
			}
		}()
		if w.replaced != nil {
			if err := w.replaced.Close(); err != nil {
				return "", err
			}
		}
	}
	if w.replaced == nil {
		return "", w.parent.Rename(w.hidden, name)
	}
	err = w.parent.Exchange(w.hidden, name)
	if !errors.Is(err, errors.ErrUnsupported) {
		return w.hidden, err
	}
	// Killed between these two, the old run is given its name back by
	// sweepParent.
	old = fmt.Sprintf("%s%016x", oldPrefix, rand.Uint64())
	if err := w.parent.Rename(name, old); err != nil {
		return "", err
	}
	if err := w.parent.Rename(w.hidden, name); err != nil {
		return "", errors.Join(err, w.parent.Rename(old, name))
	}
	return old, nil
}

// isOccupied says that a rename failed because something has the name. What the
// system says then is different from system to system.
func isOccupied(err error) bool {
	return errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.ENOTDIR)
}

// letGo closes what a run needs only until it is published.
func (w *Writer) letGo() error {
	var err error
	if w.replaced != nil {
		err = w.replaced.Close()
		w.replaced = nil
	}
	if w.parent != nil {
		err = errors.Join(err, w.parent.Close())
		w.parent = nil
	}
	return err
}

// sweepParent removes the hidden folders of processes that were killed, and
// gives a run its name back that was to be replaced when that happened. What
// somebody holds the lock of is being worked on. What cannot be removed stays.
func sweepParent(parent Disk, root string) {
	entries, err := parent.List(".")
	if err != nil {
		return
	}
	for _, e := range entries {
		name := e.Name()
		if !e.IsDir() || !isHidden(name) {
			continue
		}
		l, err := lock(filepath.Join(root, name))
		if err != nil {
			continue
		}
		if !restore(parent, root, name) {
			_ = parent.RemoveAll(name)
		}
		_ = l.Close()
	}
}

func isHidden(name string) bool {
	for _, prefix := range []string{newPrefix, oldPrefix} {
		if digits, ok := strings.CutPrefix(name, prefix); ok && len(digits) == 16 && strings.Trim(digits, "0123456789abcdef") == "" {
			return true
		}
	}
	return false
}

// restore gives a run that was about to be replaced the name back that its
// record has, unless another one has it by now.
func restore(parent Disk, root, hidden string) bool {
	if !strings.HasPrefix(hidden, oldPrefix) {
		return false
	}
	record, err := readRecord(directory(path.Join(filepath.ToSlash(root), hidden)))
	if err != nil || CheckName(record.Name) != nil {
		return false
	}
	if _, err := os.Lstat(filepath.Join(root, record.Name)); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return parent.Rename(hidden, record.Name) == nil
}
