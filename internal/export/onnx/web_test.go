package onnx_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vaectl/internal/dev/exporttest"
)

// webResult is what the page sends when it is done.
type webResult struct {
	Trouble string
	All     map[string]exporttest.Difference
}

// So does ONNX Runtime Web in a browser. The environment variable ONNXRUNTIME_WEB names
// the folder of that npm package.
func TestOnnxRuntimeWeb(t *testing.T) {
	runtime := os.Getenv("ONNXRUNTIME_WEB")
	if runtime == "" {
		t.Skip("ONNXRUNTIME_WEB names no folder of the npm package onnxruntime-web")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not on the path")
	}
	results := make(chan webResult, 1)
	server := httptest.NewServer(pages(writeCases(t), runtime, results))
	defer server.Close()
	profile, err := os.MkdirTemp("", "vaectl-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"--headless=new", "--disable-gpu", "--disable-component-update", "--no-first-run", "--user-data-dir=" + profile, server.URL + "/check.html"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.CommandContext(t.Context(), browser, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(profile) // its other processes may write for a moment
	}()
	select {
	case r := <-results:
		if r.Trouble != "" {
			t.Error(r.Trouble)
		}
		exporttest.Report(t, exporttest.OnnxRuntimeWeb, r.All, largestDifference)
	case <-time.After(5 * time.Minute):
		t.Fatal("the browser does not answer")
	}
}

// pages serves the check, the runtime and the cases, and takes the result.
func pages(cases, runtime string, results chan<- webResult) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("testdata")))
	mux.Handle("/ort/", http.StripPrefix("/ort/", http.FileServer(http.Dir(filepath.Join(runtime, "dist")))))
	mux.Handle("/cases/", http.StripPrefix("/cases/", http.FileServer(http.Dir(cases))))
	mux.HandleFunc("/names", func(w http.ResponseWriter, _ *http.Request) {
		var names []string
		for _, c := range exporttest.Cases() {
			names = append(names, c.Name)
		}
		_ = json.NewEncoder(w).Encode(names)
	})
	mux.HandleFunc("POST /result", func(w http.ResponseWriter, r *http.Request) {
		var result webResult
		if err := json.NewDecoder(r.Body).Decode(&result); err != nil {
			result.Trouble = err.Error()
		}
		results <- result
	})
	return mux
}
