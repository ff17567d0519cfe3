package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
)

func TestLogSpeaksAsTheProgram(t *testing.T) {
	var out strings.Builder
	log := newLog(environment{stderr: &out}, slog.LevelInfo).With("set", "mnist")
	log.Debug("not wanted")
	log.Info("downloaded", "file", "a.gz")
	log.Warn("mirror failed", "reason", errors.New("status 503"))
	log.Error("gone")
	want := "vaectl: downloaded: set mnist, file a.gz\n" +
		"vaectl: warning: mirror failed: set mnist, reason status 503\n" +
		"vaectl: error: gone: set mnist\n"
	if out.String() != want {
		t.Errorf("log is\n%swant\n%s", out.String(), want)
	}
}
