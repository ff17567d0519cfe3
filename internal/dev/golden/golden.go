// Package golden compares pictures with those kept in files, for tests.
package golden

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"testing"
)

// update is the variable of the environment that asks for new files:
// UPDATE_GOLDEN=1 go test ./internal/...
const update = "UPDATE_GOLDEN"

// hair is how far two channels of 255 may lie apart: fonts and lines may be
// rounded differently on another processor.
const hair = 8

// Check compares the picture with the PNG file at path. At most the given share
// of the pixels, 0 to 1, may differ by more than a hair.
func Check(t *testing.T, path string, got image.Image, share float64) {
	t.Helper()
	if os.Getenv(update) != "" {
		var b bytes.Buffer
		if err := png.Encode(&b, got); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	want, err := png.Decode(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if want.Bounds() != got.Bounds() {
		t.Fatalf("%s: picture of %v, want %v", path, got.Bounds(), want.Bounds())
	}
	if d := Differing(got, want); d > share {
		t.Errorf("%s: %.2f %% of the pixels differ, at most %.2f %% may", path, 100*d, 100*share)
	}
}

// Differing is the share of pixels, 0 to 1, in which two pictures of one size
// differ by more than a hair.
func Differing(a, b image.Image) float64 {
	bounds, different := a.Bounds(), 0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			r0, g0, b0, _ := a.At(x, y).RGBA()
			r1, g1, b1, _ := b.At(x, y).RGBA()
			if max(apart(r0, r1), apart(g0, g1), apart(b0, b1)) > hair<<8|hair {
				different++
			}
		}
	}
	return float64(different) / float64(bounds.Dx()*bounds.Dy())
}

func apart(a, b uint32) uint32 { return max(a, b) - min(a, b) }
