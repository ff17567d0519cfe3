package explorer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"vaectl/train/rundir"
)

func TestBadBodiesAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	w.train("flat", "prior.name=uniform")
	rows := func(n int) string { return strings.TrimSuffix(strings.Repeat("[0,0,0],", n), ",") }
	const bad, large = http.StatusBadRequest, http.StatusRequestEntityTooLarge
	for _, c := range []struct {
		path, body string
		status     int
	}{
		{"decode", ``, bad},
		{"decode", `null`, bad},
		{"decode", `[]`, bad},
		{"decode", `"first"`, bad},
		{"decode", `{`, bad},
		{"decode", `{"run":"first","z":[0,0,0]}{}`, bad},
		{"decode", `{"run":"first","z":[0,0,0]} x`, bad},
		{"decode", `{"run":"first","z":[0,0,0],"extra":1}`, bad},
		{"decode", `{"run":"first"}`, bad},
		{"decode", `{"run":"first","z":[0,0,0],"map":[0,0]}`, bad},
		{"decode", `{"run":1,"z":[0,0,0]}`, bad},
		{"decode", `{"z":[0,0,0]}`, bad},
		{"decode", `{"run":"first","z":null}`, bad},
		{"decode", `{"run":"first","z":[]}`, bad},
		{"decode", `{"run":"first","z":[[]]}`, bad},
		{"decode", `{"run":"first","z":[null]}`, bad},
		{"decode", `{"run":"first","z":[null,0,0]}`, bad},
		{"decode", `{"run":"first","z":{"0":1}}`, bad},
		{"decode", `{"run":"first","z":"AAAA"}`, bad},
		{"decode", `{"run":"first","z":[0,0]}`, bad},
		{"decode", `{"run":"first","z":[0,0,0,0]}`, bad},
		{"decode", `{"run":"first","z":[[0,0,0],[0,0]]}`, bad},
		{"decode", `{"run":"first","z":[[0,0,0],0]}`, bad},
		{"decode", `{"run":"first","z":[NaN,0,0]}`, bad},
		{"decode", `{"run":"first","z":[Infinity,0,0]}`, bad},
		{"decode", `{"run":"first","z":["NaN",0,0]}`, bad},
		{"decode", `{"run":"first","z":[1e999,0,0]}`, bad},
		{"decode", `{"run":"first","z":[1e30,0,0]}`, bad},
		{"decode", `{"run":"first","z":[-1e9,0,0]}`, bad},
		{"decode", `{"run":"flat","z":[0,0,1.01]}`, bad},
		{"decode", `{"run":"flat","z":[0,-2,0]}`, bad},
		{"decode", `{"run":"first","z":[` + rows(maxRows+1) + `]}`, bad},
		{"decode", `{"run":"first","map":[0]}`, bad},
		{"decode", `{"run":"first","map":[0,0,0]}`, bad},
		{"decode", `{"run":"first","map":[[0,0],[1e12,0]]}`, bad},
		{"decode", `{"run":"first","z":[` + strings.Repeat("0,", maxBody/2) + `0]}`, large},
		{"decode", `{"run":"first","z":` + strings.Repeat("[", 20000) + `}`, bad},
		{"decode", `{"run":"other","z":[0,0,0]}`, http.StatusNotFound},
		{"sample", `{"run":"first"}`, bad},
		{"sample", `{"run":"first","count":0}`, bad},
		{"sample", `{"run":"first","count":-3}`, bad},
		{"sample", `{"run":"first","count":513}`, bad},
		{"sample", `{"run":"first","count":1.5}`, bad},
		{"sample", `{"run":"first","count":1e9}`, bad},
		{"sample", `{"run":"first","count":99999999999999999999}`, bad},
		{"sample", `{"run":"first","count":1,"seed":-1}`, bad},
		{"sample", `{"run":"first","count":1,"seed":"x"}`, bad},
		{"encode", `{"run":"first"}`, bad},
		{"encode", `{"run":"first","pixels":""}`, bad},
		{"encode", `{"run":"first","pixels":null}`, bad},
		{"encode", `{"run":"first","pixels":"AAAA"}`, bad},
		{"encode", `{"run":"first","pixels":"????"}`, bad},
		{"encode", `{"run":"first","pixels":"AAAA\n"}`, bad},
		{"encode", `{"run":"first","pixels":[0.5]}`, bad},
		{"encode", `{"run":"first","pixels":[` + strings.TrimSuffix(strings.Repeat("2,", side*side), ",") + `]}`, bad},
		{"encode", `{"run":"first","pixels":[` + strings.TrimSuffix(strings.Repeat("-0.5,", side*side), ",") + `]}`, bad},
		{"encode", `{"run":"first","pixels":[` + strings.TrimSuffix(strings.Repeat("null,", side*side), ",") + `]}`, bad},
		{"encode", `{"run":"first","pixels":"` + strings.Repeat("A", side*side*4/3) + `","neighbours":-1}`, bad},
		{"encode", `{"run":"first","pixels":"` + strings.Repeat("A", side*side*4/3) + `","neighbours":25}`, bad},
	} {
		w.refused(w.request(http.MethodPost, "/api/"+c.path, c.body), c.status)
	}
}

func TestBadQueriesAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/runs?x=1", 400},
		{"GET", "/api/runs/first?verbose=1", 400},
		{"GET", "/api/runs/other", 404},
		{"GET", "/api/map", 400},
		{"GET", "/api/map?run=", 400},
		{"GET", "/api/map?run=other", 404},
		{"GET", "/api/map?run=first&run=first", 400},
		{"GET", "/api/map?run=%zz", 400},
		{"GET", "/api/map?run=first;x", 400},
		{"GET", "/api/prior?run=first&latents=0", 400},
		{"GET", "/api/prior?run=first&latents=65", 400},
		{"GET", "/api/prior?run=first&latents=", 400},
		{"GET", "/api/prior?run=first&latents=two", 400},
		{"GET", "/api/metrics?run=other", 404},
		{"GET", "/api/image?run=first&split=test", 400},
		{"GET", "/api/image?run=first&split=validation&index=0", 400},
		{"GET", "/api/image?run=first&split=test&index=-1", 400},
		{"GET", "/api/image?run=first&split=test&index=99999999999", 400},
		{"GET", "/api/image?run=first&split=test&index=1000000", 404},
		{"GET", "/api/events?run=other", 404},
		{"GET", "/api/events?run=first&run=first&run=first&run=first&run=first", 400},
		{"GET", "/api/openapi.yaml?x=1", 400},
		{"GET", "/api/nothing", 404},
		{"GET", "/api/", 404},
		{"GET", "/nothing.js", 404},
		{"GET", "/js/", 404},
		{"GET", "/assets/index.html", 404},
		{"POST", "/", 405},
		{"GET", "/api/decode", 405},
		{"DELETE", "/api/runs/first", 405},
		{"PUT", "/api/runs", 405},
		{"POST", "/api/events", 405},
	} {
		said := w.refused(w.request(c.method, c.path, ""), c.status)
		if said.Error == "" {
			t.Errorf("%s %s: no reason", c.method, c.path)
		}
	}
	got := w.answer(w.request(http.MethodPut, "/api/decode", ""))
	if got.Header().Get("Allow") != "POST" {
		t.Errorf("Allow is %q", got.Header().Get("Allow"))
	}
}

