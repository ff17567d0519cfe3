package rundir

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// Whatever stands in the place of a file of a run, reading it ends, with an error
// that says what is wrong.
func TestNoFileOfARunIsTrusted(t *testing.T) {
	e := engine(t)
	readers := map[string]func(dir string) error{
		recordFile: func(dir string) error { _, err := Open(dir); return err },
		configFile: func(dir string) error { r := opened(t, dir); _, err := r.Config(); return err },
		metricsFile: func(dir string) error {
			r := opened(t, dir)
			_, err := r.Metrics()
			f := Follow(dir)
			defer f.Close()
			if _, _, _, errFollow := f.Next(); (err == nil) != (errFollow == nil) {
				t.Errorf("metrics: %v, and followed: %v", err, errFollow)
			}
			return err
		},
		CheckpointFile(Last): func(dir string) error { r := opened(t, dir); _, err := r.Checkpoint(Last, e); return err },
		CheckpointFile(Best): func(dir string) error { r := opened(t, dir); _, _, err := r.DigestedCheckpoint(Best, e); return err },
		lockFile: func(dir string) error {
			w, err := Store{}.Continue(dir)
			if err == nil {
				err = w.Close()
			}
			return err
		},
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		put  func(path string) error
		want string
	}{
		"a named pipe":          {makePipe, "not a regular file"},
		"a folder":              {func(path string) error { return os.Mkdir(path, 0o777) }, "not a regular file"},
		"a link that leads out": {func(path string) error { return os.Symlink(outside, path) }, "link that leads out"},
		"an endless device":     {func(path string) error { return os.Symlink("/dev/zero", path) }, "link that leads out"},
		"far too large": {func(path string) error {
			return errors.Join(os.WriteFile(path, nil, 0o666), os.Truncate(path, 1<<40))
		}, "more than"},
	} {
		for name, read := range readers {
			if what == "far too large" && name == lockFile {
				continue // it is never read
			}
			dir := makeRun(t, t.TempDir(), "run")
			path := filepath.Join(dir, name)
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if err := c.put(path); err != nil {
				t.Skip(err)
			}
			err := read(dir)
			want := c.want
			if name == lockFile {
				want = "not a regular file"
			}
			if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s for %s: %v; want ErrDamaged with %q", what, name, err, want)
			}
		}
	}
}

func opened(t *testing.T, dir string) *Run {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Links inside of the run are followed: somebody may have put its weights on
// another name.
func TestLinksInsideAreFollowed(t *testing.T) {
	dir := makeRun(t, t.TempDir(), "run")
	if err := os.Symlink("last.safetensors", filepath.Join(dir, "checkpoints", "best.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := opened(t, dir).Checkpoint(Best, engine(t)); err != nil {
		t.Error(err)
	}
}

// A run that is stored in a program is read as one on the disk.
func TestRunOfAnotherFileSystem(t *testing.T) {
	dir := makeRun(t, t.TempDir(), "run")
	files := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := OpenFS(files, "embedded")
	if err != nil || r.Record.Status != Killed || r.Name() != "embedded" {
		t.Fatalf("%+v, %v", r, err)
	}
	c, err := r.Checkpoint(Last, engine(t))
	if err != nil || !c.Verified {
		t.Fatal(err)
	}
	_, errState := r.Optimizer(c)
	_, errConfig := r.Config()
	if err := errors.Join(errState, errConfig); err != nil {
		t.Error(err)
	}
}

// Weights of earlier versions and of other programs have no checksum: they are
// read, and said not to be verified.
func TestWeightsWithoutChecksum(t *testing.T) {
	dir := makeRun(t, t.TempDir(), "run")
	path := filepath.Join(dir, filepath.FromSlash(CheckpointFile(Last)))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := 8 + binary.LittleEndian.Uint64(text)
	header := regexp.MustCompile(`"checksum":"crc32c:[0-9a-f]{8}",`).ReplaceAll(text[8:end], nil)
	old := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), append(header, text[end:]...)...)
	if bytes.Equal(old, text) {
		t.Fatal("there was no checksum")
	}
	if err := os.WriteFile(path, old, 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := opened(t, dir).Checkpoint(Last, engine(t))
	if err != nil || c.Verified {
		t.Errorf("%+v, %v", c, err)
	}
}

// Text of a record cannot act on a terminal.
func TestRecordIsPrintable(t *testing.T) {
	dir := makeRun(t, t.TempDir(), "run")
	record := `{"status": "\u001b[2J", "prior": "N\u202e", "dataset": {"name": "\u0000"}, "warnings": [{"text": "\r"}], "argv": ["\u009b"], "init_from": {"run": "\u200b"}}`
	if err := os.WriteFile(filepath.Join(dir, recordFile), []byte(record), 0o666); err != nil {
		t.Fatal(err)
	}
	r := opened(t, dir).Record
	got := []string{r.Status, r.Prior, r.Dataset.Name, r.Warnings[0].Text, r.Argv[0], r.Origin.Run}
	if want := `[\x1b[2J N\u202e \x00 \r \u009b \u200b]`; strings.Trim(strings.Join(strings.Fields(strings.Join(got, " ")), " "), " ") != strings.Trim(want, "[]") {
		t.Errorf("%q", got)
	}
}
