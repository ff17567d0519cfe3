package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fullDisk is a folder whose call number fails is the first that finds the disk full. All calls after it fail too if it is gone.
type fullDisk struct {
	folder
	fails, calls int
	gone         bool
}

func (d *fullDisk) call(do func() error) error {
	d.calls++
	if d.calls == d.fails || d.gone && d.calls > d.fails {
		return syscall.ENOSPC
	}
	return do()
}

func (d *fullDisk) Create(name string) (File, error) {
	var f File
	err := d.call(func() (err error) {
		f, err = d.folder.Create(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return fullFile{f, d}, nil
}

func (d *fullDisk) Rename(from, to string) error {
	return d.call(func() error { return d.folder.Rename(from, to) })
}
func (d *fullDisk) Remove(name string) error {
	return d.call(func() error { return d.folder.Remove(name) })
}

// Sync takes its time on a disk and has no effect that a test could see.
func (d *fullDisk) Sync(string) error { return d.call(func() error { return nil }) }
func (d *fullDisk) Mkdir(name string) error {
	return d.call(func() error { return d.folder.Mkdir(name) })
}
func (d *fullDisk) RemoveAll(name string) error {
	return d.call(func() error { return d.folder.RemoveAll(name) })
}

type fullFile struct {
	file File
	disk *fullDisk
}

func (f fullFile) Write(content []byte) (n int, err error) {
	err = f.disk.call(func() (err error) {
		n, err = f.file.Write(content)
		return err
	})
	return n, err
}
func (f fullFile) Sync() error { return f.disk.call(f.file.Sync) }
func (f fullFile) Close() error {
	return errors.Join(f.disk.call(func() error { return nil }), f.file.Close())
}

func contentsOf(files map[string]string) Contents {
	contents := make(Contents)
	for name, text := range files {
		contents[name] = func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return err
		}
	}
	return contents
}

// held are all files in and below a folder, by path.
func held(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if d.IsDir() {
			all[name] = "a folder"
			return nil
		}
		text, err := os.ReadFile(path)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// A disk that is full at any call leaves a folder as it was, or as it is to be.
func TestWriteFolderOnAFullDisk(t *testing.T) {
	new := map[string]string{"encoder": "new encoder", "decoder": "new decoder", "sampler": strings.Repeat("new", 1<<18)}
	for name, before := range map[string]map[string]string{
		"into nothing":         nil,
		"beside other files":   {"notes": "notes"},
		"in place of all":      {"encoder": "old encoder", "decoder": "old decoder", "sampler": "old sampler"},
		"in place of a part":   {"decoder": "old decoder", "notes": "notes"},
		"in an existing empty": {},
	} {
		after := map[string]string{}
		for _, files := range []map[string]string{before, new} {
			for file, text := range files {
				after[file] = text
			}
		}
		failures := 0
		for fails := 1; ; fails++ {
			dir := t.TempDir()
			target := "out"
			if before != nil {
				target = "."
				put(t, dir, before)
			}
			disk := &fullDisk{folder: folder(dir), fails: fails}
			var err error
			if before == nil {
				err = makeFolder(disk, target, contentsOf(new))
			} else {
				err = replaceAll(disk, contentsOf(new))
			}
			if disk.calls < fails {
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("%s, call %d: the error is %v", name, fails, err)
			}
			failures++
			got := held(t, dir)
			want := before
			if before == nil {
				want = map[string]string{}
				if _, there := got["out"]; there {
					got, want = held(t, filepath.Join(dir, "out")), new
				}
			} else if got["encoder"] == new["encoder"] {
				want = after
				// What is left over if it is the leftovers that cannot be removed.
				for file := range got {
					if strings.HasPrefix(file, temporaryPrefix) {
						delete(got, file)
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, call %d: %s", name, fails, diff)
			}
		}
		if failures < 15 {
			t.Errorf("%s: only %d calls failed", name, failures)
		}
	}
}

// A disk that is gone from any call on leaves every old file somewhere, and no new folder that is not whole.
func TestWriteFolderOnADiskThatGoes(t *testing.T) {
	old := map[string]string{"a": "old a", "b": "old b"}
	new := map[string]string{"a": "new a", "b": "new b", "c": "new c"}
	for fails := 1; ; fails++ {
		dir := t.TempDir()
		put(t, dir, old)
		disk := &fullDisk{folder: folder(dir), fails: fails, gone: true}
		_ = replaceAll(disk, contentsOf(new))
		if disk.calls < fails {
			break
		}
		var texts []string
		all := held(t, dir)
		for _, text := range all {
			texts = append(texts, text)
		}
		for name, text := range old {
			if whole := all["a"] == new["a"] && all["b"] == new["b"] && all["c"] == new["c"]; !whole && !strings.Contains(fmt.Sprint(texts), text) {
				t.Errorf("call %d: %s is nowhere in %v", fails, name, all)
			}
		}

		fresh := t.TempDir()
		_ = makeFolder(&fullDisk{folder: folder(fresh), fails: fails, gone: true}, "out", contentsOf(new))
		if got := held(t, fresh); got["out"] != "" && (got[filepath.Join("out", "a")] == "" || got[filepath.Join("out", "b")] == "" || got[filepath.Join("out", "c")] == "") {
			t.Errorf("call %d: half a folder %v", fails, got)
		}
	}
}

func TestWriteFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"file": "text"})
	out := filepath.Join(dir, "out")
	for _, files := range []map[string]string{{"a": "1", "b": "2"}, {"a": "3", "b": ""}} {
		if err := WriteFolder(out, contentsOf(files)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(files, held(t, out)); diff != "" {
			t.Error(diff)
		}
	}
	if err := os.MkdirAll(filepath.Join(dir, "full", "a", "inside"), 0o777); err != nil {
		t.Fatal(err)
	}
	before := held(t, dir)
	for path, want := range map[string]string{
		filepath.Join(dir, "missing", "out"): "no such file",
		filepath.Join(dir, "file"):           "exists",
		filepath.Join(dir, "file", "out"):    "not a directory",
		filepath.Join(dir, "full"):           "a: is a directory",
	} {
		if err := WriteFolder(path, contentsOf(map[string]string{"a": "1"})); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if diff := cmp.Diff(before, held(t, dir)); diff != "" {
		t.Error(diff)
	}
}
