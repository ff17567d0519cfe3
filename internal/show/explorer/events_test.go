package explorer

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// event is a server-sent event as a client sees it.
type event struct{ name, data string }

// tap is an event stream that a test reads. Its body is a pipe, so that the
// stream waits for its reader as it does for one on the network.
type tap struct {
	t      *testing.T
	events chan event
	cancel context.CancelFunc
	ended  chan struct{}
	code   int
}

// pipe is a ResponseWriter that hands over what is flushed.
type pipe struct {
	header http.Header
	code   int
	buffer strings.Builder
	out    chan<- string
	ctx    context.Context
}

func (p *pipe) Header() http.Header             { return p.header }
func (p *pipe) WriteHeader(code int)            { p.code = code }
func (p *pipe) Write(text []byte) (int, error)  { return p.buffer.Write(text) }
func (p *pipe) SetReadDeadline(time.Time) error { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error {
	return nil
}

func (p *pipe) FlushError() error {
	select {
	case p.out <- p.buffer.String():
		p.buffer.Reset()
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// tapEvents opens a stream over a function's own clock; see testing/synctest.
func tapEvents(t *testing.T, w *world, path string) *tap {
	ctx, cancel := context.WithCancel(context.Background())
	texts := make(chan string)
	one := &tap{t: t, events: make(chan event, 100), cancel: cancel, ended: make(chan struct{})}
	p := &pipe{header: make(http.Header), out: texts, ctx: ctx}
	go func() {
		w.explorer.ServeHTTP(p, w.request(http.MethodGet, path, "").WithContext(ctx))
		one.code = p.code
		close(texts)
		close(one.ended)
	}()
	go func() {
		for text := range texts {
			for _, block := range strings.Split(text, "\n\n") {
				one.take(block)
			}
		}
		close(one.events)
	}()
	return one
}

func (o *tap) take(block string) {
	var e event
	for line := range strings.Lines(block) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "event: "):
			e.name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			e.data = line[len("data: "):]
		case strings.HasPrefix(line, ":"):
			e.name = "comment"
		}
	}
	if e.name != "" {
		o.events <- e
	}
}

// next is the next event, of the given name, with its data read into dst.
func (o *tap) next(name string, dst any) {
	o.t.Helper()
	e, open := <-o.events
	if !open {
		o.t.Fatalf("the stream ended where %s was expected", name)
	}
	if e.name != name {
		o.t.Fatalf("event %s where %s was expected: %.200s", e.name, name, e.data)
	}
	if dst == nil {
		return
	}
	if err := json.Unmarshal([]byte(e.data), dst); err != nil {
		o.t.Fatalf("event %s: %v in %.200s", name, err, e.data)
	}
}

// quiet waits for some time in which nothing is told.
func (o *tap) quiet(d time.Duration) {
	o.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	select {
	case e := <-o.events:
		o.t.Fatalf("event %s where nothing was expected: %.200s", e.name, e.data)
	default:
	}
}

// watched is a world with a run whose metrics the test writes, inside a bubble
// with a clock of its own.
func watched(t *testing.T, test func(t *testing.T, w *world)) {
	w := newWorld(t, nil)
	w.train("live", "train.epochs=1")
	w.rewrite("live", "metrics.jsonl", "")
	synctest.Test(t, func(t *testing.T) {
		inner := *w
		// The explorer's own channels must belong to the bubble.
		e, err := New(w.explorer.options)
		if err != nil {
			t.Fatal(err)
		}
		inner.explorer, inner.t = e, t
		test(t, &inner)
		e.Close()
	})
}

func stepLine(step int) string {
	return fmt.Sprintf(`{"kind":"step","step":%d,"epoch":1,"loss":%d,"reconstruction_nats":1,"kl_nats":2}`, step, 100-step)
}

