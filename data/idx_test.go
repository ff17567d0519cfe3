package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// idxFile writes an IDX file by the format's definition.
func idxFile(kind byte, dims []uint32, body []byte) []byte {
	b := []byte{0, 0, kind, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, body...)
}

func imagesFile(count, height, width int, pixels []byte) []byte {
	return idxFile(8, []uint32{uint32(count), uint32(height), uint32(width)}, pixels)
}

func labelsFile(labels []byte) []byte { return idxFile(8, []uint32{uint32(len(labels))}, labels) }

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func TestReadImages(t *testing.T) {
	// More than two chunks, so that growing is seen as well.
	for _, shape := range [][3]int{{1, 1, 1}, {2, 3, 5}, {3, 1, 4}, {5, 800, 700}} {
		pixels := ramp(shape[0] * shape[1] * shape[2])
		file := imagesFile(shape[0], shape[1], shape[2], pixels)
		want := Split{Count: shape[0], Shape: Shape{Height: shape[1], Width: shape[2], Channels: 1}}
		for kind, b := range map[string][]byte{"plain": file, "zipped": zipped(t, file)} {
			got, err := imagesIn(bytes.NewReader(b), "f", 0)
			if err != nil {
				t.Fatalf("%v %s: %v", shape, kind, err)
			}
			if !bytes.Equal(got.Bytes, pixels) {
				t.Errorf("%v %s: other pixels", shape, kind)
			}
			got.Bytes = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v %s: %s", shape, kind, diff)
			}
		}
	}
}

