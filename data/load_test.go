package data

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noNetwork fails the test if anything is requested.
func noNetwork(t *testing.T) *http.Client {
	return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		t.Errorf("unexpected request of %s", r.URL)
		return nil, errors.New("no network in this test")
	})}
}

// brokenNetwork refuses every request, as a machine without a network does.
func brokenNetwork() *http.Client {
	return &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("network is unreachable")
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// world is everything a Load in a test depends on: two catalogue sets, an empty
// cache, no environment, no network.
func world(t *testing.T) (mnist, other *tinySet, o Options) {
	mnist, other = newTiny(t, "mnist", 1), newTiny(t, "other", 101)
	for _, s := range []*tinySet{mnist, other} {
		s.entry.Mirrors = []string{"http://mirror.invalid/" + s.entry.Name + "/"}
	}
	return mnist, other, Options{
		CacheDir: t.TempDir(), Env: noEnv, Client: noNetwork(t),
		Entries: []Entry{mnist.entry, other.entry}, BuiltinTrain: 30, BuiltinTest: 20,
	}
}

func env(key, value string) func(string) string {
	return func(k string) string {
		if k == key {
			return value
		}
		return ""
	}
}

func TestLoadFindsTheSet(t *testing.T) {
	tests := []struct {
		name, ask string
		place     func(t *testing.T, s *tinySet, o *Options) (source string)
	}{
		{"archives in the data directory", "mnist", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, o.Dir, s.zippedFiles())
			return o.Dir
		}},
		{"plain files under dotted names, for auto", "auto", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, o.Dir, s.plainFiles())
			return o.Dir
		}},
		{"no name is auto", "", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, o.Dir, s.plainFiles())
			return o.Dir
		}},
		{"capitals", "MNIST", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, o.Dir, s.plainFiles())
			return o.Dir
		}},
		{"subdirectory of its name", "mnist", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, filepath.Join(o.Dir, "mnist"), s.plainFiles())
			return filepath.Join(o.Dir, "mnist")
		}},
		{"torchvision's layout", "auto", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, filepath.Join(o.Dir, "mnist-torch", "raw"), s.zippedFiles())
			return filepath.Join(o.Dir, "mnist-torch", "raw")
		}},
		{"environment", "auto", func(t *testing.T, s *tinySet, o *Options) string {
			dir := t.TempDir()
			o.Env = env(EnvDir, dir)
			write(t, dir, s.zippedFiles())
			return dir
		}},
		{"cache", "auto", func(t *testing.T, s *tinySet, o *Options) string {
			dir := filepath.Join(o.CacheDir, "mnist")
			write(t, dir, s.zippedFiles())
			return dir
		}},
		{"cache, when the environment's directory holds another set", "mnist", func(t *testing.T, s *tinySet, o *Options) string {
			elsewhere, dir := t.TempDir(), filepath.Join(o.CacheDir, "mnist")
			o.Env = env(EnvDir, elsewhere)
			write(t, elsewhere, newTiny(t, "other", 101).zippedFiles())
			write(t, dir, s.zippedFiles())
			return dir
		}},
		{"cache, when the environment's directory is not there", "mnist", func(t *testing.T, s *tinySet, o *Options) string {
			dir := filepath.Join(o.CacheDir, "mnist")
			o.Env = env(EnvDir, filepath.Join(t.TempDir(), "gone"))
			write(t, dir, s.zippedFiles())
			return dir
		}},
		{"archives compressed anew", "mnist", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			files := s.zippedFiles()
			for name, b := range files {
				files[name] = append(bytes.Clone(b), zipped(t, nil)...)
			}
			write(t, o.Dir, files)
			return o.Dir
		}},
		{"directories of the files' names, as some archivers leave them", "mnist", func(t *testing.T, s *tinySet, o *Options) string {
			o.Dir = t.TempDir()
			write(t, filepath.Join(o.Dir, trainImages.stem()), nil)
			write(t, o.Dir, s.zippedFiles())
			return o.Dir
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _, o := world(t)
			o.Name = tt.ask
			source := tt.place(t, s, &o)
			got, err := Load(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			checkIs(t, got, s)
			if got.Name != "mnist" || got.Source != source || !got.Verified || len(got.Files) != 4 {
				t.Errorf("got %s from %s, verified %v, %d files; want mnist, verified, from %s",
					got.Name, got.Source, got.Verified, len(got.Files), source)
			}
		})
	}
}