func TestEventsFollowATraining(t *testing.T) {
	watched(t, func(t *testing.T, w *world) {
		stream := tapEvents(t, w, "/api/events?run=live")
		var list runList
		stream.next("runs", &list)
		if len(list.Runs) != 1 || list.Runs[0].Name != "live" {
			t.Errorf("runs %+v", list.Runs)
		}
		stream.quiet(2 * time.Second)

		w.addLines("live", "metrics.jsonl", stepLine(1), stepLine(2))
		var news curves
		stream.next("metrics", &news)
		if news.Run != "live" || len(news.Steps) != 2 || news.Steps[1].Loss != 98 || news.Reset {
			t.Errorf("%+v", news)
		}
		w.addLines("live", "metrics.jsonl", stepLine(3), `{"kind":"epoch","epoch":1,"step":3,"neg_elbo_nats":77,"objective":"iwae","neg_bound_nats":76}`)
		stream.next("metrics", &news)
		if len(news.Steps) != 1 || news.Steps[0].Step != 3 || len(news.Epochs) != 1 || news.Epochs[0].Loss != 76 {
			t.Errorf("%+v", news)
		}
		if err := w.document.check("Curves", mustJSON(t, news)); err != nil {
			t.Error(err)
		}

		// Half a line is no line yet.
		half := stepLine(4)
		f, err := os.OpenFile(filepath.Join(w.root, "live", "metrics.jsonl"), os.O_WRONLY|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		write := func(text string) {
			if _, err := f.WriteString(text); err != nil {
				t.Fatal(err)
			}
		}
		write(half[:12])
		stream.quiet(2 * time.Second)
		write(half[12:] + "\n")
		stream.next("metrics", &news)
		if len(news.Steps) != 1 || news.Steps[0].Step != 4 {
			t.Errorf("%+v", news)
		}

		// A resumed training replaces the file.
		path := filepath.Join(w.root, "live", "metrics.jsonl")
		if err := os.WriteFile(path+".new", []byte(stepLine(1)+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		stream.next("metrics", &news)
		if !news.Reset || len(news.Steps) != 1 {
			t.Errorf("%+v", news)
		}

		// Damage is told once.
		w.addLines("live", "metrics.jsonl", "damage")
		var said problemJSON
		stream.next("trouble", &said)
		if said.Error == "" {
			t.Error("no reason")
		}
		stream.quiet(3 * time.Second)
		stream.cancel()
		<-stream.ended
	})
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEventsTellOfNewRunsAndStates(t *testing.T) {
	watched(t, func(t *testing.T, w *world) {
		stream := tapEvents(t, w, "/api/events")
		var list runList
		stream.next("runs", &list)
		if err := w.document.check("RunList", mustJSON(t, list)); err != nil {
			t.Error(err)
		}
		version := list.Runs[0].Version
		w.rewrite("later", "run.json", `{"name":"later","status":"interrupted","epochs":3,"started":"2030-01-02T03:04:05Z"}`)
		stream.next("runs", &list)
		if len(list.Runs) != 2 || list.Runs[0].Name != "later" || list.Runs[0].Version != "" {
			t.Errorf("%+v", list.Runs)
		}
		// New weights are a new version.
		path := filepath.Join(w.root, "live", "checkpoints", "last.safetensors")
		if err := os.Chtimes(path, time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		stream.next("runs", &list)
		if list.Runs[1].Version == version {
			t.Errorf("version %s stays", version)
		}
		if err := os.RemoveAll(filepath.Join(w.root, "later")); err != nil {
			t.Fatal(err)
		}
		stream.next("runs", &list)
		if len(list.Runs) != 1 {
			t.Errorf("%+v", list.Runs)
		}
		stream.cancel()
		<-stream.ended
	})
}

func TestEventsBeatInSilence(t *testing.T) {
	watched(t, func(t *testing.T, w *world) {
		stream := tapEvents(t, w, "/api/events")
		stream.next("runs", nil)
		for range 3 {
			begun := time.Now()
			stream.next("comment", nil)
			if silent := time.Since(begun); silent > beatEvery+time.Second {
				t.Errorf("silent for %v", silent)
			}
		}
		stream.cancel()
		<-stream.ended
	})
}

func TestEventsEndWithTheExplorer(t *testing.T) {
	watched(t, func(t *testing.T, w *world) {
		stream := tapEvents(t, w, "/api/events?run=live")
		stream.next("runs", nil)
		w.explorer.Close()
		<-stream.ended
		w.refused(w.request(http.MethodGet, "/api/events", ""), http.StatusServiceUnavailable)
		w.refused(w.request(http.MethodPost, "/api/sample", `{"run":"live","count":1}`), http.StatusServiceUnavailable)
	})
}

func TestStreamsAreLimited(t *testing.T) {
	watched(t, func(t *testing.T, w *world) {
		streams := make([]*tap, maxStreams)
		for i := range streams {
			streams[i] = tapEvents(t, w, "/api/events")
			streams[i].next("runs", nil)
		}
		w.refused(w.request(http.MethodGet, "/api/events", ""), http.StatusServiceUnavailable)
		for _, s := range streams {
			s.cancel()
			<-s.ended
		}
		again := tapEvents(t, w, "/api/events")
		again.next("runs", nil)
		again.cancel()
		<-again.ended
	})
}

// Over the network, with a client that goes in the middle.
func TestEventsOverHTTP(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	server := httptest.NewServer(w.explorer)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/api/events?run=first", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("content type %q", kind)
	}
	seen := make(map[string]bool)
	for lines := bufio.NewScanner(response.Body); !seen["event: metrics"] && lines.Scan(); {
		seen[lines.Text()] = true
	}
	if !seen["event: runs"] || !seen["event: metrics"] {
		t.Errorf("lines %v", seen)
	}
	cancel()
	for len(w.explorer.streams) > 0 {
		time.Sleep(time.Millisecond)
	}
}
