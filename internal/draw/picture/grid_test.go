package picture

import (
	"bytes"
	"image"
	"image/gif"
	"image/png"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"vaectl/data"
	"vaectl/internal/dev/golden"
)

// ramps returns n images whose pixels tell image, row and column apart.
func ramps(n, width, height int) []float32 {
	pixels := make([]float32, 0, n*width*height)
	for i := range n {
		for y := range height {
			for x := range width {
				pixels = append(pixels, float32((i*31+y*7+x*3)%64)/63)
			}
		}
	}
	return pixels
}

func grey(width, height int) data.Shape {
	return data.Shape{Height: height, Width: width, Channels: 1}
}

func TestEveryTileShowsItsImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 23).Draw(t, "n")
		width := rapid.IntRange(1, 9).Draw(t, "width")
		height := rapid.IntRange(1, 9).Draw(t, "height")
		opt := Options{
			Columns: rapid.IntRange(0, 30).Draw(t, "columns"),
			Scale:   rapid.IntRange(0, 4).Draw(t, "scale"),
			Gap:     rapid.IntRange(-1, 5).Draw(t, "gap"),
			Group:   rapid.IntRange(0, 3).Draw(t, "group"),
			Dark:    rapid.Bool().Draw(t, "dark"),
			Title:   rapid.SampledFrom([]string{"", "A title"}).Draw(t, "title"),
			Caption: rapid.SampledFrom([]string{"", "A caption"}).Draw(t, "caption"),
		}
		pixels := ramps(n, width, height)
		img, err := Grid(pixels, grey(width, height), opt)
		if err != nil {
			t.Fatal(err)
		}
		page, err := newPage(n, width, height, opt)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			at := page.tile(i)
			if !at.In(img.Bounds()) {
				t.Fatalf("tile %d at %v is outside the picture %v", i, at, img.Bounds())
			}
			for j := range i {
				if at.Overlaps(page.tile(j)) {
					t.Fatalf("tiles %d and %d overlap: %v and %v", i, j, at, page.tile(j))
				}
			}
			for y := at.Min.Y; y < at.Max.Y; y++ {
				for x := at.Min.X; x < at.Max.X; x++ {
					v := pixels[(i*height+(y-at.Min.Y)/page.scale)*width+(x-at.Min.X)/page.scale]
					if got, want := pixelAt(img, x, y).G, uint8(math.Round(float64(v)*255)); got != want {
						t.Fatalf("image %d at (%d, %d) is %d, want %d", i, x, y, got, want)
					}
				}
			}
		}
	})
}

func TestDefaultsAreNearSquareAndReadable(t *testing.T) {
	for _, c := range []struct {
		n, width, height           int
		columns, scale, pageHeight int
	}{
		{n: 64, width: 28, height: 28, columns: 8, scale: 3, pageHeight: 690},
		{n: 10, width: 28, height: 28, columns: 4, scale: 3, pageHeight: 260},
		{n: 1, width: 28, height: 28, columns: 1, scale: 3, pageHeight: 88},
		{n: 9, width: 8, height: 8, columns: 3, scale: 8, pageHeight: 200},
		{n: 4, width: 64, height: 64, columns: 2, scale: 1, pageHeight: 134},
		{n: 8, width: 40, height: 20, columns: 2, scale: 2, pageHeight: 170},
		{n: 3, width: 1, height: 100, columns: 3, scale: 1, pageHeight: 104},
	} {
		page, err := newPage(c.n, c.width, c.height, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if page.columns != c.columns || page.scale != c.scale || page.height != c.pageHeight {
			t.Errorf("%d images of %dx%d: %d columns, scale %d, %d high; want %d, %d, %d",
				c.n, c.width, c.height, page.columns, page.scale, page.height, c.columns, c.scale, c.pageHeight)
		}
	}
}

func TestShadeClampsEverything(t *testing.T) {
	for v, want := range map[float32]uint8{
		0: 0, 1: 255, 0.5: 128, -3: 0, 7: 255, 1 / 255.0: 1, 0.4 / 255: 0,
		float32(math.Inf(1)): 255, float32(math.Inf(-1)): 0, math.MaxFloat32: 255,
	} {
		if got := shade(v); got != want {
			t.Errorf("shade(%g) = %d, want %d", v, got, want)
		}
	}
	if got := shade(float32(math.NaN())); got != 0 {
		t.Errorf("shade(NaN) = %d, want 0", got)
	}
}

func TestUnusedTilesArePage(t *testing.T) {
	img, err := Grid([]float32{0, 0, 0}, grey(1, 1), Options{Columns: 2, Scale: 4, Gap: -1})
	if err != nil {
		t.Fatal(err)
	}
	if got := pixelAt(img, 6, 6).G; got != 255 {
		t.Errorf("the place of the fourth of three images is %d, want 255", got)
	}
}

func TestLabelsAndTextChangeOnlyTheirPlace(t *testing.T) {
	pixels := ramps(6, 12, 12)
	opt := Options{Columns: 3, Scale: 4, Title: "t", RowLabels: []string{"one", "two"}, ColumnLabels: []string{"a", "b", "c"}, Caption: "c"}
	with, err := Grid(pixels, grey(12, 12), opt)
	if err != nil {
		t.Fatal(err)
	}
	page, err := newPage(6, 12, 12, opt)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]image.Rectangle{
		"title":        image.Rect(0, 0, page.width, margin+page.typeset.bold.line),
		"row label":    image.Rect(0, page.tile(3).Min.Y, page.origin.X, page.tile(3).Max.Y),
		"column label": image.Rect(page.tile(1).Min.X, page.origin.Y-page.typeset.plain.line, page.tile(1).Max.X, page.origin.Y),
		"caption":      image.Rect(0, page.tile(3).Max.Y, page.width, page.height),
	} {
		if darkest(with, r) > 128 {
			t.Errorf("no ink for the %s in %v", name, r)
		}
	}
}

