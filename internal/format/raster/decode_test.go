package raster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var white = color.NRGBA{R: 255, G: 255, B: 255, A: 255}

// The files were written by Pillow from an array of 6 rows of 8 pixels
// (30x, 40y, 128), of which those from x = 4 on are transparent.
func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeKinds(t *testing.T) {
	rgb := func(y, x int) [3]int { return [3]int{30 * x, 40 * y, 128} }
	onWhite := func(y, x int) [3]int {
		if x < 4 {
			return rgb(y, x)
		}
		return [3]int{255, 255, 255}
	}
	grey := func(f func(y, x int) int) func(y, x int) [3]int {
		return func(y, x int) [3]int { v := f(y, x); return [3]int{v, v, v} }
	}
	for name, c := range map[string]struct {
		want      func(y, x int) [3]int
		tolerance int
		channels  int
	}{
		"alpha.webp":     {onWhite, 0, 3},
		"lossy.webp":     {rgb, 40, 3},
		"interlaced.png": {onWhite, 0, 3},
		"palette.gif":    {rgb, 30, 3},
		"cmyk.jpg":       {func(int, int) [3]int { return [3]int{200, 100, 50} }, 6, 3},
		"grey16.png":     {grey(func(y, x int) int { return (8*y + x) * 1300 >> 8 }), 0, 1},
		"greyalpha.png":  {grey(func(y, x int) int { return 5*(8*y+x)*(1-x%2) + 255*(x%2) }), 0, 1},
		"rgb.tif":        {rgb, 0, 3},
		"rgb.bmp":        {rgb, 0, 3},
		"grey.tif":       {grey(func(y, x int) int { return int(luma(byte(30*x), byte(40*y), 128)) }), 1, 1},
	} {
		m, err := Decode(read(t, name), white)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if h, w, err := Size(bytes.NewReader(read(t, name))); h != 6 || w != 8 || err != nil {
			t.Errorf("%s: size %dx%d, %v", name, h, w, err)
		}
		if m.Height != 6 || m.Width != 8 || m.Channels != c.channels {
			t.Errorf("%s: %dx%dx%d", name, m.Height, m.Width, m.Channels)
			continue
		}
		m = m.RGB()
		for i, v := range m.Pix {
			want := c.want(i/24, i/3%8)[i%3]
			if d := int(v) - want; d > c.tolerance || -d > c.tolerance {
				t.Errorf("%s: row %d, column %d, channel %d: %d, want %d", name, i/24, i/3%8, i%3, v, want)
				break
			}
		}
	}
}

// A background shows through what is transparent.
func TestDecodeBackground(t *testing.T) {
	m, err := Decode(read(t, "alpha.webp"), color.NRGBA{R: 10, G: 20, B: 30, A: 255})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Pix[(8*2+6)*3:][:3]; !bytes.Equal(got, []byte{10, 20, 30}) {
		t.Errorf("a transparent pixel is %v", got)
	}
}

// exif is a JPEG's APP1 segment that says nothing but an orientation.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	mark := map[bool]string{true: "II", false: "MM"}[order == binary.LittleEndian]
	b := order.AppendUint32(order.AppendUint16([]byte(exifHeader+mark), 42), 8)
	b = order.AppendUint16(order.AppendUint16(order.AppendUint16(b, 1), 0x0112), 3)
	b = order.AppendUint16(order.AppendUint16(order.AppendUint32(b, 1), orientation), 0)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(b)+2))
	return append(segment, b...)
}

