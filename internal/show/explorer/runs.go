package explorer

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"vaectl/internal/show/comparison"
	"vaectl/train/rundir"
)

// run is a run that may be read.
type run struct {
	name, dir string
	// version changes when the checkpoint shown is replaced; "" while there is none.
	version string
}

// open opens the run for reading.
func (r run) open() (*rundir.Run, error) { return rundir.Open(r.dir) }

// find returns the run of a name. The name must be that of a directory in the
// folder of runs, and what training writes there must lie there.
func (e *Explorer) find(name string) (run, error) {
	if name == "" {
		return run{}, badRequest("name one that /api/runs lists", "run is missing")
	}
	if len(name) > 255 || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\`) || !filepath.IsLocal(name) {
		return run{}, badRequest("name one that /api/runs lists", "run %q: not a name", shortened(name))
	}
	unknown := &problem{status: http.StatusNotFound, text: fmt.Sprintf("no run %s", name), hint: "name one that /api/runs lists"}
	root, err := os.OpenRoot(e.options.Runs)
	if errors.Is(err, fs.ErrNotExist) {
		return run{}, unknown
	}
	if err != nil {
		return run{}, fmt.Errorf("folder of runs: %w", err)
	}
	defer root.Close()
	info, err := root.Lstat(name)
	if err != nil || !info.IsDir() {
		return run{}, unknown
	}
	found := run{name: name, dir: filepath.Join(e.options.Runs, name)}
	for _, file := range rundir.Files() {
		info, err := root.Stat(filepath.Join(name, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return run{}, &problem{status: http.StatusForbidden, text: fmt.Sprintf("run %s: %s does not lie in the folder of runs or cannot be read", name, file)}
		}
		if !info.Mode().IsRegular() {
			return run{}, &problem{status: http.StatusForbidden, text: fmt.Sprintf("run %s: %s is not a regular file", name, file)}
		}
		if file == rundir.CheckpointFile(e.options.Checkpoint) {
			found.version = fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
		}
	}
	return found, nil
}

// shortened keeps what a client sent from filling a message.
func shortened(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// summary is a run in the list of runs.
type summary struct {
	Name    string    `json:"name"`
	Status  string    `json:"status"`
	Prior   string    `json:"prior"`
	Dataset string    `json:"dataset"`
	Epoch   int       `json:"epoch"`
	Epochs  int       `json:"epochs"`
	Started time.Time `json:"started"`
	Loss    *number   `json:"loss_nats"` // of the test at the end, or of the last evaluation
	// Version changes with the weights; "" where there are none yet.
	Version string       `json:"version"`
	Problem *problemJSON `json:"problem,omitempty"`
}

// statusBroken is shown for a run whose record cannot be read.
const statusBroken = "broken"

// summarize describes a run of the list. What is wrong with a run is part of
// its description.
func (e *Explorer) summarize(s rundir.Summary) summary {
	out := summary{
		Name: filepath.Base(s.Dir), Status: s.Record.Status, Prior: s.Record.Prior, Dataset: s.Record.Dataset.Name,
		Epoch: s.Record.Epoch, Epochs: s.Record.Epochs, Started: s.Record.Started,
	}
	if f := (comparison.Loss{Record: s.Record}).Figures(); f != nil {
		loss := number(f.Loss())
		out.Loss = &loss
	}
	found, err := e.find(out.Name)
	if s.Err != nil {
		err = s.Err
	}
	if err != nil {
		out.Status, out.Problem = statusBroken, newProblemJSON(err)
	}
	out.Version = found.version
	return out
}

// listFor is how long a list of runs is good: all who watch share it.
const listFor = 250 * time.Millisecond

// listing is the list of runs as it was a moment ago. One request reads the
// folder, without holding the mutex; those that come meanwhile are answered with
// the list before, or wait where there is none yet.
type listing struct {
	mu      sync.Mutex
	read    time.Time
	runs    []summary
	reading chan struct{} // closed when the one who reads is done; nil while nobody does
}

// list describes the runs, the newest first.
func (e *Explorer) list() ([]summary, error) {
	l := &e.listing
	for {
		l.mu.Lock()
		runs, reading := l.runs, l.reading
		fresh := runs != nil && (reading != nil || time.Since(l.read) < listFor)
		if !fresh && reading == nil {
			l.reading = make(chan struct{})
		}
		l.mu.Unlock()
		switch {
		case fresh:
			return runs, nil
		case reading == nil:
			return e.readList()
		}
		<-reading
	}
}

// readList reads the folder for all who ask.
func (e *Explorer) readList() ([]summary, error) {
	l := &e.listing
	runs, err := e.summaries()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.runs, l.read = runs, time.Now()
	}
	close(l.reading)
	l.reading = nil
	return runs, err
}

func (e *Explorer) summaries() ([]summary, error) {
	found, err := rundir.List(e.options.Runs)
	if err != nil {
		return nil, err
	}
	runs := make([]summary, 0, len(found))
	for _, s := range found {
		runs = append(runs, e.summarize(s))
	}
	return runs, nil
}

// runList is the answer to GET /api/runs.
type runList struct {
	Version  string    `json:"program_version"`
	Folder   string    `json:"folder"`
	Selected string    `json:"selected"`
	Runs     []summary `json:"runs"`
}

func (e *Explorer) getRuns(_ http.ResponseWriter, r *http.Request) (any, error) {
	if err := newQuery(r).done(); err != nil {
		return nil, err
	}
	return e.runList()
}

func (e *Explorer) runList() (runList, error) {
	runs, err := e.list()
	return runList{Version: e.options.Version, Folder: e.options.Runs, Selected: e.selected(runs), Runs: runs}, err
}

// selected is the run to show first: the one that was asked for, else the
// newest that works.
func (e *Explorer) selected(runs []summary) string {
	newest := ""
	for _, r := range runs {
		if r.Name == e.options.Run {
			return r.Name
		}
		if newest == "" && r.Problem == nil {
			newest = r.Name
		}
	}
	return newest
}
