package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// mirror is a loopback server that has a set's files and misbehaves on demand.
type mirror struct {
	*httptest.Server
	set *tinySet

	mu sync.Mutex
	// misdeeds are taken one a request of the file, from the front; a request without
	// one is served well.
	misdeeds map[string][]http.HandlerFunc
	// ranges are the Range headers of all requests, by file, "" where there was none.
	ranges map[string][]string
	agents map[string]bool
}

func newMirror(t *testing.T, set *tinySet) *mirror {
	m := &mirror{set: set, misdeeds: map[string][]http.HandlerFunc{}, ranges: map[string][]string{}, agents: map[string]bool{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(func() {
		m.CloseClientConnections()
		m.Close()
	})
	set.entry.Mirrors = append(set.entry.Mirrors, m.URL+"/dir/")
	return m
}

func (m *mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/dir/")
	m.mu.Lock()
	m.ranges[name] = append(m.ranges[name], r.Header.Get("Range"))
	m.agents[r.UserAgent()] = true
	act := http.HandlerFunc(m.serve)
	if queue := m.misdeeds[name]; len(queue) > 0 {
		act, m.misdeeds[name] = queue[0], queue[1:]
	}
	m.mu.Unlock()
	act(w, r)
}

// serve is what a good mirror does, ranges included.
func (m *mirror) serve(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.file(r)))
}

func (m *mirror) file(r *http.Request) []byte {
	return m.set.zippedFiles()[filepath.Base(r.URL.Path)]
}

// does queues misdeeds for requests of a file.
func (m *mirror) does(name string, acts ...http.HandlerFunc) {
	m.misdeeds[name] = append(m.misdeeds[name], acts...)
}

func (m *mirror) requests(name string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ranges[name])
}

func (m *mirror) requestCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.ranges {
		n += len(r)
	}
	return n
}

// truncate announces the whole file and hangs up after n bytes.
func (m *mirror) truncate(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := m.file(r)
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.Write(b[:n])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// endEarly sends n bytes without announcing a length, as if they were all.
func (m *mirror) endEarly(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Write(m.file(r)[:n])
		w.(http.Flusher).Flush()
	}
}

// stall sends n bytes and then nothing until the client leaves.
func (m *mirror) stall(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b := m.file(r)
		w.Header().Set("Content-Length", strconv.Itoa(len(b)))
		w.Write(b[:n])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

// ignoreRange answers in full whatever part was asked for.
func (m *mirror) ignoreRange(w http.ResponseWriter, r *http.Request) { w.Write(m.file(r)) }

// wrongRange answers 206 with another part than was asked for.
func (m *mirror) wrongRange(w http.ResponseWriter, r *http.Request) {
	b := m.file(r)
	w.Header().Set("Content-Range", fmt.Sprintf("bytes 1-%d/%d", len(b)-1, len(b)))
	w.WriteHeader(http.StatusPartialContent)
	w.Write(b[1:])
}

func (m *mirror) corrupt(w http.ResponseWriter, r *http.Request) {
	b := bytes.Clone(m.file(r))
	b[len(b)/2] ^= 0x10
	w.Write(b)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", code) }
}

// flood sends without end.
func flood(w http.ResponseWriter, r *http.Request) {
	chunk := make([]byte, 64<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

func repeat(n int, h http.HandlerFunc) []http.HandlerFunc {
	return slices.Repeat([]http.HandlerFunc{h}, n)
}

// getOptions are options for downloading from loopback only.
func getOptions(t *testing.T, sets ...*tinySet) Options {
	o := Options{
		CacheDir: filepath.Join(t.TempDir(), "cache"), Env: noEnv,
		Timeouts: Timeouts{Connect: time.Minute, Header: time.Minute, Stall: time.Minute},
	}
	for _, s := range sets {
		o.Entries = append(o.Entries, s.entry)
	}
	return o
}

const imagesArchive = "train-images-idx3-ubyte.gz"

// checkCache makes sure that the cache holds the set's archives and nothing else.
func checkCache(t *testing.T, dir string, want map[string][]byte) {
	t.Helper()
	got := map[string][]byte{}
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got[f.Name()] = b
		if w, ok := want[f.Name()]; !ok {
			t.Errorf("%s of %d bytes should not be there", f.Name(), len(b))
		} else if !bytes.Equal(w, b) {
			t.Errorf("%s has %d bytes, or other bytes, than the %d it should have", f.Name(), len(b), len(w))
		}
	}
	for name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is not there", name)
		}
	}
}