func TestReadLabels(t *testing.T) {
	want := []byte{3, 0, 255, 9}
	for _, b := range [][]byte{labelsFile(want), zipped(t, labelsFile(want))} {
		got, err := labelsIn(iotest.OneByteReader(bytes.NewReader(b)), "f", 0)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
}

func TestSplitImage(t *testing.T) {
	s, err := imagesIn(bytes.NewReader(imagesFile(3, 2, 2, ramp(12))), "f", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.Image(1), ramp(12)[4:8]; !bytes.Equal(got, want) || cap(got) != s.Values() {
		t.Errorf("image 1 is %v with capacity %d, want %v with 4", got, cap(got), want)
	}
}

func TestDamagedIDX(t *testing.T) {
	images := imagesFile(2, 2, 2, ramp(8))
	labels := labelsFile([]byte{1, 2})
	tests := []struct {
		name   string
		file   []byte
		labels bool
		limit  int64
		want   string
	}{
		{name: "empty", file: nil, want: "the file is empty"},
		{name: "one byte", file: []byte{0}, want: "the header ends after 1 of 4 bytes"},
		{name: "one byte of gzip", file: []byte{0x1f}, want: "the header ends after 1 of 4 bytes"},
		{name: "header cut", file: images[:15], want: "the header ends after 15 of 16 bytes"},
		{name: "body cut", file: images[:20], want: "the data ends after 4 of 8 bytes"},
		{name: "no body", file: images[:16], want: "the data ends after 0 of 8 bytes"},
		{name: "trailing byte", file: append(bytes.Clone(images), 0), want: "bytes after the 8 values"},
		{name: "trailing byte, zipped", file: zipped(t, append(bytes.Clone(images), 0)), want: "bytes after the 8 values"},
		{name: "trailing bytes behind gzip", file: append(zipped(t, images), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), want: "damaged gzip archive"},
		{name: "labels for images", file: labels, want: "holds labels, not images"},
		{name: "images for labels", file: images, labels: true, want: "holds images, not labels"},
		{name: "two dimensions", file: idxFile(8, []uint32{2, 2}, ramp(4)), want: "has 2 dimensions, want 3"},
		{name: "four dimensions", file: idxFile(8, []uint32{1, 1, 1, 1}, ramp(1)), want: "has 4 dimensions, want 3"},
		{name: "signed", file: idxFile(9, []uint32{1, 1, 1}, ramp(1)), want: "signed bytes (type 0x09)"},
		{name: "float32", file: idxFile(0x0d, []uint32{1, 1, 1}, ramp(4)), want: "float32 values"},
		{name: "unknown type", file: idxFile(0x42, []uint32{1, 1, 1}, ramp(4)), want: "unknown type 0x42"},
		{name: "magic", file: []byte("PNG\x03aaaaaaaaaaaa"), want: "begins with 50 4e 47 03, want 00 00 08 03"},
		{name: "web page", file: []byte("<html>404</html>"), want: "looks like a web page"},
		{name: "little endian", file: append([]byte{3, 8, 0, 0}, images[4:]...), want: "begins with 03 08 00 00"},
		{name: "zero images", file: imagesFile(0, 28, 28, nil), want: "declares zero images"},
		{name: "zero labels", file: labelsFile(nil), labels: true, want: "declares zero labels"},
		{name: "zero height", file: imagesFile(1, 0, 28, nil), want: "images of 0x28 pixels"},
		{name: "zero width", file: imagesFile(1, 28, 0, nil), want: "images of 28x0 pixels"},
		{name: "overflow of 64 bits", file: idxFile(8, []uint32{1 << 31, 1 << 31, 1 << 31}, nil), want: "more than the limit"},
		{name: "overflow to a small product", file: idxFile(8, []uint32{1 << 31, 1 << 31, 4}, nil), want: "more than the limit"},
		{name: "largest", file: idxFile(8, []uint32{1<<32 - 1, 1<<32 - 1, 1<<32 - 1}, nil), want: "4294967295x4294967295x4294967295 values"},
		{name: "above the limit", file: images, limit: 7, want: "declares 2x2x2 values, more than the limit of 7 bytes"},
		{name: "zipped nonsense", file: zipped(t, []byte("nonsense")), want: "not an IDX file"},
		{name: "zipped nothing", file: zipped(t, nil), want: "truncated"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var err error
			if tt.labels {
				_, err = labelsIn(bytes.NewReader(tt.file), "dir/the-file", tt.limit)
			} else {
				_, err = imagesIn(bytes.NewReader(tt.file), "dir/the-file", tt.limit)
			}
			if !errors.Is(err, ErrDamaged) {
				t.Fatalf("error %v, want ErrDamaged", err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "dir/the-file: ") {
				t.Errorf("error %q, want the file's name and %q", err, tt.want)
			}
			if hintOf(err) == "" {
				t.Error("no hint")
			}
		})
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if !errors.As(err, &h) {
		return ""
	}
	return h.Hint()
}

func TestLimitAllowsExactSize(t *testing.T) {
	if _, err := imagesIn(bytes.NewReader(imagesFile(2, 2, 2, ramp(8))), "f", 8); err != nil {
		t.Error(err)
	}
}

func TestTruncatedAnywhere(t *testing.T) {
	file := imagesFile(3, 4, 5, ramp(60))
	for kind, b := range map[string][]byte{"plain": file, "zipped": zipped(t, file)} {
		for n := range len(b) {
			_, err := imagesIn(bytes.NewReader(b[:n]), "f", 0)
			if !errors.Is(err, ErrDamaged) {
				t.Errorf("%s, first %d of %d bytes: error %v, want ErrDamaged", kind, n, len(b), err)
			}
		}
	}
}

func TestFlippedBitsInGzip(t *testing.T) {
	pixels := ramp(60)
	b := zipped(t, imagesFile(3, 4, 5, pixels))
	for i := range b {
		for bit := range 8 {
			bad := bytes.Clone(b)
			bad[i] ^= 1 << bit
			got, err := imagesIn(bytes.NewReader(bad), "f", 0)
			// The header has bytes that mean nothing; a flip there may go unnoticed, but
			// never changes a pixel.
			if err == nil && !bytes.Equal(got.Bytes, pixels) {
				t.Errorf("bit %d of byte %d flipped: other pixels and no error", bit, i)
			}
			if err != nil && !errors.Is(err, ErrDamaged) {
				t.Errorf("bit %d of byte %d flipped: error %v, want ErrDamaged", bit, i, err)
			}
		}
	}
}

func TestFailureToReadIsNotDamage(t *testing.T) {
	cause := errors.New("disk on fire")
	file := imagesFile(2, 2, 2, ramp(8))
	for n := range len(file) + 1 {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(cause))
		_, err := imagesIn(r, "the-file", 0)
		if !errors.Is(err, cause) || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "the-file") {
			t.Errorf("after %d bytes: error %v, want the cause, the file and not ErrDamaged", n, err)
		}
	}
}

func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestMemoryFollowsWhatArrives(t *testing.T) {
	promise := imagesFile(1<<21, 28, 28, nil) // 1.6 GB that never come
	bytesUsed := allocatedBy(func() {
		if _, err := imagesIn(bytes.NewReader(promise), "f", 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("error %v, want ErrDamaged", err)
		}
	})
	if bytesUsed > 4<<20 {
		t.Errorf("%d bytes allocated for a file of %d", bytesUsed, len(promise))
	}
}

func TestGzipBomb(t *testing.T) {
	bomb := zipped(t, append(imagesFile(1, 4, 4, nil), make([]byte, 64<<20)...))
	bytesUsed := allocatedBy(func() {
		if _, err := imagesIn(bytes.NewReader(bomb), "f", 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("error %v, want ErrDamaged", err)
		}
	})
	if bytesUsed > 4<<20 {
		t.Errorf("%d bytes allocated for 16 pixels", bytesUsed)
	}
}

func TestAnyShapeReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		count, height, width := rapid.IntRange(1, 9).Draw(rt, "count"), rapid.IntRange(1, 40).Draw(rt, "height"), rapid.IntRange(1, 40).Draw(rt, "width")
		n := count * height * width
		pixels := rapid.SliceOfN(rapid.Byte(), n, n).Draw(rt, "pixels")
		file := append(imageHeader(count, Shape{Height: height, Width: width, Channels: 1}), pixels...)
		if !bytes.Equal(file, imagesFile(count, height, width, pixels)) {
			rt.Fatal("the header that digests are made of is not IDX's")
		}
		got, err := imagesIn(bytes.NewReader(file), "f", 0)
		if err != nil || got.Count != count || got.Height != height || got.Width != width || !bytes.Equal(got.Bytes, pixels) {
			rt.Fatalf("read back %d images of %dx%d, error %v", got.Count, got.Height, got.Width, err)
		}
	})
}

