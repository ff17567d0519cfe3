package data

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vaectl/internal/format/idx"
	"vaectl/internal/format/npy"
)

// picture is a PNG file in which every pixel tells its place and n.
func picture(t testing.TB, height, width, n int, colour bool) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		v := byte(i*11 + n*37)
		c := color.NRGBA{R: v, G: v, B: v, A: 255}
		if colour {
			c.G, c.B = byte(i*5+n), byte(200-i)
		}
		copy(m.Pix[4*i:], []byte{c.R, c.G, c.B, c.A})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// writeTree writes files into a new folder.
func writeTree(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "own")
	for name, b := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func ownOptions(t testing.TB, path string) Options {
	return Options{Name: path, CacheDir: filepath.Join(t.TempDir(), "cache"), Env: noEnv}
}

func loadOwn(t testing.TB, path string, how Preparation) *Set {
	t.Helper()
	o := ownOptions(t, path)
	o.Preparation = how
	s, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFoldersAreClassesAndSplits(t *testing.T) {
	for name, c := range map[string]struct {
		files                   string
		classes                 []string
		train, validation, test int // 0, 0, 0: by content
	}{
		"pictures alone":     {"a.png b.png c.png", nil, 0, 0, 0},
		"classes":            {"cat/a.png cat/b.png dog/c.png Food & Drink/deep/down/d.png", []string{"Food & Drink", "cat", "dog"}, 0, 0, 0},
		"numbers as classes": {"0/a.png 10/b.png 9/c.png 10/d.png", []string{"0", "9", "10"}, 0, 0, 0},
		"a folder around":    {"all/cat/a.png all/dog/b.png", []string{"cat", "dog"}, 0, 0, 0},
		"one class is none":  {"cat/a.png cat/b.png", nil, 0, 0, 0},
		"beside the classes": {"a.png cat/b.png", []string{".", "cat"}, 0, 0, 0},
		"splits":             {"train/a.png train/b.png test/c.png", nil, 2, 0, 1},
		"splits and classes": {"Train/cat/a.png Train/dog/b.png test/dog/c.png", []string{"cat", "dog"}, 2, 0, 1},
		"three splits":       {"train/a.png train/b.png test/c.png val/d.png", nil, 2, 1, 1},
		"no test images":     {"train/a.png valid/b.png valid/c.png", nil, 1, 0, 2},
		"training alone":     {"train/cat/a.png train/dog/b.png train/cat/c.png", []string{"cat", "dog"}, 0, 0, 0},
		"split in a folder":  {"set/train/images/a.png set/test/images/b.png", nil, 1, 0, 1},
		"hidden files":       {"a.png b.png .c.png __MACOSX/d.png .git/e.png", nil, 0, 0, 0},
		"test is a class":    {"test/a.png exam/b.png", []string{"exam", "test"}, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string][]byte{}
			for i, name := range splitNames(c.files) {
				files[name] = picture(t, 3, 4, i, false)
			}
			s := loadOwn(t, writeTree(t, files), Preparation{})
			if !slices.Equal(s.Classes, c.classes) {
				t.Errorf("classes %q, want %q", s.Classes, c.classes)
			}
			if c.train == 0 {
				visible := 0
				for name := range files {
					if !strings.Contains("/"+name, "/.") && !strings.Contains(name, "__") {
						visible++
					}
				}
				if s.Train.Count+s.Test.Count != visible || s.Train.Count == 0 || s.Test.Count == 0 {
					t.Errorf("%d training and %d test images of %d", s.Train.Count, s.Test.Count, visible)
				}
			} else if s.Train.Count != c.train || s.Validation.Count != c.validation || s.Test.Count != c.test {
				t.Errorf("%d training, %d validation and %d test images, want %d, %d, %d", s.Train.Count, s.Validation.Count, s.Test.Count, c.train, c.validation, c.test)
			}
			if s.Train.Shape != (Shape{3, 4, 1}) {
				t.Errorf("images of %v", s.Train.Shape)
			}
			if (s.Train.Labels == nil) != (c.classes == nil) {
				t.Errorf("labels %v", s.Train.Labels)
			}
		})
	}
}