// checkIs compares everything but where the set came from.
func checkIs(t *testing.T, got *Set, want *tinySet) {
	t.Helper()
	split := func(images, labels role) Split {
		const header = 16
		px := want.plain[images][header:]
		return Split{Count: len(px) / tinyHeight / tinyWidth, Shape: Shape{Height: tinyHeight, Width: tinyWidth, Channels: 1}, Bytes: px, Labels: toInts(want.plain[labels][8:])}
	}
	if diff := cmp.Diff(split(trainImages, trainLabels), got.Train); diff != "" {
		t.Error("train:", diff)
	}
	if diff := cmp.Diff(split(testImages, testLabels), got.Test); diff != "" {
		t.Error("test:", diff)
	}
	if got.Digest != want.digest() {
		t.Errorf("digest %s, want %s", got.Digest, want.digest())
	}
	if got.Title != want.entry.Title || got.Licence != want.entry.Licence || got.Substitute || got.Warning != "" {
		t.Errorf("described as %q, %q, substitute %v, warning %q", got.Title, got.Licence, got.Substitute, got.Warning)
	}
}

func TestLoadErrors(t *testing.T) {
	cut := func(files map[string][]byte, name string) map[string][]byte {
		files = maps.Clone(files)
		files[name] = files[name][:len(files[name])/2]
		return files
	}
	flip := func(s *tinySet) map[string][]byte {
		files := maps.Clone(s.plainFiles())
		name := trainImages.dottedStem()
		files[name] = bytes.Clone(files[name])
		files[name][99] ^= 1
		return files
	}
	tests := []struct {
		name, ask string
		place     func(t *testing.T, s, other *tinySet, o *Options)
		kind      error
		want      string
	}{
		{"misspelt", "mnits", nil, ErrUnknown, `unknown data set "mnits", did you mean "mnist"?`},
		{"nothing like it", "imagenet", nil, ErrUnknown, `unknown data set "imagenet"`},
		{"no such directory", "./no/such", nil, ErrMissing, "./no/such does not exist"},
		{"auto, data directory not there", "auto", func(t *testing.T, _, _ *tinySet, o *Options) {
			o.Dir = filepath.Join(t.TempDir(), "gone")
		}, ErrMissing, "gone does not exist"},
		{"auto, data directory empty", "auto", func(t *testing.T, _, _ *tinySet, o *Options) {
			o.Dir = t.TempDir()
		}, ErrMissing, "no file train-images-idx3-ubyte"},
		{"data directory empty though the cache has it", "mnist", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Dir = t.TempDir()
			write(t, filepath.Join(o.CacheDir, "mnist"), s.zippedFiles())
		}, ErrMissing, "no file train-images-idx3-ubyte"},
		{"data directory is a file", "mnist", func(t *testing.T, _, _ *tinySet, o *Options) {
			o.Dir = filepath.Join(t.TempDir(), "f")
			write(t, filepath.Dir(o.Dir), map[string][]byte{"f": nil})
		}, ErrMissing, "is a file, not a directory"},
		{"auto, damaged in the data directory", "auto", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Dir = t.TempDir()
			write(t, o.Dir, cut(s.zippedFiles(), "train-labels-idx1-ubyte.gz"))
		}, ErrDamaged, "train-labels-idx1-ubyte.gz: truncated"},
		{"auto, one bit flipped in the data directory", "auto", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Dir = t.TempDir()
			write(t, o.Dir, flip(s))
		}, ErrDamaged, "train-images.idx3-ubyte: not the file of mnist"},
		{"auto, damaged in the environment's directory", "auto", func(t *testing.T, s, _ *tinySet, o *Options) {
			dir := t.TempDir()
			o.Env = env(EnvDir, dir)
			write(t, dir, flip(s))
		}, ErrDamaged, "train-images.idx3-ubyte: not the file of mnist"},
		{"auto, damaged in the cache and no network", "auto", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Client = brokenNetwork()
			write(t, filepath.Join(o.CacheDir, "mnist"), cut(s.zippedFiles(), "t10k-images-idx3-ubyte.gz"))
		}, ErrDamaged, "t10k-images-idx3-ubyte.gz"},
		{"auto, damaged in the cache and offline", "auto", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Offline = true
			write(t, filepath.Join(o.CacheDir, "mnist"), cut(s.zippedFiles(), "t10k-images-idx3-ubyte.gz"))
		}, ErrDamaged, "t10k-images-idx3-ubyte.gz"},
		{"another set's files", "mnist", func(t *testing.T, _, other *tinySet, o *Options) {
			o.Dir = t.TempDir()
			write(t, o.Dir, other.zippedFiles())
		}, ErrDamaged, "this is the file of other, not of mnist"},
		{"labels missing", "mnist", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Dir = t.TempDir()
			files := s.zippedFiles()
			delete(files, "t10k-labels-idx1-ubyte.gz")
			write(t, o.Dir, files)
		}, ErrMissing, "no file t10k-labels-idx1-ubyte"},
		{"no network", "mnist", func(t *testing.T, _, _ *tinySet, o *Options) {
			o.Client = brokenNetwork()
		}, ErrMissing, "network is unreachable"},
		{"offline", "mnist", func(t *testing.T, _, _ *tinySet, o *Options) {
			o.Offline = true
		}, ErrMissing, "downloads are off"},
		{"offline by the environment", "mnist", func(t *testing.T, _, _ *tinySet, o *Options) {
			o.Env = env(EnvOffline, "1")
		}, ErrMissing, "downloads are off"},
		{"more images than the catalogue says", "mnist", func(t *testing.T, s, _ *tinySet, o *Options) {
			o.Dir = t.TempDir()
			files := s.zippedFiles()
			files["train-images-idx3-ubyte.gz"] = zipped(t, imagesFile(tinyTrain+1, tinyHeight, tinyWidth, make([]byte, (tinyTrain+1)*tinyHeight*tinyWidth)))
			write(t, o.Dir, files)
		}, ErrDamaged, "more than the limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, other, o := world(t)
			o.Name = tt.ask
			if tt.place != nil {
				tt.place(t, s, other, &o)
			}
			got, err := Load(context.Background(), o)
			if !errors.Is(err, tt.kind) || got != nil {
				t.Fatalf("set %v, error %v; want no set and %v", got, err, tt.kind)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
			if hintOf(err) == "" {
				t.Error("no hint")
			}
		})
	}
}

