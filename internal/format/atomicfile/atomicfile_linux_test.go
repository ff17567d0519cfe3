package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vaectl/internal/format/atomicfile"
)

// A limit on the size of files fails writes as a full disk does: some bytes are taken, then no more.
func TestWriteFileOnAFullDiskLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	// The limit holds for this whole process, so it is as short as can be.
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	small := atomicfile.WriteFile(path, contentOf(strings.Repeat("new", 1000)))
	large := atomicfile.WriteFile(path, contentOf(strings.Repeat("new", 1<<20)))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(small, syscall.EFBIG) || !errors.Is(large, syscall.EFBIG) {
		t.Errorf("WriteFile gives %v and %v; want what the system says when there is no room", small, large)
	}
	if diff := cmp.Diff(map[string]string{"file": "old"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestWriteFileObeysTheUmask(t *testing.T) {
	before := syscall.Umask(0o027)
	defer syscall.Umask(before)
	path := filepath.Join(t.TempDir(), "file")
	if err := atomicfile.WriteFile(path, contentOf("text")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != fs.FileMode(0o640) {
		t.Errorf("mode is %v; want -rw-r-----", info.Mode())
	}
}

func TestWriteFileReplacesALinkAndSparesItsTarget(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o644), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.WriteFile(link, contentOf("new")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"target": "old", "link": "new"}, files(t, dir)); diff != "" {
		t.Error(diff)
	}
}
