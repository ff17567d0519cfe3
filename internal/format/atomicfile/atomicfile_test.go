package atomicfile_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/internal/format/atomicfile"
)

func contentOf(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// files lists the names in dir with their content.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		content[entry.Name()] = string(text)
	}
	return content
}

func TestWriteFile(t *testing.T) {
	long := strings.Repeat("x", 255)
	for name, texts := range map[string][]string{
		"new":                      {"one"},
		"replaced by shorter":      {"one two three", "four"},
		"replaced by nothing":      {"one", ""},
		"larger than the buffer":   {strings.Repeat("0123456789", 100_000)},
		long:                       {"a name as long as names can be"},
		"replaced again and again": {"1", "2", "3", "4"},
	} {
		dir := t.TempDir()
		for _, text := range texts {
			if err := atomicfile.WriteFile(filepath.Join(dir, name), contentOf(text)); err != nil {
				t.Fatalf("%.20s: %v", name, err)
			}
			if diff := cmp.Diff(map[string]string{name: text}, files(t, dir)); diff != "" {
				t.Errorf("%.20s: %s", name, diff)
			}
		}
	}
}

func TestWriteFileTakesAPathWithoutDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := atomicfile.WriteFile("plain", contentOf("text")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"plain": "text"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteFileKeepsTheOldContentUntilTheEnd(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte("new"), 1<<20)
	err := atomicfile.WriteFile(path, func(w io.Writer) error {
		if _, err := w.Write(large); err != nil {
			return err
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
			t.Errorf("while the new content is written the file holds %.20q, %v; want the old", text, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.Equal(text, large) {
		t.Errorf("afterwards the file holds %d bytes, %v; want %d", len(text), err, len(large))
	}
}

func TestWriteFileThatFailsLeavesWhatWasThere(t *testing.T) {
	failure := errors.New("no more ideas")
	for name, write := range map[string]func(io.Writer) error{
		"at once":       func(io.Writer) error { return failure },
		"in the buffer": func(w io.Writer) error { return errors.Join(contentOf("new")(w), failure) },
		"beyond the buffer": func(w io.Writer) error {
			return errors.Join(contentOf(strings.Repeat("new", 1<<20))(w), failure)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, before := range []map[string]string{{}, {"file": "old"}} {
				dir := t.TempDir()
				for name, text := range before {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				path := filepath.Join(dir, "file")
				err := atomicfile.WriteFile(path, write)
				if !errors.Is(err, failure) || !strings.Contains(err.Error(), path) {
					t.Errorf("WriteFile gives %v; want %v with the path", err, failure)
				}
				if diff := cmp.Diff(before, files(t, dir)); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestWriteFileThatPanicsLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = atomicfile.WriteFile(path, func(w io.Writer) error {
			_ = contentOf("new")(w)
			panic("a mistake")
		})
	}()
	if diff := cmp.Diff(map[string]string{"file": "old"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteFileIntoNoDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"missing":               filepath.Join(dir, "missing", "file"),
		"a file":                filepath.Join(dir, "file", "file"),
		"the path is directory": dir,
		"nothing":               "",
	} {
		if err := atomicfile.WriteFile(path, contentOf("new")); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want an error with the path", name, err)
		}
	}
	if err := atomicfile.WriteFile(filepath.Join(dir, "missing", "file"), contentOf("new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing directory gives %v; want fs.ErrNotExist", err)
	}
	if diff := cmp.Diff(map[string]string{"file": "old"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestReadersSeeWholeFilesOnly(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	contents := []string{strings.Repeat("a", 300_000), strings.Repeat("b", 10), strings.Repeat("c", 70_000)}
	if err := atomicfile.WriteFile(path, contentOf(contents[0])); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, text := range contents {
		writers.Go(func() {
			for range 10 {
				if err := atomicfile.WriteFile(path, contentOf(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		writers.Wait()
		close(done)
	}()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if s := string(text); s != contents[0] && s != contents[1] && s != contents[2] {
			t.Fatalf("a reader saw %d bytes that nobody wrote", len(s))
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("%d files are left; want 1", len(got))
	}
}

func TestTemporaryNamesAreKnown(t *testing.T) {
	dir := t.TempDir()
	err := atomicfile.WriteFile(filepath.Join(dir, "file"), func(io.Writer) error {
		// What a writer has on the disk in the middle of its work is what it leaves when it is killed there.
		for name := range files(t, dir) {
			if !atomicfile.IsTemporary(name) {
				t.Errorf("%s is not recognised", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"last.safetensors", ".tmp-notes", ".tmp-0123456789abcdef.png", "x.tmp-0123456789abcdef", ".tmp-0123456789ABCDEF", ""} {
		if atomicfile.IsTemporary(name) {
			t.Errorf("%s is taken for a temporary file", name)
		}
	}
}

// Links that lead out of the directory are refused, whether they are files or folders on the way.
func TestWriteStaysInItsDirectory(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "folder")), os.WriteFile(filepath.Join(outside, "target"), []byte("old"), 0o644),
		os.Symlink(filepath.Join(outside, "target"), filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, name := range []string{"folder/file", "../file"} {
		if err := atomicfile.Write(atomicfile.OnDisk(root), name, contentOf("new")); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v; want an error with the name", name, err)
		}
	}
	if err := atomicfile.Write(atomicfile.OnDisk(root), "link", contentOf("new")); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]string{"target": "old"}, files(t, outside)); diff != "" {
		t.Error(diff)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "link")); err != nil || string(text) != "new" {
		t.Errorf("in place of the link: %q, %v", text, err)
	}
}
