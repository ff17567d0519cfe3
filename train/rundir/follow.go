package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxFollowed is the number of bytes one [Follower.Next] takes in: a few
// thousand lines, whatever the length of the file.
const maxFollowed = 1 << 20

// Follower reads a run's metrics while they grow. It is not safe for
// concurrent use.
type Follower struct {
	source directory
	file   *file
	opened fs.FileInfo // of file
	offset int64
}

// Follow starts reading the metrics of the run in dir from their beginning.
// They need not be there yet. [Follower.Close] ends it.
func Follow(dir string) *Follower { return &Follower{source: directory(dir)} }

// Next returns the whole lines that came since the last call, about a megabyte
// of them at a time; more says that others are there already. Restarted says
// that the file was replaced, as a resumed training does: what was returned
// before is void and the metrics begin again.
func (f *Follower) Next() (m Metrics, restarted, more bool, err error) {
	restarted, err = f.reopen()
	if err != nil || f.file == nil {
		return m, restarted, false, err
	}
	text := make([]byte, min(maxFollowed, max(0, f.opened.Size()-f.offset)))
	n, err := f.file.ReadAt(text, f.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return m, restarted, false, fmt.Errorf("metrics: %w", err)
	}
	whole := bytes.LastIndexByte(text[:n], '\n') + 1
	if whole == 0 && n == maxFollowed {
		return m, restarted, false, failure(ErrDamaged, "", "run %s: %s: a line at byte %d is longer than %d bytes", f.source, metricsFile, f.offset, maxFollowed)
	}
	for line := range bytes.Lines(text[:whole]) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := m.parse(line); err != nil {
			return Metrics{}, restarted, false, failure(ErrDamaged, "", "run %s: %s: %w", f.source, metricsFile, err)
		}
	}
	f.offset += int64(whole)
	return m, restarted, n == maxFollowed, nil
}

// reopen opens the file where it is new. The old one stays open until then, so
// that the new one cannot have its identity.
func (f *Follower) reopen() (restarted bool, err error) {
	now, err := f.source.stat(metricsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("metrics: %w", err)
	}
	if f.file != nil {
		if now != nil && os.SameFile(f.opened, now) && now.Size() >= f.offset {
			f.opened = now
			return false, nil
		}
		restarted = true
		if err := f.Close(); err != nil {
			return restarted, err
		}
	}
	if now == nil {
		return restarted, nil
	}
	file, err := open(f.source, metricsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return restarted, nil
	}
	if err != nil {
		return restarted, err
	}
	f.file, f.opened, f.offset = file, file.info, 0
	return restarted, nil
}

// Close lets go of the file.
func (f *Follower) Close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file, f.opened, f.offset = nil, nil, 0
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}
