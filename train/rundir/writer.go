package rundir

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"vaectl/configs"
	"vaectl/internal/format/atomicfile"
)

// Writer is a run directory that this process alone may change, until
// [Writer.Close].
type Writer struct {
	store   Store
	dir     string // where the run stands, or will once it is published
	reading directory
	disk    Disk
	lock    *flock.Flock

	// Of a run that is being made: the folder around it, the name it has there
	// until it is published, and the run in its place, which it will replace.
	parent   Disk
	hidden   string
	replaced *flock.Flock
}

// Store makes writers. The zero value works on the disk.
type Store struct {
	// Open opens folders; nil stands for [OpenDisk].
	Open func(folder string) (Disk, error)
}

func (s Store) open(folder string) (Disk, error) {
	if s.Open == nil {
		return OpenDisk(folder)
	}
	return s.Open(folder)
}

// Continue locks the run in dir, so that this process may train on in it, and
// sweeps up what processes that were killed there have left.
func (s Store) Continue(dir string) (*Writer, error) {
	l, err := lock(dir)
	if err != nil {
		return nil, err
	}
	w := &Writer{store: s, dir: dir, reading: directory(dir), lock: l}
	if w.disk, err = s.open(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("run %s: %w", dir, err), l.Close())
	}
	w.sweep(time.Now())
	if parent, err := s.open(filepath.Dir(dir)); err == nil {
		sweepParent(parent, filepath.Dir(dir))
		_ = parent.Close() // it was only swept
	}
	return w, nil
}

// Dir is the path of the run, also before it is published.
func (w *Writer) Dir() string { return w.dir }

// replace writes a file of the run as a whole.
func (w *Writer) replace(name string, write func(io.Writer) error) error {
	if err := atomicfile.Write(w.disk, name, write); err != nil {
		return fmt.Errorf("run %s: %w", w.dir, err)
	}
	return nil
}

// WriteConfig replaces config.yaml.
func (w *Writer) WriteConfig(c configs.Config) error {
	return w.replace(configFile, func(out io.Writer) error { return configs.WriteCommented(out, c) })
}

// WriteRecord replaces run.json.
func (w *Writer) WriteRecord(r Record) error {
	text, err := encodeRecord(r)
	if err != nil {
		return err
	}
	return w.replace(recordFile, func(out io.Writer) error {
		_, err := out.Write(text)
		return err
	})
}

// Run opens the run for reading.
func (w *Writer) Run() (*Run, error) {
	r := &Run{files: w.reading}
	var err error
	r.Record, err = readRecord(w.reading)
	return r, err
}

// fresh is how long ago a picture's temporary file was written at most for its
// writer to be alive: other commands draw into samples without the lock.
const fresh = time.Minute

// sweep removes temporary files of processes that were killed. What cannot be
// removed stays: it is in nobody's way.
func (w *Writer) sweep(now time.Time) {
	for _, folder := range []string{".", checkpointFolder, samplesFolder} {
		entries, err := w.disk.List(folder)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || !atomicfile.IsTemporary(e.Name()) {
				continue
			}
			if info, err := e.Info(); folder == samplesFolder && (err != nil || now.Sub(info.ModTime()) < fresh) {
				continue
			}
			_ = w.disk.Remove(filepath.ToSlash(filepath.Join(folder, e.Name())))
		}
	}
}

// Close lets go of the run directory. A run that was not published is removed.
func (w *Writer) Close() error {
	var errs []error
	if w.hidden != "" {
		errs = append(errs, w.parent.RemoveAll(w.hidden))
		w.hidden = ""
	}
	if w.disk != nil {
		errs = append(errs, w.disk.Close())
	}
	if w.lock != nil {
		errs = append(errs, w.lock.Close())
	}
	if err := errors.Join(append(errs, w.letGo())...); err != nil {
		return fmt.Errorf("run %s: %w", w.dir, err)
	}
	return nil
}
