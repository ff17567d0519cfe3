//go:build unix

package explorer

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"vaectl/train/rundir"
)

// A named pipe in the place of any file of a run hangs nobody: the run is broken,
// and the others are shown.
func TestNamedPipesHangNobody(t *testing.T) {
	w := newWorld(t, nil)
	w.train("good")
	for _, file := range rundir.Files() {
		if err := os.RemoveAll(filepath.Join(w.root, "piped")); err != nil {
			t.Fatal(err)
		}
		w.train("piped")
		path := filepath.Join(w.root, "piped", file)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o666); err != nil {
			t.Skip(err)
		}
		w.refused(w.request(http.MethodGet, "/api/runs/piped", ""), http.StatusForbidden)
		w.refused(w.request(http.MethodGet, "/api/metrics?run=piped", ""), http.StatusForbidden)
		runs, err := w.explorer.summaries()
		if err != nil || len(runs) != 2 {
			t.Fatalf("%s: runs %v, %v", file, runs, err)
		}
		for _, r := range runs {
			if broken := r.Problem != nil; broken != (r.Name == "piped") {
				t.Errorf("%s: run %s has problem %v", file, r.Name, r.Problem)
			}
		}
	}
}
