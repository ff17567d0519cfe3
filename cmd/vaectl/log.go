package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// newLog is where the packages below tell what they decide on their own.
func newLog(env environment, level slog.Level) *slog.Logger {
	return slog.New(logHandler{out: env.stderr, least: level})
}

// logHandler writes log records as the rest of the program speaks: one line, with
// the details behind the message.
type logHandler struct {
	out     io.Writer
	least   slog.Level
	details []slog.Attr
}

func (s logHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= s.least }

func (s logHandler) Handle(_ context.Context, r slog.Record) error {
	kind := ""
	switch {
	case r.Level >= slog.LevelError:
		kind = "error: "
	case r.Level >= slog.LevelWarn:
		kind = "warning: "
	}
	var details []string
	add := func(a slog.Attr) bool {
		details = append(details, fmt.Sprintf("%s %v", a.Key, a.Value))
		return true
	}
	for _, a := range s.details {
		add(a)
	}
	r.Attrs(add)
	text := r.Message
	if len(details) > 0 {
		text += ": " + strings.Join(details, ", ")
	}
	_, err := fmt.Fprintf(s.out, "vaectl: %s%s\n", kind, text)
	return err
}

func (s logHandler) WithAttrs(details []slog.Attr) slog.Handler {
	s.details = append(s.details[:len(s.details):len(s.details)], details...)
	return s
}

// WithGroup leaves the names of details as they are: nothing here is grouped.
func (s logHandler) WithGroup(string) slog.Handler { return s }
