package tfevents

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

func TestChecksumKnownAnswers(t *testing.T) {
	// CRC-32C of the nine digits is 0xE3069283 (RFC 3720, appendix B.4, gives
	// the polynomial's other test vectors); the mask is computed apart from here.
	if crc := crc32.Checksum([]byte("123456789"), crc32.MakeTable(crc32.Castagnoli)); crc != 0xe3069283 {
		t.Fatalf("CRC-32C %08x", crc)
	}
	for data, want := range map[string]uint32{
		"123456789":                        0xc78ab0e5,
		"":                                 0xa282ead8,
		"\x48\x00\x00\x00\x00\x00\x00\x00": 0x9d4892fe, // as TensorBoard wrote it for 72 bytes
	} {
		if got := maskedCRC([]byte(data)); got != want {
			t.Errorf("maskedCRC(%q) = %08x, want %08x", data, got, want)
		}
	}
}

func TestReadsWhatTensorBoardWrites(t *testing.T) {
	file, err := os.Open(filepath.Join("testdata", "written-by-tensorboard.tfevents"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	events, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(events) == 0 || events[0].FileVersion != fileVersion {
		t.Fatalf("first of %d events has no version %q", len(events), fileVersion)
	}
	want := []Event{
		{WallTime: 1700000003.5, Step: 3, Values: []Value{{Tag: "loss", Plugin: "scalars", Scalar: 1.25}}},
		{WallTime: 1700000004.5, Step: 4, Values: []Value{{Tag: "loss", Plugin: "scalars", Scalar: -0.5}}},
		{WallTime: 1700000004.5, Step: 4, Values: []Value{{
			Tag: "z", Plugin: "histograms", Buckets: []Bucket{{0, 1, 1}, {1, 2, 2}, {2, 3, 0}, {3, 4, 1}},
		}}},
		{WallTime: 1700000004.5, Step: 4, Values: []Value{{
			Tag: "samples", Plugin: "images", Width: 3, Height: 2, Images: [][]byte{[]byte("\x89PNG not really")},
		}}},
	}
	if diff := cmp.Diff(want, events[1:]); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func clock() time.Time {
	return time.Unix(1700000000, 500_000_000)
}

func tinyPNG(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "tiny.png"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// writeSample writes one of everything and returns the file's bytes.
func writeSample(t testing.TB) []byte {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "new", "events"), Options{FirstStep: 5, Host: "host", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(
		w.Scalar(5, "loss/test", 105.25),
		w.Scalar(6, "loss/test", math.NaN()),
		w.Image(6, "samples", tinyPNG(t)),
		w.Histogram(6, "z", []float32{0, 15, 30, float32(math.NaN()), 7.5, float32(math.Inf(1)), 7.5}),
		w.Close(),
	); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(w.Name())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadsBackWhatItWrites(t *testing.T) {
	events, err := Read(bytes.NewReader(writeSample(t)))
	if err != nil {
		t.Fatal(err)
	}
	histogram := Value{Tag: "z", Plugin: "histograms"}
	counts := map[int]float64{0: 1, 7: 2, 15: 1, 29: 1}
	for i := range 30 {
		histogram.Buckets = append(histogram.Buckets, Bucket{Left: float64(i), Right: float64(i + 1), Count: counts[i]})
	}
	const now = 1700000000.5
	want := []Event{
		{WallTime: now, FileVersion: "brain.Event:2"},
		{WallTime: now, Step: 5, SessionStart: true},
		{WallTime: now, Step: 5, Values: []Value{{Tag: "loss/test", Plugin: "scalars", Scalar: 105.25}}},
		{WallTime: now, Step: 6, Values: []Value{{Tag: "loss/test", Plugin: "scalars", Scalar: math.NaN()}}},
		{WallTime: now, Step: 6, Values: []Value{{Tag: "samples", Plugin: "images", Width: 3, Height: 2, Images: [][]byte{tinyPNG(t)}}}},
		{WallTime: now, Step: 6, Values: []Value{histogram}},
	}
	sameNumbers := cmp.Comparer(func(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) })
	if diff := cmp.Diff(want, events, sameNumbers); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// The golden file was opened in TensorBoard 2.21 by both of its loaders, which
// showed its scalars, image and histogram in their tabs.
func TestGolden(t *testing.T) {
	got := writeSample(t)
	path := filepath.Join("testdata", "golden.tfevents")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes written differ from the %d of %s", len(got), len(want), path)
	}
}

func TestFileNamesDoNotCollide(t *testing.T) {
	dir := t.TempDir()
	form := regexp.MustCompile(`^events\.out\.tfevents\.1700000000\.my_host\.\d+\.[01]$`)
	names := map[string]bool{}
	for range 2 {
		w, err := Create(dir, Options{Host: "my/host", Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		name := filepath.Base(w.Name())
		if !form.MatchString(name) {
			t.Errorf("name %q does not match %v", name, form)
		}
		names[name] = true
	}
	if len(names) != 2 {
		t.Errorf("two writers share one file: %v", names)
	}
}

func TestFlushShowsEventsToReaders(t *testing.T) {
	w, err := Create(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, wantEvents := range []int{2, 3} {
		data, err := os.ReadFile(w.Name())
		if err != nil {
			t.Fatal(err)
		}
		events, err := Read(bytes.NewReader(data))
		if err != nil || len(events) != wantEvents {
			t.Fatalf("%d events, error %v; want %d", len(events), err, wantEvents)
		}
		if err := errors.Join(w.Scalar(1, "loss", 1), w.Flush()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	if _, err := Create(filepath.Join(os.DevNull, "events"), Options{}); err == nil {
		t.Error("a directory below a file gave no error")
	}
	w, err := Create(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Image(7, "samples", []byte("GIF89a")); err == nil || !strings.Contains(err.Error(), `image "samples" at step 7`) {
		t.Errorf("a GIF as image: error %v", err)
	}
	if err := w.Scalar(7, "", 1); err == nil {
		t.Error("an empty tag gave no error")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Scalar(7, "loss", 1), w.Flush()); err == nil || !strings.Contains(err.Error(), w.Name()) {
		t.Errorf("a scalar after Close: error %v, want one that names the file", err)
	}
}

func TestBucketsOfOneValueAndOfNone(t *testing.T) {
	same := buckets([]float32{2, 2, 2})
	for i := range bucketCount {
		want := []float64{2, 2, 0}
		if i == bucketCount-1 {
			want[2] = 3
		}
		if diff := cmp.Diff(want, same[3*i:3*i+3]); diff != "" {
			t.Errorf("bucket %d (-want +got):\n%s", i, diff)
		}
	}
	if diff := cmp.Diff(make([]float64, 3*bucketCount), buckets([]float32{float32(math.NaN())})); diff != "" {
		t.Errorf("buckets without finite values (-want +got):\n%s", diff)
	}
	extremes := buckets([]float32{-math.MaxFloat32, math.MaxFloat32, 0})
	if extremes[2] != 1 || extremes[3*15+2] != 1 || extremes[3*bucketCount-1] != 1 {
		t.Errorf("buckets over the whole range of float32: %v", extremes)
	}
}

func TestDamagedFiles(t *testing.T) {
	whole := writeSample(t)
	all, err := Read(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	ends := map[int]bool{}
	for rest := whole; len(rest) > 0; {
		ends[len(whole)-len(rest)] = true
		data, err := readRecord(bytes.NewReader(rest))
		if err != nil {
			t.Fatal(err)
		}
		rest = rest[headerSize+len(data)+footerSize:]
	}
	for cut := range whole {
		events, err := Read(bytes.NewReader(whole[:cut]))
		if ends[cut] {
			if err != nil {
				t.Errorf("cut between records at %d: %v", cut, err)
			}
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut inside a record at %d: error %v", cut, err)
		}
		if len(events) >= len(all) {
			t.Errorf("cut at %d: %d events of %d", cut, len(events), len(all))
		}
		flipped := bytes.Clone(whole)
		flipped[cut] ^= 0x10
		if _, err := Read(bytes.NewReader(flipped)); err == nil {
			t.Errorf("a bit flipped in byte %d of %d was not noticed", cut, len(whole))
		}
	}
}

func TestReadRefusesMisshapenValues(t *testing.T) {
	for name, body := range map[string][]byte{
		"scalar of two numbers":   summary("t", scalarsPlugin, classScalar, doubleTensor([]float64{1, 2}, 2)),
		"histogram of two":        summary("t", histogramsPlugin, classTensor, doubleTensor([]float64{1, 2}, 2)),
		"image without size":      summary("t", imagesPlugin, classBlobSequence, stringTensor([]byte("3"))),
		"image of a wide width":   summary("t", imagesPlugin, classBlobSequence, stringTensor([]byte("wide"), []byte("3"))),
		"half a float":            summary("t", scalarsPlugin, classScalar, appendBytes(tensorHead(typeFloat), tensorFloats, "ab")),
		"numbers without a type":  summary("t", scalarsPlugin, classScalar, appendBytes([]byte(nil), tensorFloats, "abcd")),
		"field beyond the record": protowire.AppendVarint(protowire.AppendTag(nil, eventSummary, protowire.BytesType), 99),
	} {
		record := appendRecord(nil, event(1, 1, body))
		if events, err := Read(bytes.NewReader(record)); err == nil {
			t.Errorf("%s: no error, events %v", name, events)
		}
	}
}

// FuzzParseEvent feeds messages, not files: a fuzzer does not find checksums.
func FuzzParseEvent(f *testing.F) {
	for rest := writeSample(f); len(rest) > 0; {
		data, err := readRecord(bytes.NewReader(rest))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		rest = rest[headerSize+len(data)+footerSize:]
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		direct, err := parseEvent(data)
		framed, framedErr := Read(bytes.NewReader(appendRecord(nil, data)))
		if (err == nil) != (framedErr == nil) {
			t.Fatalf("parsed alone: %v; in a record: %v", err, framedErr)
		}
		if err == nil && (len(framed) != 1 || len(framed[0].Values) != len(direct.Values)) {
			t.Fatalf("one record became %d events", len(framed))
		}
	})
}

func FuzzRead(f *testing.F) {
	whole := writeSample(f)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Fuzz(func(t *testing.T, data []byte) {
		events, err := Read(bytes.NewReader(data))
		if least := headerSize + footerSize; len(events)*least > len(data) {
			t.Fatalf("%d events from %d bytes, error %v", len(events), len(data), err)
		}
	})
}

func BenchmarkHistogram(b *testing.B) {
	w, err := Create(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	values := make([]float32, 200_000)
	for i := range values {
		values[i] = float32(i%977) / 977
	}
	for b.Loop() {
		if err := w.Histogram(1, "z", values); err != nil {
			b.Fatal(err)
		}
	}
}
