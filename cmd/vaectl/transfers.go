package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"vaectl/data"
)

// transfers shows downloads on stderr: a bar on a terminal, elsewhere a line
// now and then.
type transfers struct {
	env   environment
	quiet bool
	bar   *progressbar.ProgressBar
	file  string
	last  time.Time
}

const (
	linePeriod = 10 * time.Second       // between plain lines
	barPeriod  = 100 * time.Millisecond // between two states of a bar
	barWidth   = 20
)

func newTransfers(env environment, quiet bool) *transfers {
	return &transfers{env: env, quiet: quiet}
}

// show is a [data.Progress].
func (t *transfers) show(s data.Transfer) {
	if t.quiet {
		return
	}
	if t.env.isTerminal(t.env.stderr) {
		t.draw(s)
		return
	}
	now := t.env.now()
	fresh, complete := s.File != t.file, s.Done == s.Total
	if !fresh && !complete && now.Sub(t.last) < linePeriod {
		return
	}
	t.file, t.last = s.File, now
	_, _ = fmt.Fprintf(t.env.stderr, "%s: file %d of %d, %s: %s of %s\n", s.Dataset, s.Index+1, s.Files, s.File, megabytes(s.Done), megabytes(s.Total))
}

func (t *transfers) draw(s data.Transfer) {
	if s.File != t.file {
		t.close()
		t.file = s.File
		t.bar = progressbar.NewOptions64(s.Total,
			progressbar.OptionSetWriter(t.env.stderr),
			progressbar.OptionSetDescription(fmt.Sprintf("%s %d/%d %s", s.Dataset, s.Index+1, s.Files, s.File)),
			progressbar.OptionShowBytes(true),
			progressbar.OptionSetWidth(barWidth),
			progressbar.OptionThrottle(barPeriod),
		)
	}
	// A bar that cannot be drawn is no reason to stop a download.
	_ = t.bar.Set64(s.Done)
}

// close ends the line of the bar.
func (t *transfers) close() {
	if t.bar != nil {
		_, _ = io.WriteString(t.env.stderr, "\n")
		t.bar = nil
	}
}

func megabytes(n int64) string {
	if n < 0 {
		return "an unknown size"
	}
	if n > 0 && n < 1e5 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