func darkest(img image.Image, r image.Rectangle) uint8 {
	lowest := uint8(255)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			lowest = min(lowest, pixelAt(img, x, y).G)
		}
	}
	return lowest
}

func TestWrapKeepsWordsAndWidth(t *testing.T) {
	set, err := newTypesetter()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zA-Z.,]{1,12}[ \n]){0,20}`).Draw(t, "text")
		limit := rapid.IntRange(1, 400).Draw(t, "limit")
		lines := set.plain.wrap(text, limit)
		if diff := cmp.Diff(strings.Fields(text), strings.Fields(strings.Join(lines, " "))); diff != "" {
			t.Fatalf("words changed (-want +got):\n%s", diff)
		}
		for _, line := range lines {
			if w := set.plain.width(line); w > limit && strings.Contains(line, " ") {
				t.Fatalf("%q is %d pixels wide, limit %d", line, w, limit)
			}
		}
	})
}

func TestGridRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		pixels        []float32
		width, height int
		opt           Options
		want          string
	}{
		"no image":            {nil, 28, 28, Options{}, "0 pixels are not a whole number of 28x28 images"},
		"half an image":       {make([]float32, 3), 2, 1, Options{}, "3 pixels"},
		"zero width":          {make([]float32, 3), 0, 1, Options{}, "image size 1x0"},
		"overflowing size":    {make([]float32, 3), math.MaxInt, math.MaxInt, Options{}, "image size"},
		"negative columns":    {make([]float32, 4), 2, 2, Options{Columns: -1}, "columns -1"},
		"too many columns":    {make([]float32, 4), 1, 1, Options{Columns: math.MaxInt}, "more than 16384"},
		"too large a scale":   {make([]float32, 4), 1, 1, Options{Scale: math.MaxInt}, "more than 16384"},
		"too large a picture": {make([]float32, 4), 1, 1, Options{Columns: 4, Scale: 5000}, "more than 16384"},
		"too high a picture":  {make([]float32, 20000), 1, 1, Options{Columns: 1, Scale: 1, Gap: -1}, "more than 16384"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Grid(c.pixels, grey(c.width, c.height), c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestStackedPutsVersionsUnderEachOther(t *testing.T) {
	const n, side = 13, 3 // two lines of seven columns, the last tile unused
	first := make([]float32, n*side*side)
	second := make([]float32, n*side*side)
	for i := range first {
		first[i] = float32(i/(side*side)) / 51 // grey 5i
		second[i] = first[i] + 100.0/255
	}
	opt := Options{Scale: 2}
	img, err := Pairs(first, second, grey(side, side), opt)
	if err != nil {
		t.Fatal(err)
	}
	labels := []string{"original", "reconstruction", "original", "reconstruction"}
	page, err := newPage(4*7, side, side, Options{Scale: 2, Columns: 7, Group: 2, RowLabels: labels})
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds().Dx() != page.width || img.Bounds().Dy() != page.height {
		t.Fatalf("picture %v, want %dx%d", img.Bounds(), page.width, page.height)
	}
	for i := range n {
		row, column := i/7*2, i%7
		above, below := page.tile(row*7+column).Min, page.tile((row+1)*7+column).Min
		if got := pixelAt(img, above.X, above.Y).G; got != uint8(5*i) {
			t.Errorf("original %d is %d, want %d", i, got, 5*i)
		}
		if got := pixelAt(img, below.X, below.Y).G; got != uint8(5*i+100) {
			t.Errorf("reconstruction %d is %d, want %d", i, got, 5*i+100)
		}
	}
	between := page.tile(2*7).Min.Y - page.tile(7).Max.Y
	within := page.tile(7).Min.Y - page.tile(0).Max.Y
	if between <= within {
		t.Errorf("gap between pairs is %d and within a pair %d", between, within)
	}
	if _, err := Pairs(first, second[9:], grey(side, side), opt); err == nil {
		t.Error("13 originals and 12 reconstructions gave no error")
	}
	if _, err := Stacked(nil, grey(side, side), opt); err == nil {
		t.Error("no rows gave no error")
	}
}

func TestEvenColumns(t *testing.T) {
	for n, want := range map[int]int{1: 1, 8: 8, 10: 10, 11: 6, 16: 8, 20: 10, 21: 7, 64: 10} {
		if got := evenColumns(n); got != want {
			t.Errorf("evenColumns(%d) = %d, want %d", n, got, want)
		}
	}
}

func TestPNGIsLosslessAndRepeatable(t *testing.T) {
	img, err := Grid(ramps(5, 7, 6), grey(7, 6), Options{Title: "Once"})
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	for _, w := range []*bytes.Buffer{&first, &second} {
		if err := EncodePNG(w, img); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two encodings of one picture differ")
	}
	back, err := png.Decode(&first)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(img, back); diff != "" {
		t.Errorf("picture changed (-want +got):\n%s", diff)
	}
}

func TestAnimation(t *testing.T) {
	var frames []image.Image
	for i := range 5 {
		frame, err := Grid(ramps(4+i, 6, 6)[i*36:], grey(6, 6), Options{Dark: true})
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, frame)
	}
	var b bytes.Buffer
	if err := EncodeGIF(&b, frames, Timing{Frame: 250 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	back, err := gif.DecodeAll(&b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{25, 25, 25, 25, 200}, back.Delay); diff != "" {
		t.Errorf("delays (-want +got):\n%s", diff)
	}
	if back.LoopCount != 0 {
		t.Errorf("loop count %d, want 0, for ever", back.LoopCount)
	}
	for i, shown := range back.Image {
		for j, g := range frames[i].(*image.Gray).Pix {
			x, y := j%frames[i].(*image.Gray).Stride, j/frames[i].(*image.Gray).Stride
			r, _, _, _ := shown.At(x, y).RGBA()
			if d := int(r>>8) - int(g); d > 3 || d < -3 {
				t.Fatalf("frame %d at (%d, %d): %d became %d", i, x, y, g, r>>8)
			}
		}
	}
}

func TestAnimationRefuses(t *testing.T) {
	small, large := image.NewGray(image.Rect(0, 0, 2, 2)), image.NewGray(image.Rect(0, 0, 3, 2))
	for name, c := range map[string]struct {
		frames []image.Image
		timing Timing
		want   string
	}{
		"no frame":        {nil, Timing{}, "at least one frame"},
		"different sizes": {[]image.Image{small, large}, Timing{}, "frame 1 is (3,2)"},
		"negative":        {[]image.Image{small}, Timing{Frame: -1}, "not between"},
		"too long":        {[]image.Image{small}, Timing{Last: 11 * time.Minute}, "11m0s"},
	} {
		var b bytes.Buffer
		if err := EncodeGIF(&b, c.frames, c.timing); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes written before the error", name, b.Len())
		}
	}
}

func TestGolden(t *testing.T) {
	grid, err := Grid(ramps(10, 8, 8), grey(8, 8), Options{
		Columns: 5, Scale: 5, Title: "Samples from N(0.5, 0.1)",
		RowLabels: []string{"z3 · KL 2.31", "z0 · KL 1.87"}, ColumnLabels: []string{"1 %", "25 %", "50 %", "75 %", "99 %"},
		Caption: "Each row sweeps one latent over the prior's quantiles, μ ± 2.3 σ.",
	})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "grid.png"), grid, 0.001)
	pairs, err := Pairs(ramps(12, 8, 8), ramps(12, 8, 8), grey(8, 8), Options{Scale: 4, Dark: true, Title: "Reconstructions", Caption: "epoch 3"})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "pairs.png"), pairs, 0.001)
}

func BenchmarkGridPNG(b *testing.B) {
	pixels := ramps(64, 28, 28)
	for b.Loop() {
		img, err := Grid(pixels, grey(28, 28), Options{Title: "Samples", Caption: "epoch 1"})
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		if err := EncodePNG(&out, img); err != nil {
			b.Fatal(err)
		}
	}
}

// Many rows, as of 256 labels, are magnified less than a few, where that is what
// makes them fit; a magnification that was asked for is kept or refused.
func TestAutomaticScaleFits(t *testing.T) {
	const side, columns, rows = 28, 8, 256
	pixels := make([]float32, side*side*columns*rows)
	img, err := Grid(pixels, data.Shape{Height: side, Width: side, Channels: 1}, Options{Columns: columns, Title: "epoch 1"})
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.Y > MaxSide || size.Y < rows*side {
		t.Errorf("%d rows of %d pixels are %v", rows, side, size)
	}
	if _, err := Grid(pixels, data.Shape{Height: side, Width: side, Channels: 1}, Options{Columns: columns, Scale: 3}); err == nil {
		t.Error("a scale that does not fit is not refused")
	}
}