func FuzzIDX(f *testing.F) {
	images, labels := imagesFile(2, 3, 2, ramp(12)), labelsFile([]byte{1, 0, 7})
	for _, b := range [][]byte{images, labels} {
		f.Add(b)
		f.Add(zipped(f, b))
		f.Add(b[:len(b)-1])
		f.Add(append(bytes.Clone(b), 1))
	}
	f.Add(idxFile(8, []uint32{1 << 31, 1 << 31, 4}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1 << 20
		plain := len(b) < 2 || b[0] != 0x1f || b[1] != 0x8b
		if s, err := imagesIn(bytes.NewReader(b), "f", limit); err == nil {
			again := append(imageHeader(s.Count, s.Shape), s.Bytes...)
			if plain && !bytes.Equal(again, b) {
				t.Error("what was read is not what the file says")
			}
			if len(s.Bytes) != s.Count*s.Values() || len(s.Bytes) == 0 || len(s.Bytes) > limit {
				t.Errorf("%d pixels for %d images of %dx%d", len(s.Bytes), s.Count, s.Height, s.Width)
			}
		} else if !errors.Is(err, ErrDamaged) {
			t.Errorf("error %v, want ErrDamaged", err)
		}
		if l, err := labelsIn(bytes.NewReader(b), "f", limit); err == nil {
			if plain && !bytes.Equal(labelFile(toInts(l)), b) {
				t.Error("labels read are not what the file says")
			}
		} else if !errors.Is(err, ErrDamaged) {
			t.Errorf("error %v, want ErrDamaged", err)
		}
	})
}

func TestContextEndsReading(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := contextReader{ctx, bytes.NewReader(imagesFile(2, 2, 2, ramp(8)))}
	if _, err := imagesIn(r, "f", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func BenchmarkReadImages(b *testing.B) {
	file := zipped(b, imagesFile(10000, 28, 28, ramp(10000*28*28)))
	b.SetBytes(10000 * 28 * 28)
	for b.Loop() {
		if _, err := imagesIn(bytes.NewReader(file), "f", 0); err != nil {
			b.Fatal(err)
		}
	}
}

// imagesIn reads a whole IDX file of images, plain or gzip, as [Load] does.
func imagesIn(r io.Reader, name string, maxBytes int64) (Split, error) {
	c, err := openContent(r, name)
	if err != nil {
		return Split{}, err
	}
	return readImages(c, name, maxBytes)
}

// labelsIn is imagesIn for labels.
func labelsIn(r io.Reader, name string, maxBytes int64) ([]byte, error) {
	c, err := openContent(r, name)
	if err != nil {
		return nil, err
	}
	return readLabels(c, name, maxBytes)
}