// A larger set of the user's own where a catalogue set is looked for is refused with
// the way to use it.
func TestHintForAnOwnSet(t *testing.T) {
	_, _, o := world(t)
	dir := t.TempDir()
	write(t, dir, map[string][]byte{
		trainImages.stem(): imagesFile(2*tinyTrain, tinyHeight, tinyWidth, make([]byte, 2*tinyTrain*tinyHeight*tinyWidth)),
		testImages.stem():  imagesFile(1, tinyHeight, tinyWidth, make([]byte, tinyHeight*tinyWidth)),
	})
	o.Name, o.Env = "auto", env(EnvDir, dir)
	_, err := Load(context.Background(), o)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(hintOf(err), "--dataset "+dir) {
		t.Errorf("error %v, hint %q", err, hintOf(err))
	}
	o.Name = dir
	if got, err := Load(context.Background(), o); err != nil || got.Train.Count != 2*tinyTrain {
		t.Errorf("by the hint: set %v, error %v", got, err)
	}
	if got := asDirectoryName("digits"); !looksLikePath(got) {
		t.Errorf("%q is not taken for a directory", got)
	}
}

func TestAutoSubstitutes(t *testing.T) {
	_, _, o := world(t)
	o.Name, o.Client = "auto", brokenNetwork()
	got, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "strokes" || !got.Substitute || got.Train.Count != 30 || got.Test.Count != 20 {
		t.Errorf("got %s, substitute %v, %d and %d images", got.Name, got.Substitute, got.Train.Count, got.Test.Count)
	}
	for _, want := range []string{"NOT MNIST", "network is unreachable", "strokes", "vaectl data get mnist", "--data-dir"} {
		if !strings.Contains(got.Warning, want) {
			t.Errorf("the warning does not say %q: %s", want, got.Warning)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(o.CacheDir, "mnist")); len(left) != 0 {
		t.Errorf("left in the cache: %v", left)
	}
}

func TestAutoSubstitutesWithoutACache(t *testing.T) {
	_, _, o := world(t)
	file := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(file), map[string][]byte{"file": nil})
	o.Name, o.CacheDir = "auto", filepath.Join(file, "cache")
	got, err := Load(context.Background(), o)
	if err != nil || !got.Substitute {
		t.Errorf("set %v, error %v; want a substitute", got, err)
	}
}

