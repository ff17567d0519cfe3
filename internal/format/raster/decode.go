package raster

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"
)

// Limits of one picture. Decoding takes 4 to 20 bytes for each pixel, the most for a
// progressive JPEG.
const (
	MaxPixels = 100_000_000
	MaxBytes  = 128 << 20
)

// ErrFormat is the error of a picture that cannot be read.
var ErrFormat = errors.New("unreadable picture")

// Kind is the format of a picture that begins with start, as "png", or "" where it
// is not one that is read. Sixteen bytes are enough.
func Kind(start []byte) string {
	for _, k := range []struct{ kind, magic string }{
		{"png", "\x89PNG\r\n\x1a\n"}, {"jpeg", "\xff\xd8\xff"}, {"gif", "GIF87a"}, {"gif", "GIF89a"},
		{"bmp", "BM????\x00\x00\x00\x00"}, {"tiff", "II*\x00"}, {"tiff", "MM\x00*"}, {"webp", "RIFF????WEBPVP8"},
	} {
		if hasMagic(start, k.magic) {
			return k.kind
		}
	}
	return ""
}

// hasMagic compares with a magic in which ? stands for any byte.
func hasMagic(b []byte, magic string) bool {
	if len(b) < len(magic) {
		return false
	}
	for i, c := range []byte(magic) {
		if c != '?' && c != b[i] {
			return false
		}
	}
	return true
}

// Size reads the dimensions of a picture as [Decode] would return it, that is turned
// as EXIF says. They are within the limits. Of a JPEG it reads no more than it must;
// the other formats may tell their orientation anywhere.
func Size(r io.Reader) (height, width int, err error) {
	buffered := bufio.NewReader(io.LimitReader(r, MaxBytes))
	start, err := buffered.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	var read bytes.Buffer
	var source io.Reader = io.TeeReader(buffered, &read)
	if Kind(start) != "jpeg" {
		if _, err := read.ReadFrom(buffered); err != nil {
			return 0, 0, err
		}
		source = bytes.NewReader(read.Bytes())
	}
	c, err := config(Kind(start), source)
	if err != nil {
		return 0, 0, err
	}
	if turned(orientation(Kind(start), read.Bytes())) {
		return c.Width, c.Height, nil
	}
	return c.Height, c.Width, nil
}

// Pixels is the number of pixels of a picture file, which its header says. It is
// within the limits.
func Pixels(file []byte) (int, error) {
	c, err := config(Kind(file), bytes.NewReader(file))
	return c.Width * c.Height, err
}

// decoder reads one kind of picture.
type decoder struct {
	config func(io.Reader) (image.Config, error)
	pixels func(io.Reader) (image.Image, error)
}

// decoders by kind. They are called without image.Decode between, which hides from
// TIFF's that it may read anywhere: it then makes room for everything up to a place
// that the file names.
func decoders() map[string]decoder {
	return map[string]decoder{
		"png": {png.DecodeConfig, png.Decode}, "jpeg": {jpeg.DecodeConfig, jpeg.Decode}, "gif": {gif.DecodeConfig, gif.Decode},
		"bmp": {bmp.DecodeConfig, bmp.Decode}, "tiff": {tiff.DecodeConfig, tiff.Decode}, "webp": {webp.DecodeConfig, webp.Decode},
	}
}

func config(kind string, r io.Reader) (c image.Config, err error) {
	defer recovered(&err)
	d, known := decoders()[kind]
	if !known {
		return c, fmt.Errorf("%w: neither PNG, JPEG, GIF, BMP, TIFF nor WebP", ErrFormat)
	}
	c, err = d.config(r)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	switch {
	case c.Width <= 0 || c.Height <= 0:
		return c, fmt.Errorf("%w: it has no pixels, %d rows of %d", ErrFormat, c.Height, c.Width)
	case c.Width > MaxPixels/c.Height:
		return c, fmt.Errorf("%w: %dx%d pixels, more than the limit of %d million", ErrFormat, c.Height, c.Width, MaxPixels/1_000_000)
	}
	return c, nil
}

// recovered makes an error of a decoder's panic: what is read is not to be trusted,
// and neither is that every decoder has been told so.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%w: its decoder fails: %v", ErrFormat, p)
	}
}

// Decode reads a picture file. Where it is transparent, background shows. The result
// has one channel if all of its pixels are greys, three otherwise. Errors wrap
// [ErrFormat].
func Decode(file []byte, background color.NRGBA) (Image, error) {
	if len(file) > MaxBytes {
		return Image{}, fmt.Errorf("%w: a file of %d MB, more than the limit of %d", ErrFormat, len(file)>>20, MaxBytes>>20)
	}
	kind := Kind(file)
	c, err := config(kind, bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	img, err := decode(kind, file)
	if err != nil {
		return Image{}, err
	}
	return opaque(img, c, background).oriented(orientation(kind, file)), nil
}

func decode(kind string, file []byte) (img image.Image, err error) {
	defer recovered(&err)
	img, err = decoders()[kind].pixels(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return img, nil
}

// opaque lays img on the background. A frame of a GIF may be smaller than its
// picture.
func opaque(img image.Image, c image.Config, background color.NRGBA) Image {
	if g, ok := img.(*image.Gray); ok && g.Rect == image.Rect(0, 0, c.Width, c.Height) {
		m := New(c.Height, c.Width, 1)
		for y := range m.Height {
			copy(m.Pix[y*m.Width:(y+1)*m.Width], g.Pix[y*g.Stride:])
		}
		return m
	}
	canvas := image.NewRGBA(image.Rect(0, 0, c.Width, c.Height))
	op := draw.Src
	if o, ok := img.(interface{ Opaque() bool }); !ok || !o.Opaque() || img.Bounds() != canvas.Rect {
		draw.Draw(canvas, canvas.Rect, image.NewUniform(background), image.Point{}, draw.Src)
		op = draw.Over
	}
	draw.Draw(canvas, img.Bounds(), img, img.Bounds().Min, op)
	return fromRGBA(canvas)
}

func fromRGBA(canvas *image.RGBA) Image {
	coloured := false
	for i := 0; i < len(canvas.Pix) && !coloured; i += 4 {
		coloured = canvas.Pix[i] != canvas.Pix[i+1] || canvas.Pix[i] != canvas.Pix[i+2]
	}
	channels := 1
	if coloured {
		channels = 3
	}
	m := New(canvas.Rect.Dy(), canvas.Rect.Dx(), channels)
	for i := range m.Height * m.Width {
		copy(m.Pix[i*channels:(i+1)*channels], canvas.Pix[4*i:])
	}
	return m
}
