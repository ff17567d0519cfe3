package train

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
	Record Record
	Err    error
}

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
		record, err := ReadRecord(dir)
		if errors.Is(err, ErrNoRun) {
			continue
		}
		runs = append(runs, Summary{Dir: dir, Record: record, Err: err})
	}
	slices.SortStableFunc(runs, func(a, b Summary) int { return b.Record.Started.Compare(a.Record.Started) })
	return runs, nil
}

// Find returns the directory of a run: the newest of root when ref is empty,
// else the run of that name in root, else the path ref. None is [ErrNoRun].
func Find(root, ref string) (string, error) {
	if ref == "" {
		return newest(root)
	}
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
		if _, err := ReadRecord(dir); err != nil {
			return "", err
		}
		return dir, nil
	}
	return "", failure(ErrNoRun, hintRuns(root, ref), "no run %s in %s", ref, root)
}

func newest(root string) (string, error) {
	runs, err := List(root)
	if err != nil {
		return "", err
	}
	for _, r := range runs {
		if r.Err == nil {
			return r.Dir, nil
		}
	}
	return "", failure(ErrNoRun, "train one: vaectl train", "no runs yet in %s", root)
}

// hintRuns says what to name in place of a run that is not in root.
func hintRuns(root, ref string) string {
	runs, err := List(root)
	if err != nil || len(runs) == 0 {
		return "train one: vaectl train"
	}
	names := make([]string, len(runs))
	for i, r := range runs {
		names[i] = filepath.Base(r.Dir)
	}
	if name, ok := typo.Nearest(ref, names); ok {
		return fmt.Sprintf("did you mean %s?", name)
	}
	return "`vaectl runs` lists the runs there are"
}