// Where the picture's first row and column are seen, as EXIF 2.3 defines it.
func TestOrientation(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 64, 32))
	for y := range 32 {
		for x := range 64 {
			c := color.RGBA{R: 255, A: 255} // red top left, green top right, blue bottom left, white bottom right
			switch {
			case y < 16 && x >= 32:
				c = color.RGBA{G: 255, A: 255}
			case y >= 16 && x < 32:
				c = color.RGBA{B: 255, A: 255}
			case y >= 16:
				c = color.RGBA{R: 255, G: 255, B: 255, A: 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	for orientation, want := range map[uint16]string{
		1: "RG BW", 2: "GR WB", 3: "WB GR", 4: "BW RG", 5: "RB GW", 6: "BR WG", 7: "WG BR", 8: "GW RB", 9: "RG BW",
	} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			file := append([]byte{0xff, 0xd8}, exif(order, orientation)...)
			file = append(file, plain.Bytes()[2:]...)
			m, err := Decode(file, white)
			if err != nil {
				t.Fatal(err)
			}
			if got := corners(m); got != want {
				t.Errorf("orientation %d, %v: %s, want %s", orientation, order, got, want)
			}
			if h, w, err := Size(bytes.NewReader(file)); h != m.Height || w != m.Width || err != nil {
				t.Errorf("orientation %d: size %dx%d, %v", orientation, h, w, err)
			}
		}
	}
}

func corners(m Image) string {
	at := func(y, x int) string {
		p := m.Pix[(y*m.Width+x)*3:]
		switch {
		case p[0] > 200 && p[1] > 200:
			return "W"
		case p[0] > 200:
			return "R"
		case p[1] > 200:
			return "G"
		}
		return "B"
	}
	return at(2, 2) + at(2, m.Width-3) + " " + at(m.Height-3, 2) + at(m.Height-3, m.Width-3)
}

func TestOrientationElsewhere(t *testing.T) {
	for _, name := range []string{"turned.webp", "turned.png", "turned.tif"} {
		m, err := Decode(read(t, name), white)
		if err != nil {
			t.Fatal(err)
		}
		// A quarter turn clockwise: the last row of the file is the first column.
		if h, w, err := Size(bytes.NewReader(read(t, name))); h != 8 || w != 6 || err != nil {
			t.Errorf("%s: size %dx%d, %v", name, h, w, err)
		}
		if m.Height != 8 || m.Width != 6 || m.Pix[0] != 0 || m.Pix[1] != 200 {
			t.Errorf("%s: %dx%d, first pixel %v", name, m.Height, m.Width, m.Pix[:3])
		}
	}
}

// bombs are the beginning of a picture that declares more pixels than there may be.
func bombs(t testing.TB) map[string][]byte {
	pngFile := &bytes.Buffer{}
	if err := png.Encode(pngFile, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	b := pngFile.Bytes()
	binary.BigEndian.PutUint32(b[16:], 1<<16)
	binary.BigEndian.PutUint32(b[20:], 1<<16)
	binary.BigEndian.PutUint32(b[29:], crc(b[12:29]))
	jpegFile := bytes.Clone(read(t, "cmyk.jpg"))
	at := bytes.Index(jpegFile, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(jpegFile[at+5:], 65535)
	binary.BigEndian.PutUint16(jpegFile[at+7:], 65535)
	gifFile := bytes.Clone(read(t, "palette.gif"))
	binary.LittleEndian.PutUint16(gifFile[6:], 65535)
	binary.LittleEndian.PutUint16(gifFile[8:], 65535)
	bmpFile := bytes.Clone(read(t, "rgb.bmp"))
	binary.LittleEndian.PutUint32(bmpFile[18:], 1<<20)
	binary.LittleEndian.PutUint32(bmpFile[22:], 1<<20)
	return map[string][]byte{"png": b, "jpeg": jpegFile, "gif": gifFile, "bmp": bmpFile}
}

func crc(b []byte) uint32 {
	c := ^uint32(0)
	for _, v := range b {
		c ^= uint32(v)
		for range 8 {
			c = c>>1 ^ 0xedb88320*(c&1)
		}
	}
	return ^c
}

func TestDecodeRefusesBombs(t *testing.T) {
	for name, file := range bombs(t) {
		if _, err := Decode(file, white); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "more than the limit of 100 million") {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := Size(bytes.NewReader(file)); !errors.Is(err, ErrFormat) {
			t.Errorf("size of %s: %v", name, err)
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	whole := read(t, "rgb.tif")
	for name, file := range map[string][]byte{
		"nothing": nil, "text": []byte("a text"), "half": whole[:len(whole)/2], "svg": []byte("<svg></svg>"),
		"no pixels": append([]byte("GIF89a"), make([]byte, 7)...),
	} {
		if _, err := Decode(file, white); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob("testdata/*.*")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, name := range names {
		f.Add(read(f, filepath.Base(name)))
	}
	for _, b := range bombs(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		height, width, sizeErr := Size(bytes.NewReader(file))
		if sizeErr == nil && height*width > 1<<20 {
			t.Skip("large")
		}
		m, err := Decode(file, white)
		switch {
		case err != nil && !errors.Is(err, ErrFormat):
			t.Errorf("error %v", err)
		case err != nil:
		case len(m.Pix) != m.Height*m.Width*m.Channels:
			t.Errorf("%d bytes for %dx%dx%d", len(m.Pix), m.Height, m.Width, m.Channels)
		case sizeErr != nil || height != m.Height || width != m.Width:
			t.Errorf("size %dx%d (%v), decoded %dx%d", height, width, sizeErr, m.Height, m.Width)
		}
	})
}

func ExampleKind() {
	fmt.Println(Kind([]byte("\x89PNG\r\n\x1a\n....")), Kind([]byte("RIFF....WEBPVP8L")), Kind([]byte("BMW is no bitmap")) == "")
	// Output: png webp true
}