func TestStrokes(t *testing.T) {
	_, _, o := world(t)
	o.Name = "strokes"
	a, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Workers = 3
	b, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if a.Substitute || a.Warning != "" || a.Source != "built-in" || !a.Verified || len(a.Train.Labels) != 30 {
		t.Errorf("got %+v", a.Info())
	}
	if a.Digest != b.Digest || a.Digest == "" {
		t.Errorf("digests %s and %s of the same images", a.Digest, b.Digest)
	}
	if bytes.Equal(a.Train.Image(0), a.Test.Image(0)) {
		t.Error("test images are training images")
	}
}

func TestBuiltinDigestIsThatOfFiles(t *testing.T) {
	_, _, o := world(t)
	o.Name = "strokes"
	a, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, dir, map[string][]byte{
		trainImages.stem(): imagesFile(a.Train.Count, a.Train.Height, a.Train.Width, a.Train.Bytes),
		trainLabels.stem(): labelFile(a.Train.Labels),
		testImages.stem():  imagesFile(a.Test.Count, a.Test.Height, a.Test.Width, a.Test.Bytes),
		testLabels.stem():  labelFile(a.Test.Labels),
	})
	o.Name = dir
	b, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if a.Digest != b.Digest {
		t.Errorf("digest %s, but %s from files", a.Digest, b.Digest)
	}
}

func TestDirectoryAsName(t *testing.T) {
	s, _, o := world(t)
	o.Name = filepath.Join(t.TempDir(), "my digits")
	write(t, o.Name, s.zippedFiles())
	got, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkIs(t, got, s)
	if got.Name != "my digits" || !got.Verified {
		t.Errorf("got %q, verified %v; want it known by its content, under the directory's name", got.Name, got.Verified)
	}
}

func TestExistingDirectoryAsName(t *testing.T) {
	s, _, o := world(t)
	t.Chdir(t.TempDir())
	write(t, "digits", s.plainFiles())
	o.Name = "digits"
	if got, err := Load(context.Background(), o); err != nil || got.Name != "digits" {
		t.Errorf("set %v, error %v", got, err)
	}
	t.Chdir("digits")
	o.Name = "./"
	if got, err := Load(context.Background(), o); err != nil || got.Name != "digits" {
		t.Errorf("from within: set %v, error %v", got, err)
	}
}

// ownFiles is a set of another shape than any in the catalogue, without labels.
func ownFiles() map[string][]byte {
	return map[string][]byte{
		trainImages.stem(): imagesFile(6, 3, 2, ramp(36)),
		testImages.stem():  imagesFile(2, 3, 2, ramp(12)),
	}
}

func TestOwnSetWithoutLabels(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "own")
	write(t, dir, ownFiles())
	for name, set := range map[string]func(o *Options){
		"by name":                     func(o *Options) { o.Name = dir },
		"by data directory, for auto": func(o *Options) { o.Name, o.Dir = "auto", dir },
	} {
		_, _, o := world(t)
		set(&o)
		got, err := Load(context.Background(), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Name != "own" || got.Verified || got.Train.Labels != nil || got.Train.Count != 6 || got.Test.Values() != 6 {
			t.Errorf("%s: got %+v", name, got.Info())
		}
		if want := hexSHA256(slices.Concat(ownFiles()[trainImages.stem()], ownFiles()[testImages.stem()])); got.Digest != want {
			t.Errorf("%s: digest %s, want %s", name, got.Digest, want)
		}
	}
}