// splitNames splits at the blanks after an ending.
func splitNames(text string) []string {
	names := strings.Split(text, ".png ")
	for i := range names {
		if !strings.HasSuffix(names[i], ".png") {
			names[i] += ".png"
		}
	}
	return names
}

// same is a little set in one form or another: 12 images of 32x32 pixels in colour,
// in three classes, the last four of them test images.
type same struct {
	pixels [][]byte // HWC
	labels []int
}

const (
	sameCount, sameTrain = 12, 8
	sameSide             = 32
)

func newSame() same {
	var s same
	for i := range sameCount {
		pixels := make([]byte, sameSide*sameSide*3)
		for j := range pixels {
			pixels[j] = byte(j*j*7 + i*31)
		}
		s.pixels, s.labels = append(s.pixels, pixels), []int{0, 0, 0, 1, 1, 1, 2, 2, 0, 1, 2, 2}
	}
	return s
}

// digest is Set.Digest by its definition.
func (s same) digest() string {
	var all []byte
	for _, part := range [][2]int{{0, sameTrain}, {sameTrain, sameCount}} {
		all = idx.Header{Type: idx.UnsignedByte, Dims: []int{part[1] - part[0], sameSide, sameSide, 3}}.Append(all)
		for _, p := range s.pixels[part[0]:part[1]] {
			all = append(all, p...)
		}
		all = idx.Header{Type: idx.UnsignedByte, Dims: []int{part[1] - part[0]}}.Append(all)
		for _, l := range s.labels[part[0]:part[1]] {
			all = append(all, byte(l))
		}
	}
	return hexSHA256(all)
}

// planes are an image's channels one after another.
func planes(hwc []byte) []byte {
	chw := make([]byte, len(hwc))
	return Shape{sameSide, sameSide, 3}.planar(chw, hwc)
}

func array(t testing.TB, typ string, shape []int, numbers ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.WriteHeader(&b, npy.Header{Type: typ, Shape: shape}); err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		b.Write(n)
	}
	return b.Bytes()
}

