package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
)

// encoded is a PNG of img.
func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// painted is img with a colour for each of its 2 rows of 3 pixels.
func painted[I interface {
	image.Image
	Set(x, y int, c color.Color)
}](img I, rows ...color.Color) I {
	for y, c := range rows {
		for x := range 3 {
			img.Set(x, y, c)
		}
	}
	return img
}

func TestDecodeGrey(t *testing.T) {
	size := image.Rect(0, 0, 3, 2)
	grey := []color.Color{color.Gray{Y: 10}, color.Gray{Y: 200}}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, painted(image.NewGray(size), color.Gray{Y: 10}, color.Gray{Y: 10}), &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	want := []byte{10, 10, 10, 200, 200, 200}
	for name, c := range map[string]struct {
		file []byte
		want []byte
	}{
		"grey":           {encoded(t, painted(image.NewGray(size), grey...)), want},
		"grey, 16 bits":  {encoded(t, painted(image.NewGray16(size), grey...)), want},
		"grey in colour": {encoded(t, painted(image.NewRGBA(size), grey...)), want},
		"a palette":      {encoded(t, painted(image.NewPaletted(size, grey), grey...)), want},
		"JPEG":           {photo.Bytes(), []byte{10, 10, 10, 10, 10, 10}},
	} {
		got, err := DecodeGrey(bytes.NewReader(c.file), 2, 3)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	whole := encoded(t, painted(image.NewGray(size), grey...))
	for name, c := range map[string]struct {
		file          []byte
		height, width int
		want          string
	}{
		"another size": {whole, 3, 2, "2x3 pixels, the model reads 3x2"},
		"red":          {encoded(t, painted(image.NewRGBA(size), grey[0], color.RGBA{R: 200, A: 255})), 2, 3, "coloured at column 0 of row 1"},
		"transparent":  {encoded(t, painted(image.NewNRGBA(size), grey[0], color.NRGBA{R: 5, G: 5, B: 5, A: 7})), 2, 3, "transparent at column 0 of row 1"},
		"cut off":      {whole[:len(whole)-20], 2, 3, ""},
		"no image":     {[]byte("P2 3 2 255"), 2, 3, "unknown format"},
		"nothing":      {nil, 2, 3, ""},
	} {
		if _, err := DecodeGrey(bytes.NewReader(c.file), c.height, c.width); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func FuzzDecodeGrey(f *testing.F) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	b.Reset()
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		if pixels, err := DecodeGrey(bytes.NewReader(file), 2, 3); err == nil && len(pixels) != 6 {
			t.Fatalf("%d pixels of a 2x3 image", len(pixels))
		}
	})
}