func TestGetDownloadsOnce(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	o := getOptions(t, set)
	for range 2 {
		dir, err := Get(context.Background(), "mnist", o)
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(o.CacheDir, "mnist"); dir != want {
			t.Errorf("got %s, want %s", dir, want)
		}
		checkCache(t, dir, set.zippedFiles())
	}
	if n := m.requestCount(); n != 4 {
		t.Errorf("%d requests for four files, asked for twice", n)
	}
	if !m.agents["vaectl"] || len(m.agents) != 1 {
		t.Errorf("requests by %v", m.agents)
	}
}

func TestLoadDownloads(t *testing.T) {
	for _, name := range []string{"mnist", "auto"} {
		set := newTiny(t, "mnist", 1)
		newMirror(t, set)
		o := getOptions(t, set)
		o.Name = name
		got, err := Load(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		checkIs(t, got, set)
		if got.Source != filepath.Join(o.CacheDir, "mnist") || !got.Verified {
			t.Errorf("%s: source %s, verified %v", name, got.Source, got.Verified)
		}
	}
}

func TestLoadMendsTheCache(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	o := getOptions(t, set)
	o.Name = "auto"
	dir := filepath.Join(o.CacheDir, "mnist")
	write(t, dir, set.zippedFiles())
	write(t, dir, map[string][]byte{imagesArchive: []byte("rotten")})
	got, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkIs(t, got, set)
	checkCache(t, dir, set.zippedFiles())
	if m.requestCount() != 1 {
		t.Errorf("%d requests for one damaged file", m.requestCount())
	}
}

// A mirror that misbehaves in a way that can be mended, alone.
func TestGetRecovers(t *testing.T) {
	tests := []struct {
		name string
		acts func(m *mirror) []http.HandlerFunc
		// ranges that the file is asked for with.
		want func(size int) []string
	}{
		{"truncated once", func(m *mirror) []http.HandlerFunc { return []http.HandlerFunc{m.truncate(1000)} },
			func(int) []string { return []string{"", "bytes=1000-"} }},
		{"truncated at the first byte", func(m *mirror) []http.HandlerFunc { return []http.HandlerFunc{m.truncate(1)} },
			func(int) []string { return []string{"", "bytes=1-"} }},
		{"ended early", func(m *mirror) []http.HandlerFunc { return []http.HandlerFunc{m.endEarly(1000)} },
			func(int) []string { return []string{"", "bytes=1000-"} }},
		{"truncated, then no ranges", func(m *mirror) []http.HandlerFunc { return []http.HandlerFunc{m.truncate(1000), m.ignoreRange} },
			func(int) []string { return []string{"", "bytes=1000-"} }},
		{"truncated, then range refused", func(m *mirror) []http.HandlerFunc {
			return []http.HandlerFunc{m.truncate(1000), status(http.StatusRequestedRangeNotSatisfiable)}
		}, func(int) []string { return []string{"", "bytes=1000-", ""} }},
		{"truncated, then another range", func(m *mirror) []http.HandlerFunc {
			return []http.HandlerFunc{m.truncate(1000), m.wrongRange}
		}, func(int) []string { return []string{"", "bytes=1000-", ""} }},
	}
	for _, tt := range tests {
		for _, archivesOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/archives only %v", tt.name, archivesOnly), func(t *testing.T) {
				set := newTiny(t, "mnist", 1)
				if archivesOnly {
					set.archivesOnly()
				}
				m := newMirror(t, set)
				m.does(imagesArchive, tt.acts(m)...)
				dir, err := Get(context.Background(), "mnist", getOptions(t, set))
				if err != nil {
					t.Fatal(err)
				}
				checkCache(t, dir, set.zippedFiles())
				if got, want := m.requests(imagesArchive), tt.want(len(set.zipped[0])); !slices.Equal(got, want) {
					t.Errorf("ranges %q, want %q", got, want)
				}
			})
		}
	}
}

func TestGetResumesAfterStall(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	m.does(imagesArchive, m.stall(1500))
	o := getOptions(t, set)
	o.Timeouts.Stall = time.Second
	dir, err := Get(context.Background(), "mnist", o)
	if err != nil {
		t.Fatal(err)
	}
	checkCache(t, dir, set.zippedFiles())
	if got := m.requests(imagesArchive); !slices.Equal(got, []string{"", "bytes=1500-"}) {
		t.Errorf("ranges %q", got)
	}
}

