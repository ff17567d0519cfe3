package main

import (
	"fmt"
	"time"

	"vaectl/data"
)

// transfers shows downloads on stderr.
type transfers struct {
	liveLine
	quiet bool
	file  string
	began time.Time // of the file
}

func newTransfers(env environment, quiet bool) *transfers {
	return &transfers{liveLine: newLiveLine(env), quiet: quiet}
}

// show is a [data.Progress].
func (t *transfers) show(s data.Transfer) {
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

// close takes the line away.
func (t *transfers) close() { t.clear() }

func megabytes(n int64) string {
	if n < 0 {
		return "an unknown size"
	}
	if n > 0 && n < 1e5 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
