package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train"
	"vaectl/vae"
)

// quietEnvironment is an environment whose output goes to out and log.
func quietEnvironment(out, log io.Writer) environment {
	return environment{
		stdin: strings.NewReader(""), stdout: out, stderr: log,
		getenv:     func(name string) string { return map[string]string{"VAECTL_OFFLINE": "1"}[name] },
		isTerminal: func(io.Writer) bool { return false },
		width:      func(io.Writer) int { return defaultWidth },
		now:        time.Now,
	}
}

// trainSmall makes a run of the built-in digits, a few of them.
func trainSmall(t *testing.T, root, name string) {
	t.Helper()
	set, err := data.Load(t.Context(), data.Options{Name: "strokes", BuiltinTrain: 64, BuiltinTest: 16})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := vae.NewEngine("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent, c.Train.Epochs, c.Train.BatchSize = []int{8}, 2, 1, 32
	run, err := train.Create(root, name, false, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(t.Context(), train.Options{Data: set, Engine: engine}); err != nil {
		t.Fatal(err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
}

// serving is `vaectl serve` under way.
type serving struct {
	url   string
	first serveResult
	end   context.CancelFunc
	code  chan int
}

func startServe(t *testing.T, args ...string) serving {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	var log bytes.Buffer
	s := serving{end: cancel, code: make(chan int, 1)}
	go func() {
		code := run(ctx, quietEnvironment(out, &log), append([]string{"serve", "--json", "--addr", ":0"}, args...))
		out.Close()
		s.code <- code
	}()
	line, err := bufio.NewReader(in).ReadBytes('\n')
	if err != nil {
		t.Fatalf("serve: %v; stderr: %s", err, log.String())
	}
	if err := json.Unmarshal(line, &s.first); err != nil {
		t.Fatalf("serve wrote %s: %v", line, err)
	}
	s.url = s.first.URL
	go func() { _, _ = io.Copy(io.Discard, in) }()
	return s
}

func fetch(t *testing.T, url string, dst any) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(dst); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, response.StatusCode, err)
	}
}

func TestServe(t *testing.T) {
	root := t.TempDir()
	trainSmall(t, root, "first")
	trainSmall(t, root, "second")
	var list struct{ Folder, Selected string }
	for _, args := range [][]string{{"first", "--out", root}, {"--runs", root, "first"}, {filepath.Join(root, "first")}} {
		s := startServe(t, args...)
		if !strings.HasPrefix(s.url, "http://127.0.0.1:") || s.first.Run != "first" {
			t.Errorf("%v: announced %+v", args, s.first)
		}
		fetch(t, s.url+"/api/runs", &list)
		if list.Folder != root || list.Selected != "first" {
			t.Errorf("%v: folder %s, selected %s", args, list.Folder, list.Selected)
		}
		s.end()
		if code := <-s.code; code != exitDone {
			t.Errorf("%v: status %d", args, code)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	root := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--addr", taken.Addr().String()}, exitFailure, "is taken\nhint: --addr 127.0.0.1:0"},
		{[]string{"--addr", "8080"}, exitUsage, `--addr: address "8080" is not HOST:PORT`},
		{[]string{"--checkpoint", "worst"}, exitUsage, "must be last or best"},
		{[]string{"--threads", "-1"}, exitUsage, "--threads -1"},
		{[]string{"--out", file}, exitUsage, "is a file"},
		{[]string{"missing"}, exitData, "no run missing"},
		{[]string{"a", "b"}, exitUsage, "takes one run"},
	} {
		var out, log bytes.Buffer
		args := append([]string{"serve", "--out", root}, c.args...)
		if code := run(t.Context(), quietEnvironment(&out, &log), args); code != c.code || !strings.Contains(log.String(), c.says) || out.Len() > 0 {
			t.Errorf("%v: status %d, stdout %q, stderr %q", c.args, code, out.String(), log.String())
		}
	}
}

// The images shown are the run's own or those the flags name, and never downloaded.
func TestServeLoadsTheRunsData(t *testing.T) {
	root := t.TempDir()
	trainSmall(t, root, "first")
	var m struct{ Dataset, Note string }
	s := startServe(t, "--out", root, "--dataset", "strokes")
	fetch(t, s.url+"/api/map?run=first", &m)
	if m.Dataset != "strokes" || m.Note == "" {
		t.Errorf("%+v, where 16 images were trained on", m)
	}
	s.end()
	<-s.code
	s = startServe(t, "--out", root, "--dataset", "mnist", "--data-dir", root)
	response, err := http.Get(s.url + "/api/map?run=first")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var said struct{ Error, Hint string }
	if err := json.NewDecoder(response.Body).Decode(&said); err != nil || response.StatusCode != http.StatusConflict || !strings.Contains(said.Error, root) {
		t.Errorf("status %d, %+v, %v", response.StatusCode, said, err)
	}
	s.end()
	<-s.code
}
