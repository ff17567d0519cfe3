package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// A long estimate is told of now and then: a plain line every ten seconds off
// a terminal, one line drawn again and again on it.
func TestCountdown(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var text bytes.Buffer
		clock := time.Unix(0, 0)
		c := newCountdown(environment{
			stderr:     &text,
			now:        func() time.Time { return clock },
			isTerminal: func(io.Writer) bool { return terminal },
			width:      func(io.Writer) int { return 60 },
		}, "-log p(x)", 100)
		for i := range 50 {
			clock = clock.Add(time.Second)
			c.show(i + 1)
		}
		if !terminal {
			lines := strings.Split(strings.TrimSpace(text.String()), "\n")
			if len(lines) != 5 || strings.Contains(text.String(), "\r") {
				t.Errorf("%d lines in 50 seconds:\n%q", len(lines), text.String())
			}
			if want := "-log p(x): image 50/100  ETA 50s  1.0 images/s"; lines[len(lines)-1] != want {
				t.Errorf("last line %q, want %q", lines[len(lines)-1], want)
			}
			continue
		}
		if n := strings.Count(text.String(), "\r"); n != 50 || strings.Contains(text.String(), "\n") {
			t.Errorf("%d updates of 50 on a terminal: %q", n, text.String())
		}
		if !strings.Contains(text.String(), "image 50/100 ETA 50s 1.0 images/s") {
			t.Errorf("the last state is missing: %q", text.String())
		}
	}
}
