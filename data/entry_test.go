package data

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// foreign is a catalogue with two sets that are not in MNIST's format, on a mirror.
func foreign(t *testing.T) (o Options, files map[string][]byte, requests *int) {
	t.Helper()
	s := newSame()
	files = map[string][]byte{"cifar.tar.gz": zipped(t, tarOf(t, s.forms(t)["cifar"]))}
	row := func(n int) string {
		var b strings.Builder
		for i := range 16 {
			b.WriteString([]string{"0 ", "1 "}[(i*i+n)/3%2])
		}
		return strings.TrimSpace(b.String()) + "\n"
	}
	files["b_train.amat"] = []byte(row(0) + row(1) + row(2))
	files["b_valid.amat"] = []byte(row(4))
	files["b_test.amat"] = []byte(row(5) + row(6))
	requests = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests++
		w.Write(files[strings.TrimPrefix(r.URL.Path, "/")])
	}))
	t.Cleanup(server.Close)
	file := func(name string) File {
		return File{Name: name, Size: int64(len(files[name])), SHA256: hexSHA256(files[name])}
	}
	o = Options{CacheDir: t.TempDir(), Env: noEnv, Entries: []Entry{
		{Name: "colours", Title: "colours", Licence: "free", Format: "cifar", Layout: "x", Mirrors: []string{server.URL + "/"},
			Train: sameTrain, Test: sameCount - sameTrain, Shape: Shape{32, 32, 3}, Classes: []string{"a", "b", "c"}, Files: []File{file("cifar.tar.gz")}},
		{Name: "bits", Title: "bits", Licence: "free", Format: "table", Layout: "x", Mirrors: []string{server.URL + "/"},
			Train: 3, Validation: 1, Test: 2, Shape: Shape{4, 4, 1}, Files: []File{file("b_train.amat"), file("b_valid.amat"), file("b_test.amat")}},
	}}
	return o, files, requests
}

func TestForeignEntryIsDownloadedOnceAndPrepared(t *testing.T) {
	o, _, requests := foreign(t)
	for range 2 {
		o.Name = "colours"
		s, err := Load(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if s.Digest != newSame().digest() || !s.Verified || s.Name != "colours" || !slices.Equal(s.Classes, []string{"a", "b", "c"}) || len(s.Files) != 1 {
			t.Errorf("%v, verified %v, classes %q", s, s.Verified, s.Classes)
		}
	}
	o.Name = "bits"
	s, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Count != 3 || s.Validation.Count != 1 || s.Test.Count != 2 || s.Train.Labels != nil || slices.Max(s.Train.Image(0)) != 255 || *requests != 4 {
		t.Errorf("%v, %d validation images, %d requests", s, s.Validation.Count, *requests)
	}
	if dir, ok := Locate("bits", o); !ok || dir != filepath.Join(o.CacheDir, "bits") {
		t.Errorf("found %v in %s", ok, dir)
	}
}

func TestForeignEntryIsChecked(t *testing.T) {
	o, files, requests := foreign(t)
	dir := t.TempDir()
	write(t, dir, map[string][]byte{"b_train.amat": files["b_train.amat"], "b_valid.amat": files["b_valid.amat"], "b_test.amat": append([]byte{files["b_test.amat"][0] ^ 1}, files["b_test.amat"][1:]...)})
	o.Name, o.Dir = "bits", dir
	if s, err := Load(t.Context(), o); !errors.Is(err, ErrDamaged) || s != nil || !strings.Contains(err.Error(), "b_test.amat") {
		t.Errorf("%v, error %v", s, err)
	}
	if err := os.Remove(filepath.Join(dir, "b_test.amat")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(t.Context(), o); !errors.Is(err, ErrMissing) {
		t.Errorf("error %v", err)
	}
	o.Dir, o.Offline = "", true
	if _, err := Load(t.Context(), o); !errors.Is(err, ErrMissing) || *requests != 0 {
		t.Errorf("offline: error %v, %d requests", err, *requests)
	}
	// A damaged file in the cache is downloaded again.
	o.Offline = false
	if dir, err := Get(context.Background(), "bits", o); err != nil {
		t.Fatal(dir, err)
	}
	path := filepath.Join(o.CacheDir, "bits", "b_train.amat")
	if err := os.WriteFile(path, []byte("1 2 3"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(t.Context(), o); err != nil || s.Train.Count != 3 || *requests != 4 {
		t.Errorf("%v, error %v, %d requests", s, err, *requests)
	}
}
