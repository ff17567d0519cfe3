package main

import (
	"fmt"
	"time"

	"vaectl/data"
)

// dataProgress shows downloads, and the reading of pictures, on stderr.
type dataProgress struct {
	liveLine
	quiet      bool
	file       string
	began      time.Time // of the file, or of a stage of reading
	stageShown bool      // the stage has a line
}

func newDataProgress(env environment, quiet bool) *dataProgress {
	return &dataProgress{liveLine: newLiveLine(env), quiet: quiet}
}

// showTransfer is a [data.Progress].
func (t *dataProgress) showTransfer(s data.Transfer) {
	if t.quiet {
		return
	}
	if s.File != t.file {
		t.clear()
		t.file, t.began = s.File, t.now()
	} else if s.Done != s.Total && !t.due() {
		return
	}
	parts := []string{fmt.Sprintf("%s: file %d of %d, %s: %s of %s", s.Dataset, s.Index+1, s.Files, s.File, megabytes(s.Done), megabytes(s.Total))}
	if elapsed := t.now().Sub(t.began).Seconds(); t.terminal && elapsed > 0 && s.Total > 0 {
		parts = append(parts, fmt.Sprintf("%d %%", 100*s.Done/s.Total), fmt.Sprintf("%.1f MB/s", float64(s.Done)/1e6/elapsed))
	}
	t.liveLine.show(parts)
}

// showReading is told how the reading of pictures gets on. What is read at once needs no
// line.
func (t *dataProgress) showReading(r data.Reading) {
	if t.quiet {
		return
	}
	if r.Stage != t.file {
		t.clear()
		t.file, t.began, t.stageShown = r.Stage, t.now(), false
		t.last = t.began
		return
	}
	if (r.Done != r.Total || !t.stageShown) && !t.due() {
		return
	}
	t.stageShown = true
	parts := []string{fmt.Sprintf("%s: %s: %d", r.Dataset, r.Stage, r.Done)}
	if r.Total > 0 {
		parts[0] += fmt.Sprintf(" of %d", r.Total)
	}
	if elapsed := t.now().Sub(t.began).Seconds(); t.terminal && elapsed > 0 {
		parts = append(parts, fmt.Sprintf("%.0f a second", float64(r.Done)/elapsed))
	}
	t.liveLine.show(parts)
}

// close takes the line away.
func (t *dataProgress) close() { t.clear() }

func megabytes(n int64) string {
	if n < 0 {
		return "an unknown size"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