func TestDirectoryErrors(t *testing.T) {
	tests := []struct {
		name string
		with map[string][]byte
		kind error
		want string
	}{
		{"fewer labels", map[string][]byte{trainLabels.stem(): labelsFile(ramp(5))}, ErrDamaged, "has 6 images, but"},
		{"more test labels", map[string][]byte{testLabels.stem(): labelsFile(ramp(3))}, ErrDamaged, "has 3 labels"},
		{"two sizes", map[string][]byte{testImages.stem(): imagesFile(2, 2, 3, ramp(12))}, ErrDamaged, "images are 3x2, but those of"},
		{"labels as images", map[string][]byte{testImages.stem(): labelsFile(ramp(3))}, ErrDamaged, "holds labels, not images"},
		{"images as labels", map[string][]byte{testLabels.stem(): imagesFile(2, 3, 2, ramp(12))}, ErrDamaged, "holds images, not labels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := ownFiles()
			for name, b := range tt.with {
				files[name] = b
				if b == nil {
					delete(files, name)
				}
			}
			dir := t.TempDir()
			write(t, dir, files)
			_, err := Load(context.Background(), Options{Name: dir, Env: noEnv})
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("error %v; want %v, %q and the path", err, tt.kind, tt.want)
			}
		})
	}
}

func TestUnreadableFileIsMissing(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := t.TempDir()
	write(t, dir, ownFiles())
	if err := os.Chmod(filepath.Join(dir, testImages.stem()), 0); err != nil {
		t.Fatal(err)
	}
	_, err := Load(context.Background(), Options{Name: dir, Env: noEnv})
	if !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), testImages.stem()) {
		t.Errorf("error %v, want ErrMissing and the file", err)
	}
}

// Where only archives' hashes are known, an archive is preferred to a plain file,
// for it can be checked.
func TestArchiveHashDecidesWhenItIsAllThatIsKnown(t *testing.T) {
	s, _, o := world(t)
	s.archivesOnly()
	o.Name, o.Dir, o.Entries = "mnist", t.TempDir(), []Entry{s.entry}
	write(t, o.Dir, s.zippedFiles())
	write(t, o.Dir, map[string][]byte{trainImages.stem(): s.plain[trainImages]})
	got, err := Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkIs(t, got, s)
	if !got.Verified || !strings.HasSuffix(got.Files[0].Path, ".gz") {
		t.Errorf("verified %v from %s, want the archive", got.Verified, got.Files[0].Path)
	}

	if err := os.Remove(filepath.Join(o.Dir, trainImages.stem()+".gz")); err != nil {
		t.Fatal(err)
	}
	got, err = Load(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	checkIs(t, got, s)
	if got.Verified || got.Files[0].Verified || !got.Files[1].Verified {
		t.Errorf("a plain file of unknown content passes for verified: %+v", got.Files)
	}

	write(t, o.Dir, map[string][]byte{trainImages.stem(): imagesFile(1, 2, 3, ramp(6)), trainLabels.stem() + ".gz": zipped(t, labelsFile(ramp(1)))})
	if got, err = Load(context.Background(), o); !errors.Is(err, ErrDamaged) {
		t.Errorf("set %v, error %v for files of another set", got, err)
	}
}

func TestPlainFileOfWrongShape(t *testing.T) {
	s, _, o := world(t)
	s.archivesOnly()
	o.Name, o.Dir, o.Entries = "mnist", t.TempDir(), []Entry{s.entry}
	files := s.plainFiles()
	files[testImages.dottedStem()] = imagesFile(tinyTest-1, tinyHeight, tinyWidth, make([]byte, (tinyTest-1)*tinyHeight*tinyWidth))
	files[testLabels.dottedStem()] = labelsFile(make([]byte, tinyTest-1))
	write(t, o.Dir, files)
	_, err := Load(context.Background(), o)
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "has 9 images, but mnist has 10") {
		t.Errorf("error %v", err)
	}
}