// A mirror that cannot be mended: the next one is asked, and without it the error
// gives the reason and the .part holds what is worth keeping.
func TestGetMovesOn(t *testing.T) {
	tests := []struct {
		name   string
		act    func(m *mirror) http.HandlerFunc
		reason string
		// kept of the file when there is no other mirror.
		kept int
	}{
		{"404", func(*mirror) http.HandlerFunc { return status(404) }, "the server answers 404 Not Found", 0},
		{"500", func(*mirror) http.HandlerFunc { return status(500) }, "the server answers 500 Internal Server Error", 0},
		{"204", func(*mirror) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }
		}, "the server answers 204 No Content", 0},
		{"206 unasked", func(m *mirror) http.HandlerFunc { return m.wrongRange }, "the server answers 206 Partial Content", 0},
		{"corrupted", func(m *mirror) http.HandlerFunc { return m.corrupt }, "verification failed", 0},
		{"web page", func(*mirror) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "<html>Log in to use this network</html>")
			}
		}, "web page", 0},
		{"empty", func(*mirror) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {}
		}, "", 0},
		{"sends without end", func(*mirror) http.HandlerFunc { return flood }, "sends more than", 0},
		{"announces too much", func(*mirror) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "1000000000000")
				flood(w, r)
			}
		}, "offers 1000000000000 bytes", 0},
		{"redirects in a circle", func(*mirror) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }
		}, "gave up after 5 redirects", 0},
		{"redirects to nowhere", func(*mirror) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "ftp://x/", http.StatusFound) }
		}, "unsupported protocol scheme", 0},
		{"hangs up", func(*mirror) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, "EOF", 0},
		{"truncates always at the same place", func(m *mirror) http.HandlerFunc { return m.truncate(1000) }, "the connection broke off after 1000 of", 1000},
		{"stalls always", func(m *mirror) http.HandlerFunc { return m.stall(1000) }, "no data in time", 1000},
		{"never answers", func(*mirror) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, "no answer in time", 0},
	}
	for _, tt := range tests {
		for _, archivesOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/archives only %v", tt.name, archivesOnly), func(t *testing.T) {
				t.Parallel()
				set := newTiny(t, "mnist", 1)
				if archivesOnly {
					set.archivesOnly()
				}
				bad := newMirror(t, set)
				bad.does(imagesArchive, repeat(20, tt.act(bad))...)
				o := getOptions(t, set)
				// Short only where the timeout is what is tested: a loaded
				// machine keeps an honest answer waiting too.
				switch tt.name {
				case "stalls always":
					o.Timeouts.Stall = 200 * time.Millisecond
				case "never answers":
					o.Timeouts.Header = time.Second
				}

				_, err := Get(context.Background(), "mnist", o)
				if !errors.Is(err, ErrMissing) {
					t.Fatalf("error %v, want ErrMissing", err)
				}
				reason := tt.reason
				if archivesOnly && (tt.name == "web page" || tt.name == "corrupted") {
					reason = "" // told apart by size or hash before anyone looks inside
				}
				for _, want := range []string{bad.URL + "/dir/" + imagesArchive, reason} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("error %q does not say %q", err, want)
					}
				}
				if !strings.Contains(hintOf(err), "--data-dir") {
					t.Errorf("hint %q", hintOf(err))
				}
				kept := map[string][]byte{}
				if tt.kept > 0 {
					kept[imagesArchive+".part"] = set.zipped[trainImages][:tt.kept]
				}
				checkCache(t, filepath.Join(o.CacheDir, "mnist"), kept)

				newMirror(t, set)
				o.Entries = []Entry{set.entry}
				dir, err := Get(context.Background(), "mnist", o)
				if err != nil {
					t.Fatalf("with a good mirror behind the bad one: %v", err)
				}
				checkCache(t, dir, set.zippedFiles())
			})
		}
	}
}

func TestGetListsEveryMirror(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	a, b := newMirror(t, set), newMirror(t, set)
	a.does(imagesArchive, status(404))
	b.does(imagesArchive, status(503))
	_, err := Get(context.Background(), "mnist", getOptions(t, set))
	for _, want := range []string{a.URL, "404", b.URL, "503", imagesArchive} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %s", err, want)
		}
	}
	if a.requestCount() != 1 || b.requestCount() != 1 {
		t.Errorf("%d and %d requests; the other files were asked for in vain", a.requestCount(), b.requestCount())
	}
}

