package data

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestExportIsReadBack(t *testing.T) {
	o := ownOptions(t, "strokes")
	o.BuiltinTrain, o.BuiltinTest = 40, 20
	grey, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	colour := loadOwn(t, writeTree(t, newSame().forms(t)["pictures"]), Preparation{})
	three, err := grey.HoldOut(10)
	if err != nil {
		t.Fatal(err)
	}
	three.Digest = digest(&three.Train, &three.Test, &three.Validation)
	for name, set := range map[string]*Set{"grey": grey, "colour": colour, "three splits": three} {
		for _, format := range Formats() {
			dir := filepath.Join(t.TempDir(), "out")
			if err := set.Export(t.Context(), format, dir, nil); err != nil {
				t.Fatal(err)
			}
			got := loadOwn(t, dir, Preparation{})
			if got.Train.Count != set.Train.Count || got.Validation.Count != set.Validation.Count || got.Test.Count != set.Test.Count || got.Train.Shape != set.Train.Shape {
				t.Errorf("%s as %s: %v", name, format, got)
			}
			if format != PNG && got.Digest != set.Digest {
				t.Errorf("%s as %s: another digest", name, format)
			}
			if format == PNG && !slices.Equal(got.Classes, classNames(set)) {
				t.Errorf("%s as %s: classes %q", name, format, got.Classes)
			}
			if err := set.Export(t.Context(), format, dir, nil); !errors.Is(err, ErrUnclear) {
				t.Errorf("into a directory that is not empty: %v", err)
			}
		}
	}
}

func classNames(s *Set) []string {
	var names []string
	for label := range s.ClassCount() {
		names = append(names, s.ClassName(label))
	}
	return names
}

// Names of classes that are no names of folders.
func TestExportOfOddClasses(t *testing.T) {
	s := loadOwn(t, writeTree(t, newSame().forms(t)["pictures"]), Preparation{})
	s.Classes = []string{"../../out", ".hidden", "a/b"}
	dir := filepath.Join(t.TempDir(), "out")
	if err := s.Export(t.Context(), PNG, dir, nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "train"))
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	if got := loadOwn(t, dir, Preparation{}); got.Train.Count != sameTrain || !slices.Equal(got.Classes, []string{"_._.._out", "_hidden", "a_b"}) {
		t.Errorf("%v, classes %q", got, got.Classes)
	}
}

func TestExamine(t *testing.T) {
	plain, one, two := picture(t, 4, 4, 1, true), picture(t, 4, 4, 2, true), picture(t, 4, 4, 3, true)
	s := loadOwn(t, writeTree(t, map[string][]byte{
		"train/a.png": one, "train/b.png": two, "train/c.png": one, "test/d.png": two, "test/e.png": plain,
	}), Preparation{})
	// An image of one colour cannot be made by picture.
	s.Train.Bytes = slices.Clone(s.Train.Bytes)
	s.Test.Bytes = s.Train.Bytes
	for i := range s.Test.Image(1) {
		s.Test.Image(1)[i] = []byte{1, 2, 3}[i%3]
	}
	f, err := s.Examine(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Copy{{"train/c.png", "train/a.png"}, {"test/d.png", "train/b.png"}}
	if !slices.Equal(f.Copies, want) || f.CopyCount != 2 || f.Leaked != 1 || !slices.Equal(f.Plain, []string{"test/e.png"}) || f.PlainCount != 1 {
		t.Errorf("%+v", f)
	}
	var sum float64
	for i := range s.Train.Count {
		for j := 1; j < 48; j += 3 {
			sum += float64(s.Train.Image(i)[j]) / 255 / 48
		}
	}
	if d := f.Mean[1] - sum; len(f.Mean) != 3 || d > 1e-12 || d < -1e-12 {
		t.Errorf("mean %v, want %g for green", f.Mean, sum)
	}
}