func (s same) png(t testing.TB, i int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, sameSide, sameSide))
	for p := range sameSide * sameSide {
		copy(m.Pix[4*p:], append(bytes.Clone(s.pixels[i][3*p:3*p+3]), 255))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// forms are the set as files: one to a name, or a whole archive.
func (s same) forms(t testing.TB) map[string]map[string][]byte {
	pictures := map[string][]byte{}
	var bytesOf, planesOf, unit, doubles, cifar [2][]byte
	var labels, wideLabels [2][]byte
	var csv [2]strings.Builder
	for part := range csv {
		csv[part].WriteString("pixel0")
		for j := 1; j < sameSide*sameSide*3; j++ {
			fmt.Fprintf(&csv[part], ",pixel%d", j)
		}
		csv[part].WriteString(",label\n")
	}
	for i, p := range s.pixels {
		part := min(i/sameTrain, 1)
		pictures[fmt.Sprintf("%s/%d/%02d.png", []string{"train", "test"}[part], s.labels[i], i)] = s.png(t, i)
		bytesOf[part] = append(bytesOf[part], p...)
		planesOf[part] = append(planesOf[part], planes(p)...)
		for _, v := range planes(p) {
			fmt.Fprintf(&csv[part], "%d,", v)
			doubles[part] = binary.BigEndian.AppendUint64(doubles[part], math.Float64bits(float64(v)))
		}
		for _, v := range p {
			unit[part] = binary.LittleEndian.AppendUint32(unit[part], math.Float32bits(float32(v)/255))
		}
		fmt.Fprintf(&csv[part], "%d\n", s.labels[i])
		cifar[part] = append(append(cifar[part], byte(s.labels[i])), planes(p)...)
		labels[part] = append(labels[part], byte(s.labels[i]))
		wideLabels[part] = binary.LittleEndian.AppendUint64(wideLabels[part], uint64(s.labels[i]))
	}
	n := [2]int{sameTrain, sameCount - sameTrain}
	hwc := func(part int) []int { return []int{n[part], sameSide, sameSide, 3} }
	chw := func(part int) []int { return []int{n[part], 3, sameSide, sameSide} }
	npz := map[string][]byte{
		"x_train.npy": array(t, "|u1", hwc(0), bytesOf[0]), "y_train.npy": array(t, "<i8", n[:1], wideLabels[0]),
		"x_test.npy": array(t, "|u1", hwc(1), bytesOf[1]), "y_test.npy": array(t, "<i8", n[1:], wideLabels[1]),
	}
	idxFiles := map[string][]byte{}
	for part, stem := range []string{"train", "t10k"} {
		idxFiles[stem+"-images-idx4-ubyte"] = append(idx.Header{Type: idx.UnsignedByte, Dims: hwc(part)}.Append(nil), bytesOf[part]...)
		idxFiles[stem+"-labels-idx1-ubyte"] = append(idx.Header{Type: idx.UnsignedByte, Dims: n[part : part+1]}.Append(nil), labels[part]...)
	}
	return map[string]map[string][]byte{
		"pictures":  pictures,
		"zip":       {"pictures.zip": zipOf(t, pictures, zip.Deflate)},
		"tar":       {"pictures.tar": tarOf(t, pictures)},
		"tgz":       {"pictures.tgz": zipped(t, tarOf(t, pictures))},
		"npy":       npz,
		"npz":       {"set.npz": zipOf(t, npz, zip.Store)},
		"small npz": {"set.npz": zipOf(t, npz, zip.Deflate)},
		"planes": {
			"train_images.npy": array(t, ">f8", chw(0), doubles[0]), "train_labels.npy": array(t, "|u1", []int{n[0], 1}, labels[0]),
			"test_images.npy": array(t, ">f8", chw(1), doubles[1]), "test_labels.npy": array(t, "|u1", []int{n[1], 1}, labels[1]),
		},
		"unit floats": {
			"train.npy": array(t, "<f4", hwc(0), unit[0]), "labels_train.npy": array(t, "|u1", n[:1], labels[0]),
			"test.npy": array(t, "<f4", hwc(1), unit[1]), "labels_test.npy": array(t, "|u1", n[1:], labels[1]),
		},
		"csv":      {"train.csv": []byte(csv[0].String()), "test.csv": []byte(csv[1].String())},
		"csv.gz":   {"train.csv.gz": zipped(t, []byte(csv[0].String())), "test.csv.gz": zipped(t, []byte(csv[1].String()))},
		"idx":      idxFiles,
		"idx.gz":   {"a-train.gz": zipped(t, idxFiles["train-images-idx4-ubyte"]), "b-train.gz": zipped(t, idxFiles["train-labels-idx1-ubyte"]), "a-test": idxFiles["t10k-images-idx4-ubyte"], "b-test": idxFiles["t10k-labels-idx1-ubyte"]},
		"cifar":    {"data_batch_1.bin": cifar[0], "test_batch.bin": cifar[1], "readme.html": []byte("<p>a text</p>")},
		"in a zip": {"set.zip": zipOf(t, map[string][]byte{"data_batch_1.bin": cifar[0], "test_batch.bin": cifar[1]}, zip.Deflate)},
	}
}

func zipOf(t testing.TB, files map[string][]byte, method uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tarOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: "./" + name, Size: int64(len(files[name])), Mode: 0o644, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A set is the same in whatever form it comes.
func TestEveryFormIsTheSameSet(t *testing.T) {
	s := newSame()
	for form, files := range s.forms(t) {
		t.Run(form, func(t *testing.T) {
			dir := writeTree(t, files)
			got := loadOwn(t, dir, Preparation{})
			if got.Digest != s.digest() {
				t.Fatalf("digest %s, want %s: %v, %v, labels %v and %v", got.Digest, s.digest(), got, got.Notes, got.Train.Labels, got.Test.Labels)
			}
			if !bytes.Equal(got.Test.Image(1), s.pixels[sameTrain+1]) || got.Test.Labels[1] != s.labels[sameTrain+1] {
				t.Error("an image is another one")
			}
			if len(files) != 1 {
				return
			}
			for name := range files {
				if got := loadOwn(t, filepath.Join(dir, name), Preparation{}); got.Digest != s.digest() {
					t.Errorf("%s by itself: %v", name, got)
				}
			}
		})
	}
}

// What is written of a set is the same set, too.
func TestImportIsTheSameSet(t *testing.T) {
	s := newSame()
	dir := writeTree(t, s.forms(t)["pictures"])
	o := ownOptions(t, dir)
	out := filepath.Join(t.TempDir(), "prepared")
	if _, err := Import(t.Context(), o, out); err != nil {
		t.Fatal(err)
	}
	if got := loadOwn(t, out, Preparation{}); got.Digest != s.digest() || !slices.Equal(got.Classes, []string{"0", "1", "2"}) || got.Source != out {
		t.Errorf("%v, classes %q", got, got.Classes)
	}
	if _, err := Import(t.Context(), o, out); !errors.Is(err, ErrUnclear) {
		t.Errorf("into a directory that is not empty: %v", err)
	}
	grey := loadOwn(t, out, Preparation{Colour: GreyColour, Height: 8, Width: 16, Fit: Pad})
	if grey.Train.Shape != (Shape{8, 16, 1}) || grey.Train.Count != sameTrain || !slices.Equal(grey.Train.Labels, s.labels[:sameTrain]) {
		t.Errorf("prepared anew: %v", grey)
	}
}

func TestSizes(t *testing.T) {
	dir := writeTree(t, map[string][]byte{
		"a.png": picture(t, 20, 40, 1, true), "b.png": picture(t, 33, 20, 2, true), "c.png": picture(t, 20, 40, 3, true),
	})
	o := ownOptions(t, dir)
	_, err := Load(t.Context(), o)
	if want := "the 3 pictures of " + dir + " have 2 sizes (height x width): 2 are 20x40, 1 are 33x20"; !errors.Is(err, ErrUnclear) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if hint := hintOf(err); !strings.Contains(hint, "--size 16") {
		t.Errorf("hint %q", hint)
	}
	if s := loadOwn(t, dir, Preparation{Height: 12, Width: 16}); s.Train.Shape != (Shape{12, 16, 3}) || len(s.Sizes) != 2 || s.Sizes[0] != (SizeCount{20, 40, 2}) {
		t.Errorf("%v, sizes %v", s, s.Sizes)
	}
}

func TestColourOfASet(t *testing.T) {
	grey := map[string][]byte{"a.png": picture(t, 4, 4, 1, false), "b.png": picture(t, 4, 4, 2, false), "c.png": picture(t, 4, 4, 3, false)}
	mixed := maps.Clone(grey)
	mixed["d.png"] = picture(t, 4, 4, 4, true)
	for name, c := range map[string]struct {
		files    map[string][]byte
		how      Preparation
		channels int
	}{
		"grey": {grey, Preparation{}, 1}, "one in colour": {mixed, Preparation{}, 3},
		"grey wanted": {mixed, Preparation{Colour: GreyColour}, 1}, "colour wanted": {grey, Preparation{Colour: RGBColour}, 3},
	} {
		s := loadOwn(t, writeTree(t, c.files), c.how)
		if s.Train.Channels != c.channels || s.Train.Count+s.Test.Count != len(c.files) {
			t.Errorf("%s: %v", name, s)
		}
		first := s.Train.Image(0)[0]
		inverted := c.how
		inverted.Invert = true
		if got := loadOwn(t, writeTree(t, c.files), inverted).Train.Image(0)[0]; got != 255-first {
			t.Errorf("%s: inverted, %d becomes %d", name, first, got)
		}
	}
	// The three that were written before there was colour are as they were.
	s := loadOwn(t, writeTree(t, mixed), Preparation{})
	for i := range s.Train.Count {
		if image := s.Train.Image(i); s.Train.Index[i] < 3 && image[3] != byte(11+37*(int(s.Train.Index[i])+1)) {
			t.Errorf("image %d begins with %v", s.Train.Index[i], image[:6])
		}
	}
}

func TestBrokenPictures(t *testing.T) {
	whole := picture(t, 4, 4, 1, false)
	dir := writeTree(t, map[string][]byte{"a.png": whole, "b.png": picture(t, 4, 4, 2, false), "c/broken.png": whole[:60], "d.png": picture(t, 4, 4, 3, false)})
	o := ownOptions(t, dir)
	for _, size := range []int{0, 4} {
		o.Preparation.Height, o.Preparation.Width = size, size
		if _, err := Load(t.Context(), o); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "c/broken.png: ") || !strings.Contains(hintOf(err), "--skip-broken") {
			t.Errorf("error %v", err)
		}
	}
	s := loadOwn(t, dir, Preparation{SkipBroken: true})
	if s.Train.Count+s.Test.Count != 3 || s.BrokenCount != 1 || len(s.Broken) != 1 || s.Broken[0].Name != "c/broken.png" {
		t.Errorf("%v, broken %v", s, s.Broken)
	}
}

// The test images of a folder are test images of a larger one.
func TestTestImagesStayTestImages(t *testing.T) {
	files := map[string][]byte{}
	for i := range 60 {
		files[fmt.Sprintf("%02d.png", i)] = picture(t, 4, 4, i*i, true)
	}
	tests := func(files map[string][]byte, share float64) map[string]bool {
		s := loadOwn(t, writeTree(t, files), Preparation{TestShare: share})
		found := map[string]bool{}
		for i := range s.Test.Count {
			found[string(s.Test.Image(i))] = true
		}
		return found
	}
	few := maps.Clone(files)
	for i := range 30 {
		delete(few, fmt.Sprintf("%02d.png", 2*i))
	}
	small, large, larger := tests(few, 0.3), tests(files, 0.3), tests(files, 0.6)
	for _, c := range [][2]map[string]bool{{small, large}, {large, larger}} {
		for image := range c[0] {
			if !c[1][image] {
				t.Error("a test image is one no longer")
			}
		}
	}
	if len(small) == 0 || len(large) <= len(small) || len(larger) <= len(large) {
		t.Errorf("%d, %d and %d test images", len(small), len(large), len(larger))
	}
}

// Training images alone, as a file called train holds them, are divided as those
// that nothing is said of.
func TestTrainingImagesAloneAreDivided(t *testing.T) {
	pixels := make([]byte, 60*4*4)
	for i := range pixels {
		pixels[i] = byte(i * i * i >> 7)
	}
	of := func(name string) *Set {
		return loadOwn(t, writeTree(t, map[string][]byte{name: array(t, "|u1", []int{60, 4, 4}, pixels)}), Preparation{})
	}
	want, got := of("images.npy"), of("train.npy")
	if got.Train.Count != want.Train.Count || got.Train.Count < 40 {
		t.Errorf("%d of 60 images are for training, want the %d of images without a split", got.Train.Count, want.Train.Count)
	}
}

// The second loading reads no picture; a change of the folder is seen.
func TestPreparedSetsAreKept(t *testing.T) {
	dir := writeTree(t, map[string][]byte{"a.png": picture(t, 4, 4, 1, false), "b.png": picture(t, 4, 4, 2, false)})
	o := ownOptions(t, dir)
	reads := 0
	o.Reading = func(Reading) { reads++ }
	load := func() *Set {
		reads = 0
		s, err := Load(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := load()
	if reads == 0 {
		t.Error("nothing was told of the first reading")
	}
	if again := load(); reads != 0 || again.Digest != first.Digest {
		t.Errorf("%d reports of the second loading", reads)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.png"), picture(t, 4, 4, 3, false), 0o644); err != nil {
		t.Fatal(err)
	}
	if more := load(); more.Train.Count+more.Test.Count != 3 {
		t.Errorf("after one more picture: %v", more)
	}
	o.Preparation.Invert = true
	if load(); reads == 0 {
		t.Error("other options are not prepared anew")
	}
	o.Preparation.Invert = false
	prepared, err := filepath.Glob(filepath.Join(o.CacheDir, "prepared", "*", imagesName))
	if err != nil || len(prepared) != 3 {
		t.Fatal(prepared, err)
	}
	for _, path := range prepared {
		if err := os.Truncate(path, 200); err != nil {
			t.Fatal(err)
		}
	}
	if mended := load(); reads == 0 || mended.Train.Count+mended.Test.Count != 3 {
		t.Errorf("after damage to the cache: %v", mended)
	}
}

// Interrupted, it leaves no set, and nothing that keeps the next one from being made.
func TestPreparingIsInterrupted(t *testing.T) {
	files := map[string][]byte{}
	for i := range 40 {
		files[fmt.Sprintf("%02d.png", i)] = picture(t, 4, 4, i, false)
	}
	o := ownOptions(t, writeTree(t, files))
	ctx, cancel := context.WithCancel(t.Context())
	o.Reading = func(r Reading) {
		if r.Stage == "reading pictures" && r.Done == 10 {
			cancel()
		}
	}
	if s, err := Load(ctx, o); !errors.Is(err, context.Canceled) || s != nil {
		t.Fatalf("set %v, error %v", s, err)
	}
	o.Reading = nil
	if s, err := Load(t.Context(), o); err != nil || s.Train.Count+s.Test.Count != 40 {
		t.Errorf("afterwards: %v, %v", s, err)
	}
}

func TestCatalogueSetInAnotherSize(t *testing.T) {
	o := ownOptions(t, "strokes")
	o.BuiltinTrain, o.BuiltinTest = 30, 20
	plain, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Preparation = Preparation{Height: 14, Width: 14, Invert: true}
	s, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "strokes" || s.Train.Shape != (Shape{14, 14, 1}) || s.Train.Count != 30 || s.Test.Count != 20 || !slices.Equal(s.Test.Labels, plain.Test.Labels) || s.Source != "built-in" {
		t.Errorf("%v, labels %v", s, s.Test.Labels)
	}
	if mean := s.Train.MeanPixel() + plain.Train.MeanPixel(); math.Abs(mean-1) > 0.01 {
		t.Errorf("means of an image and its negative add up to %g", mean)
	}
}

func TestHostilePaths(t *testing.T) {
	good := picture(t, 4, 4, 1, false)
	link := func(name, target string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Skip(err)
			}
		}
	}
	outside := filepath.Join(t.TempDir(), "secret.png")
	if err := os.WriteFile(outside, good, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		make  func(t *testing.T, dir string)
		kind  error
		want  string // in the error, or in the notes
	}{
		"an empty folder":       {nil, func(t *testing.T, dir string) { os.MkdirAll(dir, 0o755) }, ErrMissing, "is empty"},
		"texts":                 {map[string][]byte{"a.txt": []byte("a text\n"), "b.txt": []byte("another\n")}, nil, ErrMissing, "it has 2 texts (a.txt)"},
		"an empty file":         {map[string][]byte{"a.png": nil}, nil, ErrMissing, "1 other file"},
		"a path out of a zip":   {map[string][]byte{"a.zip": zipOf(t, map[string][]byte{"../../evil.png": good}, zip.Store)}, nil, ErrDamaged, "../../evil.png, which leads out"},
		"an absolute path":      {map[string][]byte{"a.zip": zipOf(t, map[string][]byte{"/etc/evil.png": good}, zip.Store)}, nil, ErrDamaged, "/etc/evil.png"},
		"a path out of a tar":   {map[string][]byte{"a.tar": tarOf(t, map[string][]byte{"x/../../evil.png": good, "b": good})}, nil, ErrDamaged, "evil.png, which leads out"},
		"backslashes":           {map[string][]byte{"a.zip": zipOf(t, map[string][]byte{`..\evil.png`: good}, zip.Store)}, nil, ErrDamaged, "evil.png, which leads out"},
		"half a zip":            {map[string][]byte{"a.zip": zipOf(t, map[string][]byte{"a.png": good}, zip.Store)[:80]}, nil, ErrDamaged, "a.zip"},
		"half a tar":            {map[string][]byte{"a.tar": tarOf(t, map[string][]byte{"a.png": good, "b.png": good})[:1200]}, nil, ErrDamaged, "a.tar"},
		"half a tgz":            {map[string][]byte{"a.tgz": zipped(t, tarOf(t, map[string][]byte{"a.png": good}))[:100]}, nil, ErrDamaged, "unexpected EOF"},
		"a link out":            {map[string][]byte{"a.png": good, "b.png": picture(t, 4, 4, 2, false)}, link("c.png", outside), nil, "left out: c.png: a link that leads nowhere or out of the folder"},
		"a link to a folder":    {map[string][]byte{"a.png": good, "b.png": picture(t, 4, 4, 2, false)}, link("c", "."), nil, "left out: c: a link to a folder"},
		"a broken link":         {map[string][]byte{"a.png": good, "b.png": picture(t, 4, 4, 2, false)}, link("c.png", "nowhere"), nil, "left out: c.png"},
		"no UTF-8":              {map[string][]byte{"\xff\xfe/a.png": good, "dog/b.png": picture(t, 4, 4, 2, false)}, nil, nil, ""},
		"beside the splits":     {map[string][]byte{"train/a.png": good, "test/b.png": good, "extra/c.png": good}, nil, ErrDamaged, "there is extra/ beside them"},
		"a lone picture":        {map[string][]byte{"a.png": good}, nil, ErrMissing, "has only one image"},
		"a header and no rows":  {map[string][]byte{"a.npy": array(t, "|u1", []int{1 << 40, 4, 4})}, nil, ErrDamaged, "truncated: it ends in row 0"},
		"dimensions overflow":   {map[string][]byte{"a.npy": array(t, "|u1", []int{1, 1 << 40, 1 << 40})}, nil, ErrDamaged, "a.npy"},
		"Python objects":        {map[string][]byte{"a.npy": array(t, "|O", []int{2, 4, 4})}, nil, ErrDamaged, "numbers of type '|O' are not read"},
		"NaN":                   {map[string][]byte{"a.npy": array(t, "<f4", []int{2, 2, 2}, bytes.Repeat([]byte{0, 0, 0xc0, 0x7f}, 8))}, nil, ErrDamaged, "a.npy, row 0: NaN is no pixel"},
		"negative pixels":       {map[string][]byte{"a.npy": array(t, "|i1", []int{1, 2, 2}, []byte{1, 2, 3, 255})}, nil, ErrDamaged, "row 0: a pixel of -1"},
		"too bright":            {map[string][]byte{"a.npy": array(t, "<i4", []int{1, 1, 2}, []byte{0, 0, 1, 0, 255, 0, 0, 0})}, nil, ErrDamaged, "a.npy, row 0: a pixel of 65536"},
		"labels alone":          {map[string][]byte{"y.npy": array(t, "|u1", []int{3}, []byte{1, 2, 3})}, nil, ErrMissing, "y.npy holds labels"},
		"fewer labels":          {map[string][]byte{"x.npy": array(t, "|u1", []int{2, 2, 2}, make([]byte, 8)), "y.npy": array(t, "|u1", []int{3}, []byte{1, 2, 3})}, nil, ErrDamaged, "y.npy has 3 labels, but x.npy has 2 images"},
		"rows that differ":      {map[string][]byte{"a.csv": []byte("1,2,3,4,5,6,7,8,9\n1,2,3\n")}, nil, ErrDamaged, "a.csv, line 2: 3 columns"},
		"a word in a table":     {map[string][]byte{"a.csv": []byte("1,2,3,4,5,6,7,8,9\n1,2,3,4,5,x,7,8,9\n")}, nil, ErrDamaged, `a.csv, line 2, column 6: "x" is not a number`},
		"no square":             {map[string][]byte{"a.csv": []byte("1,2,3,4,5,6,7\n")}, nil, ErrDamaged, "--size HEIGHTxWIDTH"},
		"nothing but a symlink": {nil, func(t *testing.T, dir string) { os.MkdirAll(dir, 0o755); link("a.png", outside)(t, dir) }, ErrMissing, "a.png: a link"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := writeTree(t, c.files)
			if c.make != nil {
				c.make(t, dir)
			}
			s, err := Load(t.Context(), ownOptions(t, dir))
			text := ""
			if err != nil {
				text = err.Error()
			} else {
				text = strings.Join(s.Notes, "\n")
			}
			if !errors.Is(err, c.kind) || !strings.Contains(text, c.want) {
				t.Errorf("error %v, notes %q; want %v and %q", err, text, c.kind, c.want)
			}
		})
	}
}

// An archive can unpack to far more than it is; what is unpacked is looked at as it
// comes and never all in memory.
func TestGzipBombInAFolder(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	zeros := make([]byte, 1<<20)
	for range 64 {
		if _, err := z.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Load(t.Context(), ownOptions(t, writeTree(t, map[string][]byte{"a.gz": b.Bytes()})))
	if !errors.Is(err, ErrMissing) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