func TestGetFollowsRedirects(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	m.does(imagesArchive, repeat(maxRedirects, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	})...)
	dir, err := Get(context.Background(), "mnist", getOptions(t, set))
	if err != nil {
		t.Fatal(err)
	}
	checkCache(t, dir, set.zippedFiles())
}

func TestGetTakesArchiveCompressedAnew(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	newMirror(t, set)
	o := getOptions(t, set)
	o.Entries[0].Files[trainImages].SHA256 = hexSHA256([]byte("another archive"))
	for _, size := range []int64{-100, 0, 100} {
		o.CacheDir = t.TempDir()
		o.Entries[0].Files[trainImages].Size = int64(len(set.zipped[trainImages])) + size
		dir, err := Get(context.Background(), "mnist", o)
		if err != nil {
			t.Fatalf("catalogue says %+d bytes: %v", size, err)
		}
		checkCache(t, dir, set.zippedFiles())
	}
}

func TestGetStartsFromWhatIsThere(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	whole := set.zipped[trainImages]
	tests := []struct {
		name string
		part []byte
		want []string
	}{
		{"half", whole[:len(whole)/2], []string{fmt.Sprintf("bytes=%d-", len(whole)/2)}},
		{"whole", whole, nil},
		{"whole, but rotten", bytes.Repeat([]byte{1}, len(whole)), []string{""}},
		{"too long", append(bytes.Clone(whole), 1), []string{""}},
		{"far too long", make([]byte, 1<<20), []string{""}},
		{"nothing", nil, []string{""}},
		{"half, but rotten", make([]byte, len(whole)/2), []string{fmt.Sprintf("bytes=%d-", len(whole)/2), ""}},
	}
	for _, tt := range tests {
		for _, archivesOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/archives only %v", tt.name, archivesOnly), func(t *testing.T) {
				set := newTiny(t, "mnist", 1)
				if archivesOnly {
					set.archivesOnly()
				}
				m := newMirror(t, set)
				o := getOptions(t, set)
				write(t, filepath.Join(o.CacheDir, "mnist"), map[string][]byte{imagesArchive + ".part": tt.part})
				dir, err := Get(context.Background(), "mnist", o)
				if err != nil {
					t.Fatal(err)
				}
				checkCache(t, dir, set.zippedFiles())
				if got := m.requests(imagesArchive); !slices.Equal(got, tt.want) {
					t.Errorf("ranges %q, want %q", got, tt.want)
				}
			})
		}
	}
}

// A download that is interrupted leaves what it has, under no name that is read as
// data, and the next one goes on from there.
func TestCancelLeavesAPartThatIsResumed(t *testing.T) {
	for _, name := range []string{"mnist", "auto"} {
		t.Run(name, func(t *testing.T) {
			set := newTiny(t, "mnist", 1)
			m := newMirror(t, set)
			m.does(imagesArchive, m.stall(2000))
			o := getOptions(t, set)
			o.Name = name
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			o.Progress = func(p Transfer) {
				if p.Done == 2000 {
					cancel()
				}
			}
			got, err := Load(ctx, o)
			if !errors.Is(err, context.Canceled) || got != nil {
				t.Fatalf("set %v, error %v; want context.Canceled", got, err)
			}
			dir := filepath.Join(o.CacheDir, "mnist")
			checkCache(t, dir, map[string][]byte{imagesArchive + ".part": set.zipped[trainImages][:2000]})

			o.Progress = nil
			if got, err = Load(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			checkIs(t, got, set)
			checkCache(t, dir, set.zippedFiles())
			if got := m.requests(imagesArchive); !slices.Equal(got, []string{"", "bytes=2000-"}) {
				t.Errorf("ranges %q", got)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	m.does(imagesArchive, m.truncate(1000))
	o := getOptions(t, set)
	last := map[string]Transfer{}
	resumed := false
	o.Progress = func(p Transfer) {
		if p.Dataset != "mnist" || p.Files != 4 || !strings.HasPrefix(p.URL, m.URL) || p.Done > p.Total {
			t.Errorf("progress %+v", p)
		}
		if was, ok := last[p.File]; ok && (p.Done < was.Done || p.Index != was.Index) {
			t.Errorf("progress went from %+v to %+v", was, p)
		} else if !ok && p.Done != 0 {
			t.Errorf("progress of a new file begins at %+v", p)
		}
		resumed = resumed || p.File == imagesArchive && p.Done == 1000
		last[p.File] = p
	}
	if _, err := Get(context.Background(), "mnist", o); err != nil {
		t.Fatal(err)
	}
	for r := range roleCount {
		p := last[r.stem()+".gz"]
		if want := int64(len(set.zipped[r])); p.Done != want || p.Total != want || p.Index != int(r) {
			t.Errorf("the last word on %s is %+v, want %d bytes", r.stem(), p, want)
		}
	}
	if !resumed {
		t.Error("the resumed download does not count what was there")
	}
}

// Several at once share the work: every file is fetched once and all end well.
func TestGetAtTheSameTime(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	m.does(imagesArchive, m.truncate(100))
	o := getOptions(t, set)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			o := o
			o.Name = "mnist"
			got, err := Load(context.Background(), o)
			if err != nil {
				t.Error(err)
				return
			}
			if got.Digest != set.digest() {
				t.Errorf("digest %s, want %s", got.Digest, set.digest())
			}
		})
	}
	all.Wait()
	checkCache(t, filepath.Join(o.CacheDir, "mnist"), set.zippedFiles())
	if n := len(m.requests(trainLabels.stem() + ".gz")); n != 1 {
		t.Errorf("labels were downloaded %d times", n)
	}
}

func TestWaitingForAnotherDownloadCanBeCancelled(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	newMirror(t, set)
	o := getOptions(t, set)
	if err := os.MkdirAll(o.CacheDir, 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockCache(context.Background(), filepath.Join(o.CacheDir, ".mnist.lock"), o)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := Get(ctx, "mnist", o); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestGetErrors(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	o := getOptions(t, set)
	if _, err := Get(context.Background(), "mnits", o); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), `"mnist"`) {
		t.Errorf("misspelt: error %v", err)
	}
	if _, err := Get(context.Background(), "mnist", o); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "no mirror") {
		t.Errorf("without mirrors: error %v", err)
	}
	o.Offline = true
	if _, err := Get(context.Background(), "mnist", o); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "downloads are off") {
		t.Errorf("offline: error %v", err)
	}
	if _, err := os.Stat(filepath.Join(o.CacheDir, "mnist")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a download that could not begin left its directory: %v", err)
	}
}

