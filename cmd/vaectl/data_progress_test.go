package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"vaectl/data"
)

func TestTransfersOffTerminal(t *testing.T) {
	var text bytes.Buffer
	clock := time.Unix(0, 0)
	env := environment{
		stderr: &text, now: func() time.Time { return clock },
		isTerminal: func(io.Writer) bool { return false },
		width:      func(io.Writer) int { return 80 },
	}
	show := newDataProgress(env, false)
	for file := range 2 {
		for done := range 26 {
			clock = clock.Add(time.Second)
			show.showTransfer(data.Transfer{Dataset: "set", File: []string{"a.gz", "b.gz"}[file], Index: file, Files: 2, Done: int64(done) * 1e6, Total: 25e6})
		}
	}
	show.close()
	want := []string{
		"set: file 1 of 2, a.gz: 0.0 MB of 25.0 MB", "set: file 1 of 2, a.gz: 10.0 MB of 25.0 MB",
		"set: file 1 of 2, a.gz: 20.0 MB of 25.0 MB", "set: file 1 of 2, a.gz: 25.0 MB of 25.0 MB",
		"set: file 2 of 2, b.gz: 0.0 MB of 25.0 MB", "set: file 2 of 2, b.gz: 10.0 MB of 25.0 MB",
		"set: file 2 of 2, b.gz: 20.0 MB of 25.0 MB", "set: file 2 of 2, b.gz: 25.0 MB of 25.0 MB",
	}
	if got := text.String(); got != strings.Join(want, "\n")+"\n" {
		t.Errorf("got:\n%s", got)
	}
	text.Reset()
	quiet := newDataProgress(env, true)
	quiet.showTransfer(data.Transfer{File: "a.gz", Total: -1})
	if text.Len() > 0 {
		t.Errorf("quiet, yet: %q", &text)
	}
}

func TestTransfersOnTerminal(t *testing.T) {
	var text bytes.Buffer
	clock := time.Unix(0, 0)
	env := environment{
		stderr: &text, now: func() time.Time { return clock },
		isTerminal: func(io.Writer) bool { return true }, width: func(io.Writer) int { return 80 },
	}
	show := newDataProgress(env, false)
	for _, done := range []int64{0, 5e6, 10e6} {
		show.showTransfer(data.Transfer{Dataset: "set", File: "a.gz", Files: 1, Done: done, Total: 10e6})
		clock = clock.Add(time.Second)
	}
	show.close()
	lines := strings.Split(text.String(), "\r")
	if want := "set: file 1 of 1, a.gz: 10.0 MB of 10.0 MB 100 % 5.0 MB/s"; len(lines) != 6 || strings.TrimSpace(lines[3]) != want {
		t.Errorf("got %q, want %q", lines, want)
	}
	if last := lines[len(lines)-1]; last != "" {
		t.Errorf("the line is not taken away: %q", last)
	}
}