func TestLoadStopsWithItsContext(t *testing.T) {
	s, _, o := world(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	write(t, filepath.Join(o.CacheDir, "mnist"), s.zippedFiles())
	for _, name := range []string{"auto", "mnist", "strokes", filepath.Join(o.CacheDir, "mnist")} {
		o.Name = name
		if got, err := Load(ctx, o); !errors.Is(err, context.Canceled) || got != nil {
			t.Errorf("%s: set %v, error %v; want context.Canceled", name, got, err)
		}
	}
}

func TestOfflineNeverDownloads(t *testing.T) {
	s, _, o := world(t)
	o.Name = "mnist"
	if _, err := loadOffline(o); !errors.Is(err, ErrMissing) {
		t.Errorf("error %v, want ErrMissing", err)
	}
	write(t, filepath.Join(o.CacheDir, "mnist"), s.zippedFiles())
	got, err := loadOffline(o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Train.Count != tinyTrain || got.Digest != s.digest() || len(got.Files) != 4 || got.Files[3].SHA256 != hexSHA256(s.plain[3]) {
		t.Errorf("got %+v", got)
	}
}

func TestLocate(t *testing.T) {
	s, _, o := world(t)
	if dir, ok := Locate("mnist", o); ok {
		t.Errorf("found in %s before it was there", dir)
	}
	dir := filepath.Join(o.CacheDir, "mnist")
	write(t, dir, s.zippedFiles())
	if got, ok := Locate("mnist", o); !ok || got != dir {
		t.Errorf("found %v in %s, want %s", ok, got, dir)
	}
	// The names of the files are those of every set of this kind.
	o.Dir = dir
	if dir, ok := Locate("other", o); ok {
		t.Errorf("the other set is found in %s, which holds mnist", dir)
	}
	if err := os.Remove(filepath.Join(dir, testLabels.stem()+".gz")); err != nil {
		t.Fatal(err)
	}
	if dir, ok := Locate("mnist", o); ok {
		t.Errorf("found in %s with a file missing", dir)
	}
	if dir, ok := Locate("no such", o); ok {
		t.Errorf("unknown set found in %s", dir)
	}
}

func BenchmarkLoadRealMNIST(b *testing.B) {
	dir := os.Getenv("VAECTL_TEST_MNIST")
	if dir == "" {
		b.Skip("VAECTL_TEST_MNIST does not name a directory with MNIST's four files")
	}
	for b.Loop() {
		if _, err := Load(context.Background(), Options{Name: "mnist", Dir: dir, Env: noEnv}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestRealMNIST reads the real files, if the environment says where they are.
func TestRealMNIST(t *testing.T) {
	dir := os.Getenv("VAECTL_TEST_MNIST")
	if dir == "" {
		t.Skip("VAECTL_TEST_MNIST does not name a directory with MNIST's four files")
	}
	got, err := Load(context.Background(), Options{Name: "mnist", Dir: dir, Env: noEnv})
	if err != nil {
		t.Fatal(err)
	}
	info := got.Info()
	if !got.Verified || info.Train.Count != 60000 || info.Test.Count != 10000 || info.Train.Width != 28 {
		t.Errorf("got %+v", info)
	}
	if want := []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}; !slices.Equal(info.Train.ClassCounts, want) {
		t.Errorf("digits in the training set: %v, want %v", info.Train.ClassCounts, want)
	}
	if mean := info.Train.MeanPixel; mean < 0.1306 || mean > 0.1308 {
		t.Errorf("mean pixel %v, want 0.1307", mean)
	}
	// zcat of the four files, in order, through sha256sum.
	if want := "b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a"; got.Digest != want {
		t.Errorf("digest %s, want %s", got.Digest, want)
	}
}

// loadOffline loads what is on this machine.
func loadOffline(o Options) (Info, error) {
	o.Offline = true
	s, err := Load(context.Background(), o)
	if err != nil {
		return Info{}, err
	}
	return s.Info(), nil
}