func TestGetIntoAPathThatIsAFile(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	m := newMirror(t, set)
	o := getOptions(t, set)
	write(t, o.CacheDir, map[string][]byte{"mnist": []byte("a file of mine")})
	_, err := Get(context.Background(), "mnist", o)
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "mnist") || hintOf(err) == "" {
		t.Errorf("error %v, hint %q", err, hintOf(err))
	}
	if b, err := os.ReadFile(filepath.Join(o.CacheDir, "mnist")); string(b) != "a file of mine" {
		t.Errorf("the file in the way is now %q, %v", b, err)
	}
	if m.requestCount() != 0 {
		t.Error("downloaded without a place to put it")
	}
}

// What this machine cannot write no other mirror can mend.
func TestFailureToWriteStopsTheDownload(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	first, second := newMirror(t, set), newMirror(t, set)
	o := getOptions(t, set)
	dir := filepath.Join(o.CacheDir, "mnist")
	write(t, dir, nil)
	if err := os.Symlink("/dev/full", filepath.Join(dir, imagesArchive+".part")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no full device here:", err)
	}
	_, err := Get(context.Background(), "mnist", o)
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "cannot keep the download") || !strings.Contains(hintOf(err), "space") {
		t.Errorf("error %v, hint %q", err, hintOf(err))
	}
	if first.requestCount() != 1 || second.requestCount() != 0 {
		t.Errorf("%d and %d requests", first.requestCount(), second.requestCount())
	}
}

// A connection that is refused is no reason to wait for a timeout.
func TestClosedPortFallsThrough(t *testing.T) {
	set := newTiny(t, "mnist", 1)
	newMirror(t, set).Close()
	newMirror(t, set)
	o := getOptions(t, set)
	dir, err := Get(context.Background(), "mnist", o)
	if err != nil {
		t.Fatal(err)
	}
	checkCache(t, dir, set.zippedFiles())
}

func TestTimeoutDefaults(t *testing.T) {
	if auto, named := (Timeouts{}).orDefault(true), (Timeouts{}).orDefault(false); auto.Connect >= named.Connect || auto.Header > 3*time.Second || auto.Stall <= 0 {
		t.Errorf("auto waits %+v, a named set %+v", auto, named)
	}
	set := Timeouts{Connect: 1, Header: 2, Stall: 3}
	if got := set.orDefault(true); got != set {
		t.Errorf("%+v became %+v", set, got)
	}
}
