package explorer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/dev/testkit"
	"vaectl/internal/dev/testkit/small"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

// world is an explorer over a folder of runs that were trained for it.
type world struct {
	t        testing.TB
	root     string
	engine   *vae.Engine
	set      *data.Set
	explorer *Explorer
	document openAPI
}

// newWorld starts an explorer over an empty folder; change may alter its options.
func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	engine := small.Engine(t, "", 2)
	w := &world{t: t, root: t.TempDir(), engine: engine, set: blots(), document: readDocument(t)}
	o := Options{
		Runs: w.root, Engine: engine, Addr: "127.0.0.1:0", Version: "test",
		Data: func(context.Context, rundir.Record, configs.Data) (*data.Set, error) { return w.set, nil },
	}
	if change != nil {
		change(&o)
	}
	var err error
	if w.explorer, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.explorer.Close)
	return w
}

const side = 6

func blots() *data.Set {
	return small.Blots(data.Shape{Height: side, Width: side, Channels: 1}, 300, 80)
}

// train makes a run. Settings are written as "model.latent=3".
func (w *world) train(name string, settings ...string) {
	w.t.Helper()
	c := testkit.Config(w.t, append([]string{"model.hidden=12", "model.latent=3", "train.epochs=2", "train.batch_size=50", "train.lr=0.01"}, settings...)...)
	run, err := train.Create(w.root, name, true, c)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := run.Train(w.t.Context(), train.Options{Data: w.set, Engine: w.engine}); err != nil {
		w.t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// model reads a run's model without the explorer.
func (w *world) model(name string) *vae.Model {
	w.t.Helper()
	r, err := rundir.Open(filepath.Join(w.root, name))
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := r.Checkpoint(rundir.Last, w.engine)
	if err != nil {
		w.t.Fatal(err)
	}
	return c.Model
}

func readRecord(dir string) (rundir.Record, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return rundir.Record{}, err
	}
	return r.Record, nil
}

func readMetrics(dir string) (rundir.Metrics, error) {
	r, err := rundir.Open(dir)
	if err != nil {
		return rundir.Metrics{}, err
	}
	return r.Metrics()
}

func (w *world) request(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = "127.0.0.1:8080"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func (w *world) answer(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	w.explorer.ServeHTTP(recorder, r)
	return recorder
}

// get asks for a path and reads the answer into dst, after it was held against
// the document.
func (w *world) get(path string, dst any) {
	w.t.Helper()
	w.ask(w.request(http.MethodGet, path, ""), dst)
}

func (w *world) post(path string, body, dst any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	w.ask(w.request(http.MethodPost, path, string(text)), dst)
}

func (w *world) ask(r *http.Request, dst any) {
	w.t.Helper()
	got := w.answer(r)
	if got.Code != http.StatusOK {
		w.t.Fatalf("%s %s: status %d: %s", r.Method, r.URL, got.Code, got.Body)
	}
	if kind := got.Header().Get("Content-Type"); kind != "application/json; charset=utf-8" {
		w.t.Errorf("%s %s: content type %q", r.Method, r.URL, kind)
	}
	if err := w.document.checkAnswer(r, got.Body.Bytes()); err != nil {
		w.t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	if err := json.Unmarshal(got.Body.Bytes(), dst); err != nil {
		w.t.Fatalf("%s %s: %v in %.300s", r.Method, r.URL, err, got.Body)
	}
}

// refused asks for what must be refused, and returns what was said.
func (w *world) refused(r *http.Request, status int) problemJSON {
	w.t.Helper()
	got := w.answer(r)
	if got.Code != status {
		w.t.Errorf("%s %.80s: status %d, want %d: %.300s", r.Method, r.URL, got.Code, status, got.Body)
	}
	if err := w.document.check("Trouble", got.Body.Bytes()); err != nil {
		w.t.Errorf("%s %.80s: %v", r.Method, r.URL, err)
	}
	var said problemJSON
	if err := json.Unmarshal(got.Body.Bytes(), &said); err != nil {
		w.t.Errorf("%s %.80s: %v in %.300s", r.Method, r.URL, err, got.Body)
	}
	if len(said.Error) > 500 {
		w.t.Errorf("%s %.80s: an error of %d bytes: %.200s", r.Method, r.URL, len(said.Error), said.Error)
	}
	return said
}

// imagesAnswer is what a client sees of images.
type imagesAnswer struct {
	Run, Version  string
	Height, Width int
	Z             [][]float64
	Images        [][]byte
	Map           [][]float64
	Seed          uint64
}

// rewrite replaces a file of a run.
func (w *world) rewrite(name, file, text string) {
	w.t.Helper()
	path := filepath.Join(w.root, name, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		w.t.Fatal(err)
	}
}

// addLines appends to a file of a run.
func (w *world) addLines(name, file string, lines ...string) {
	w.t.Helper()
	f, err := os.OpenFile(filepath.Join(w.root, name, file), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(f, line); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// bytesOf are the pixels of means, as answers round them.
func bytesOf(means []float32) []byte {
	out := make([]byte, len(means))
	for i, v := range means {
		out[i] = byte(v*255 + 0.5)
	}
	return out
}

// nearly says whether two images differ by rounding alone.
func nearly(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if d := int(a[i]) - int(b[i]); d < -1 || d > 1 {
			return false
		}
	}
	return true
}

func readAll(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var text bytes.Buffer
	if _, err := text.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}
