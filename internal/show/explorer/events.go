package explorer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

const (
	// maxWatched is the number of runs one stream follows.
	maxWatched = 4
	// lookEvery is how often a stream looks for news, beatEvery how long it is
	// silent at most, and writeWithin how long a client may take to read.
	lookEvery   = 500 * time.Millisecond
	beatEvery   = 15 * time.Second
	writeWithin = 10 * time.Second
)

// stream writes server-sent events to one client.
type stream struct {
	writer  http.ResponseWriter
	control *http.ResponseController
	silent  time.Time // since when nothing was written
	runs    []byte    // the list that was sent last
	watches []*watch
	failed  map[string]string // by run, what the client was told
}

// getEvents tells a client of changes until it goes: the event runs holds what
// GET /api/runs answers, the event metrics new points of the runs it follows.
func (e *Explorer) getEvents(w http.ResponseWriter, r *http.Request) {
	s := &stream{writer: w, control: http.NewResponseController(w), failed: make(map[string]string)}
	defer s.close()
	if err := e.prepare(s, r); err != nil {
		e.refuse(w, r, err)
		return
	}
	if !e.streams.tryTake() {
		w.Header().Set("Retry-After", "10")
		e.refuse(w, r, &problem{status: http.StatusServiceUnavailable, text: fmt.Sprintf("%d event streams are open already", maxStreams), hint: "close pages of the explorer"})
		return
	}
	defer e.streams.release()
	// The time a request may take to arrive would end the stream otherwise.
	if err := s.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	if s.write("retry: 2000\n\n") != nil {
		return
	}
	for e.news(s) == nil {
		select {
		case <-ticks.C:
		case <-r.Context().Done():
			return
		case <-e.ctx.Done():
			return
		}
	}
}

// prepare reads which runs a client wants to follow.
func (e *Explorer) prepare(s *stream, r *http.Request) error {
	q := newQuery(r)
	names := q.list("run", maxWatched)
	if err := q.done(); err != nil {
		return err
	}
	for _, name := range names {
		found, err := e.find(name)
		if err != nil {
			return err
		}
		if _, err := found.open(); err != nil {
			return err
		}
		s.watches = append(s.watches, newWatch(found))
	}
	return nil
}

// news writes what changed since the last call.
func (e *Explorer) news(s *stream) error {
	list, err := e.runList()
	if err != nil {
		return err
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("list of runs: %w", err)
	}
	if !bytes.Equal(text, s.runs) {
		if err := s.event("runs", text); err != nil {
			return err
		}
		s.runs = text
	}
	for _, w := range s.watches {
		if err := s.look(w); err != nil {
			return err
		}
	}
	if time.Since(s.silent) >= beatEvery {
		return s.write(": beat\n\n")
	}
	return nil
}

// look tells of new points of a run. Metrics that cannot be read are told of
// once, and looked at again: a training may set them right.
func (s *stream) look(w *watch) error {
	news, err := w.whole()
	if err != nil {
		p := newProblemJSON(err)
		if s.failed[w.run.name] == p.Error {
			return nil
		}
		s.failed[w.run.name] = p.Error
		return s.send("trouble", p)
	}
	if !news.Reset && len(news.Steps) == 0 && len(news.Epochs) == 0 {
		return nil
	}
	return s.send("metrics", news)
}

func (s *stream) send(name string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("event %s: %w", name, err)
	}
	return s.event(name, text)
}

func (s *stream) event(name string, data []byte) error {
	return s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, data))
}

func (s *stream) write(text string) error {
	s.silent = time.Now()
	if err := s.control.SetWriteDeadline(s.silent.Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.writer.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}

func (s *stream) close() {
	for _, w := range s.watches {
		w.close()
	}
}