// Nothing but a run in the folder of runs can be named.
func TestNothingOutsideTheFolderIsRead(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Runs = filepath.Join(o.Runs, "inner") })
	outer := w.root
	w.train("outside") // beside the folder that is served
	w.root = filepath.Join(outer, "inner")
	w.train("inside")
	if err := os.Symlink(filepath.Join(outer, "outside"), filepath.Join(w.root, "link")); err != nil {
		t.Fatal(err)
	}
	w.rewrite(".hidden", "run.json", "{}")
	for _, name := range []string{
		"../outside", "..", ".", "...", ".hidden", "link", "inside/../../outside", `..\outside`, "/" + outer + "/outside", outer + "/outside",
		"inside/checkpoints", "\x00", "inside\x00", "C:", strings.Repeat("a", 256), strings.Repeat("../", 50) + "etc", "\xff\xfe", "inside\n",
	} {
		for _, r := range []*http.Request{
			w.request(http.MethodGet, "/api/map?run="+url.QueryEscape(name), ""),
			w.request(http.MethodGet, "/api/metrics?run="+url.QueryEscape(name), ""),
			w.request(http.MethodGet, "/api/events?run="+url.QueryEscape(name), ""),
			w.request(http.MethodGet, "/api/image?split=test&index=0&run="+url.QueryEscape(name), ""),
			w.request(http.MethodPost, "/api/sample", fmt.Sprintf(`{"run":%s,"count":1}`, quoted(name))),
		} {
			got := w.answer(r)
			if got.Code != http.StatusBadRequest && got.Code != http.StatusNotFound {
				t.Errorf("%s %s: run %q: status %d: %.200s", r.Method, r.URL, name, got.Code, got.Body)
			}
		}
		// In a path the router may redirect before a name is looked at.
		if got := w.answer(w.request(http.MethodGet, "/api/runs/"+url.PathEscape(name), "")); got.Code == http.StatusOK && bytes.Contains(got.Body.Bytes(), []byte("outside")) {
			t.Errorf("path of %q: %.200s", name, got.Body)
		}
	}

	for _, file := range rundir.Files() {
		if err := os.RemoveAll(filepath.Join(w.root, "lured")); err != nil {
			t.Fatal(err)
		}
		w.train("lured")
		path := filepath.Join(w.root, "lured", file)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(outer, "outside", file), path); err != nil {
			t.Fatal(err)
		}
		w.refused(w.request(http.MethodGet, "/api/runs/lured", ""), http.StatusForbidden)
		w.refused(w.request(http.MethodPost, "/api/sample", `{"run":"lured","count":1}`), http.StatusForbidden)
	}
}

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestForeignHostsAreRefused(t *testing.T) {
	for _, c := range []struct {
		addr, host string
		known      bool
	}{
		{"127.0.0.1:8080", "127.0.0.1:8080", true},
		{"127.0.0.1:8080", "127.0.0.1", true},
		{"127.0.0.1:8080", "localhost:9999", true},
		{"127.0.0.1:8080", "LocalHost:8080", true},
		{"127.0.0.1:8080", "[::1]:8080", true},
		{"127.0.0.1:8080", "[::1]", true},
		{":8080", "127.0.0.1:8080", true},
		{":8080", "evil.example:8080", false},
		{"127.0.0.1:8080", "evil.example", false},
		{"127.0.0.1:8080", "evil.example:8080", false},
		{"127.0.0.1:8080", "localhost.evil.example", false},
		{"127.0.0.1:8080", "127.0.0.1.evil.example:8080", false},
		{"127.0.0.1:8080", "evil.example#localhost", false},
		{"127.0.0.1:8080", "localhost@evil.example", false},
		{"127.0.0.1:8080", "localhost.", false},
		{"127.0.0.1:8080", "192.168.1.5:8080", false},
		{"127.0.0.1:8080", "0.0.0.0:8080", false},
		{"127.0.0.1:8080", "", false},
		{"127.0.0.1:8080", ":8080", false},
		{"127.0.0.1:8080", "[", false},
		{"box.local:8080", "box.local:8080", true},
		{"box.local:8080", "other.local:8080", false},
		{"192.168.1.5:8080", "192.168.1.5:8080", true},
		{"192.168.1.5:8080", "192.168.1.6:8080", false},
		{"0.0.0.0:8080", "192.168.1.5:8080", true},
		{"[::]:8080", "[fe80::1]:8080", true},
		{"0.0.0.0:8080", "evil.example:8080", false},
	} {
		w := newWorld(t, func(o *Options) { o.Addr = c.addr })
		r := w.request(http.MethodGet, "/api/runs", "")
		r.Host = c.host
		if c.known {
			w.ask(r, &runList{})
			continue
		}
		w.refused(r, http.StatusMisdirectedRequest)
		page := w.request(http.MethodGet, "/", "")
		page.Host = c.host
		w.refused(page, http.StatusMisdirectedRequest)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.train("first")
	const body = `{"run":"first","count":1}`
	for _, headers := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"},
		{"Sec-Fetch-Site": "same-site"},
		{"Origin": "https://evil.example"},
		{"Origin": "null"},
	} {
		r := w.request(http.MethodPost, "/api/sample", body)
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		w.refused(r, http.StatusForbidden)
	}
	for _, headers := range []map[string]string{
		{"Sec-Fetch-Site": "same-origin"},
		{"Origin": "http://127.0.0.1:8080"},
		{},
	} {
		r := w.request(http.MethodPost, "/api/sample", body)
		for k, v := range headers {
			r.Header.Set(k, v)
		}
		w.ask(r, &imagesAnswer{})
	}
	// What a form of another site could send without asking first.
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "", "application/jsonp", ";;"} {
		r := w.request(http.MethodPost, "/api/sample", body)
		r.Header.Set("Content-Type", kind)
		w.refused(r, http.StatusUnsupportedMediaType)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/", "/style.css", "/js/main.js", "/api/runs", "/api/nothing", "/api/decode", "/nothing", "//evil.example/.."} {
		got := w.answer(w.request(http.MethodGet, path, ""))
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": contentPolicy, "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
		} {
			if got.Header().Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, got.Header().Get(name))
			}
		}
		if got.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s is open to other sites", path)
		}
	}
	for _, loose := range []string{"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} {
		if strings.Contains(contentPolicy, loose) {
			t.Errorf("the policy holds %s", loose)
		}
	}
}

func FuzzBody(f *testing.F) {
	w := newWorld(f, nil)
	w.train("first")
	for _, seed := range []string{
		`{"run":"first","z":[0,0,0]}`, `{"run":"first","map":[[0,1]]}`, `{"run":"first","count":2,"seed":1}`,
		`{"run":"first","pixels":"AAAA","neighbours":1}`, `{"run":"first","pixels":[0,1]}`, `{"run":"../x"}`, `[`, `{"z":[[[0]]]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/api/decode", "/api/encode", "/api/sample"} {
			r := w.request(http.MethodPost, path, body)
			got := w.answer(r)
			var err error
			switch {
			case got.Code == http.StatusOK:
				err = w.document.checkAnswer(r, got.Body.Bytes())
			case got.Code >= 400 && got.Code < 500:
				err = w.document.check("Trouble", got.Body.Bytes())
			default:
				t.Errorf("%s: status %d: %s", path, got.Code, got.Body)
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

func FuzzRunName(f *testing.F) {
	w := newWorld(f, nil)
	w.train("first")
	for _, seed := range []string{"first", "../first", ".", "", "a/b", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		found, err := w.explorer.find(name)
		if err == nil && (found.dir != filepath.Join(w.root, "first") || name != "first") {
			t.Errorf("%q leads to %s", name, found.dir)
		}
	})
}
