package explorer

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// loadSeconds is the environment variable that makes the load test longer.
const loadSeconds = "VAECTL_LOAD_SECONDS"

// Many clients at once get what one alone gets, and memory does not grow.
func TestManyClients(t *testing.T) {
	seconds := 1
	if text := os.Getenv(loadSeconds); text != "" {
		var err error
		if seconds, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", loadSeconds, err)
		}
	}
	w := newWorld(t, nil)
	w.train("first")
	w.train("flat", "model.latent=2", "prior.name=uniform")
	server := httptest.NewServer(w.explorer)
	defer server.Close()
	requests := []struct{ method, path, body string }{
		{"POST", "/api/decode", `{"run":"first","z":[0.5,-0.5,1]}`},
		{"POST", "/api/decode", `{"run":"flat","z":[[0.5,-0.5],[0,0],[-1,1]]}`},
		{"POST", "/api/decode", `{"run":"flat","map":[[0.1,0.2]]}`},
		{"POST", "/api/sample", `{"run":"first","count":40,"seed":5}`},
		{"POST", "/api/encode", `{"run":"first","pixels":"` + strings.Repeat("A", side*side*4/3) + `","neighbours":8}`},
		{"GET", "/api/map?run=flat", ""},
		{"GET", "/api/prior?run=first", ""},
		{"GET", "/api/runs/first", ""},
		{"GET", "/api/metrics?run=first", ""},
		{"GET", "/api/image?run=first&split=test&index=4", ""},
		{"GET", "/js/main.js", ""},
	}
	ask := func(client *http.Client, i int) ([]byte, error) {
		q := requests[i]
		r, err := http.NewRequestWithContext(t.Context(), q.method, server.URL+q.path, strings.NewReader(q.body))
		if err != nil {
			return nil, err
		}
		if q.method == "POST" {
			r.Header.Set("Content-Type", "application/json")
		}
		response, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err == nil && response.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s %s: status %d: %.200s", q.method, q.path, response.StatusCode, text)
		}
		return text, err
	}
	// The map is asked for first: from then on answers say where z lies on it.
	for _, run := range []string{"first", "flat"} {
		w.get("/api/map?run="+run, &mapAnswer{})
	}
	want := make([][]byte, len(requests))
	for i := range requests {
		var err error
		if want[i], err = ask(server.Client(), i); err != nil {
			t.Fatal(err)
		}
	}
	const clients = 64
	var answered atomic.Int64
	var wait sync.WaitGroup
	run := func(until time.Time) {
		for c := range clients {
			wait.Go(func() {
				client := &http.Client{Transport: &http.Transport{}}
				defer client.CloseIdleConnections()
				for i := c; time.Now().Before(until); i++ {
					got, err := ask(client, i%len(requests))
					if err != nil {
						t.Error(err)
						return
					}
					if !bytes.Equal(got, want[i%len(requests)]) {
						t.Errorf("%s: %.200s, alone it was %.200s", requests[i%len(requests)].path, got, want[i%len(requests)])
						return
					}
					answered.Add(1)
				}
			})
		}
		wait.Wait()
	}
	span := time.Duration(seconds) * time.Second
	run(time.Now().Add(span / 2))
	before := heap()
	run(time.Now().Add(span / 2))
	after := heap()
	t.Logf("%d answers to %d clients in %v; %d KiB in use before the second half, %d after", answered.Load(), clients, span, before>>10, after>>10)
	if after > before+8<<20 {
		t.Errorf("memory in use grew from %d to %d KiB", before>>10, after>>10)
	}
}

// heap is the memory in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
