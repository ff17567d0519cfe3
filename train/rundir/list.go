package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vaectl/internal/typo"
)

// Summary is one line of a list of runs: a run's directory and record, or what
// is wrong with it.
type Summary struct {
	Dir    string
	Run    *Run // nil where Err is set
	Record Record
	Err    error
}

// Name is how the run is called where people read it.
func (s Summary) Name() string { return nameOf(s.Dir) }

// List reads the records of all runs in root, the newest first. A root that
// does not exist holds no runs.
func List(root string) ([]Summary, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("runs in %s: %w", root, err)
	}
	var runs []Summary
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		dir := filepath.Join(root, e.Name())
		run, err := Open(dir)
		if errors.Is(err, ErrNoRun) {
			continue
		}
		summary := Summary{Dir: dir, Err: err}
		if err == nil {
			summary.Run, summary.Record = run, run.Record
		}
		runs = append(runs, summary)
	}
	slices.SortStableFunc(runs, func(a, b Summary) int { return b.Record.Started.Compare(a.Record.Started) })
	return runs, nil
}

// Find opens a run: the newest of root when ref is empty, else the run of that
// name in root, else the one at the path ref. None is [ErrNoRun].
func Find(root, ref string) (*Run, error) {
	if ref == "" {
		return newest(root)
	}
	dir, err := Locate(root, ref)
	if err != nil {
		return nil, err
	}
	return Open(dir)
}

// Locate is the directory of the run of that name in root, or else at the path
// ref, which need not be whole. None is [ErrNoRun].
func Locate(root, ref string) (string, error) {
	candidates := []string{ref}
	if !strings.ContainsAny(ref, `/\`) {
		candidates = []string{filepath.Join(root, ref), ref}
	}
	for _, dir := range candidates {
		info, err := os.Stat(dir)
		if err != nil {
			continue
		}
		if !info.IsDir() {
			return "", failure(ErrNoRun, "name a run directory", "%s is a file, not a run directory", dir)
		}
		return dir, nil
	}
	return "", failure(ErrNoRun, hintRuns(root, ref), "no run %s in %s", ref, root)
}

func newest(root string) (*Run, error) {
	runs, err := List(root)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if r.Err == nil {
			return Open(r.Dir)
		}
	}
	return nil, failure(ErrNoRun, "train one: vaectl train", "no runs yet in %s", root)
}

// hintRuns says what to name in place of a run that is not in root.
func hintRuns(root, ref string) string {
	runs, err := List(root)
	if err != nil || len(runs) == 0 {
		return "train one: vaectl train"
	}
	names := make([]string, len(runs))
	for i, r := range runs {
		names[i] = r.Name()
	}
	if name, ok := typo.Nearest(ref, names); ok {
		return fmt.Sprintf("did you mean %s?", name)
	}
	return "`vaectl runs` lists the runs there are"
}
