package rundir

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// aRun makes the smallest run there is.
func aRun(t *testing.T, root, name string) string {
	t.Helper()
	dir := filepath.Join(root, name)
	w, err := Store{}.Create(root, name, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.WriteRecord(Record{Name: name, Status: Finished}), w.Publish(), w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func entriesOf(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestRemove(t *testing.T) {
	root := t.TempDir()
	whole, damaged, held := aRun(t, root, "whole"), aRun(t, root, "damaged"), aRun(t, root, "held")
	if err := os.WriteFile(filepath.Join(damaged, recordFile), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{whole, damaged} {
		if err := Remove(dir); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
	l, err := lock(held)
	if err != nil {
		t.Fatal(err)
	}
	if err := Remove(held); !errors.Is(err, ErrInUse) {
		t.Errorf("a run that is trained in: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	photos := filepath.Join(root, "photos")
	if err := errors.Join(os.Mkdir(photos, 0o777), os.WriteFile(filepath.Join(photos, "a.jpg"), nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	if err := Remove(photos); !errors.Is(err, ErrNoRun) {
		t.Errorf("a folder that is no run: %v", err)
	}
	if names := entriesOf(t, root); len(names) != 2 || names[0] != "held" || names[1] != "photos" {
		t.Errorf("left: %q", names)
	}
}

func TestRename(t *testing.T) {
	root := t.TempDir()
	first, second := aRun(t, root, "first"), aRun(t, root, "second")
	if _, err := Rename(first, "second"); !errors.Is(err, ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if _, err := Rename(first, "../third"); err == nil {
		t.Error("a name that leads elsewhere was accepted")
	}
	l, err := lock(second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Rename(second, "third"); !errors.Is(err, ErrInUse) {
		t.Errorf("a run that is trained in: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir, err := Rename(first, "third")
	if err != nil || dir != filepath.Join(root, "third") {
		t.Fatalf("%s, %v", dir, err)
	}
	run, err := Open(dir)
	if err != nil || run.Record.Name != "third" || run.Record.Status != Finished {
		t.Errorf("%+v, %v", run, err)
	}
	if names := entriesOf(t, root); len(names) != 2 {
		t.Errorf("in the folder: %q", names)
	}
}
