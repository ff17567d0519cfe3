package data

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// tinySet is a data set of a few small images, and the catalogue entry for it.
type tinySet struct {
	// plain and zipped are the files by role.
	plain, zipped [roleCount][]byte
	entry         Entry
}

const (
	tinyTrain, tinyTest   = 40, 10
	tinyHeight, tinyWidth = 12, 11
)

// newTiny makes a set named name; its pixels do not compress, so that archives are
// long enough to be cut, and differ with salt.
func newTiny(t testing.TB, name string, salt byte) *tinySet {
	t.Helper()
	s := &tinySet{entry: Entry{
		Name: name, Title: "tiny " + name, Licence: "free", Home: "https://example.org/" + name, Layout: name + "-torch/raw", Format: FormatIDX, Files: make([]File, roleCount),
		Train: tinyTrain, Test: tinyTest, Shape: Shape{Height: tinyHeight, Width: tinyWidth, Channels: 1},
	}}
	for r := range roleCount {
		body := incompressible(int(s.entry.values(r)), salt+byte(r))
		if r.isLabels() {
			for i := range body {
				body[i] %= 10
			}
			s.plain[r] = labelsFile(body)
		} else {
			s.plain[r] = imagesFile(len(body)/tinyHeight/tinyWidth, tinyHeight, tinyWidth, body)
		}
		s.zipped[r] = zipped(t, s.plain[r])
		s.entry.Files[r] = File{
			Name: r.stem() + ".gz", Size: int64(len(s.zipped[r])),
			SHA256: hexSHA256(s.zipped[r]), ContentSHA256: hexSHA256(s.plain[r]),
		}
	}
	return s
}

// archivesOnly forgets the content hashes.
func (s *tinySet) archivesOnly() *tinySet {
	for r := range s.entry.Files {
		s.entry.Files[r].ContentSHA256 = ""
	}
	return s
}

// digest is Set.Digest by its definition.
func (s *tinySet) digest() string {
	var all []byte
	for _, b := range s.plain {
		all = append(all, b...)
	}
	return hexSHA256(all)
}

func incompressible(n int, seed byte) []byte {
	b := make([]byte, 0, n+sha256.Size)
	state := sha256.Sum256([]byte{seed})
	for len(b) < n {
		b = append(b, state[:]...)
		state = sha256.Sum256(state[:])
	}
	return b[:n]
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// write puts files into dir, made if need be.
func write(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// zippedFiles are the set's archives under their usual names.
func (s *tinySet) zippedFiles() map[string][]byte {
	m := map[string][]byte{}
	for r := range roleCount {
		m[r.stem()+".gz"] = s.zipped[r]
	}
	return m
}

// plainFiles are the set's files under their other names.
func (s *tinySet) plainFiles() map[string][]byte {
	m := map[string][]byte{}
	for r := range roleCount {
		m[r.dottedStem()] = s.plain[r]
	}
	return m
}

// noEnv is an environment without variables.
func noEnv(string) string { return "" }

func TestInfoSumsUp(t *testing.T) {
	s := &Set{Name: "x", Train: Split{
		Count: 3, Shape: Shape{Height: 1, Width: 2, Channels: 1}, Bytes: []byte{0, 255, 51, 0, 0, 0}, Labels: []int{2, 0, 2},
	}, Test: Split{Count: 1, Shape: Shape{Height: 1, Width: 2, Channels: 1}, Bytes: []byte{255, 255}}}
	got := s.Info()
	if want := (255.0 + 51) / 255 / 6; math.Abs(got.Train.MeanPixel-want) > 1e-15 {
		t.Errorf("mean pixel %v, want %v", got.Train.MeanPixel, want)
	}
	if c := got.Train.ClassCounts; len(c) != 3 || c[0] != 1 || c[1] != 0 || c[2] != 2 {
		t.Errorf("class counts %v, want [1 0 2]", c)
	}
	if got.Test.ClassCounts != nil || got.Test.MeanPixel != 1 {
		t.Errorf("without labels: %+v", got.Test)
	}
}
