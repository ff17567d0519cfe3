package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"slices"
	"testing"
	"time"
)

var commitTime = time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)

func someEntries() []entry {
	return []entry{{"b/program", 0o755, []byte("program")}, {"a", 0o644, []byte("text")}, {"c/", 0o1777, nil}}
}

// Archives hold files in the order of their names, whatever order they come in, with
// the time of the commit and nobody's name.
func TestArchivesDependOnNothingElse(t *testing.T) {
	for name, write := range map[string]func(io.Writer, []entry, time.Time) error{"tar": writeTar, "zip": writeZip} {
		var first, second bytes.Buffer
		turned := someEntries()
		slices.Reverse(turned)
		if err := write(&first, someEntries(), commitTime); err != nil {
			t.Fatal(err)
		}
		if err := write(&second, turned, commitTime.In(time.FixedZone("elsewhere", 3600))); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%s: the same files give other bytes in another order and time zone", name)
		}
	}
}

func TestTar(t *testing.T) {
	var packed bytes.Buffer
	if err := writeTar(&packed, someEntries(), commitTime); err != nil {
		t.Fatal(err)
	}
	var names []string
	for archive := tar.NewReader(&packed); ; {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		if !h.ModTime.Equal(commitTime) || h.Uid != 0 || h.Gid != 0 || h.Uname != "" || h.Gname != "" {
			t.Errorf("%s: time %v, owner %d %q", h.Name, h.ModTime, h.Uid, h.Uname)
		}
		if h.Name == "b/program" && h.FileInfo().Mode() != 0o755 || h.Name == "c/" && h.FileInfo().Mode() != fs.ModeDir|fs.ModeSticky|0o777 {
			t.Errorf("%s: mode %v", h.Name, h.FileInfo().Mode())
		}
	}
	if !slices.Equal(names, []string{"a", "b/program", "c/"}) {
		t.Errorf("names %v", names)
	}
}

func TestZip(t *testing.T) {
	var packed bytes.Buffer
	if err := writeZip(&packed, someEntries()[:2], commitTime); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.File) != 2 || archive.File[1].Name != "b/program" || archive.File[1].Mode() != 0o755 || !archive.File[1].Modified.Equal(commitTime) {
		t.Errorf("files %v", archive.File)
	}
}
