package picture

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"testing"

	"vaectl/data"
)

// squares are images in colour, in the order of a model: planes.
func squares(n int, s data.Shape) []float32 {
	pixels := make([]float32, n*s.Values())
	for i := range pixels {
		image, rest := i/s.Values(), i%s.Values()
		channel, place := rest/s.Pixels(), rest%s.Pixels()
		pixels[i] = float32((image*40+channel*80+place*5)%256) / 255
	}
	return pixels
}

func TestTilesInColour(t *testing.T) {
	shape := data.Shape{Height: 3, Width: 5, Channels: 3}
	pixels := squares(4, shape)
	opt := Options{Columns: 2, Scale: 3, Title: "colours", RowLabels: []string{"one", "two"}}
	img, err := Grid(pixels, shape, opt)
	if err != nil {
		t.Fatal(err)
	}
	stacked, err := Pairs(pixels, pixels, shape, opt)
	if err != nil {
		t.Fatal(err)
	}
	page, err := newPage(4, shape.Width, shape.Height, opt)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		at := page.tile(i)
		for y := at.Min.Y; y < at.Max.Y; y++ {
			for x := at.Min.X; x < at.Max.X; x++ {
				place := i*shape.Values() + (y-at.Min.Y)/3*shape.Width + (x-at.Min.X)/3
				want := color.RGBA{shade(pixels[place]), shade(pixels[place+15]), shade(pixels[place+30]), 255}
				if got := img.(*image.RGBA).RGBAAt(x, y); got != want {
					t.Fatalf("image %d at (%d, %d) is %v, want %v", i, x, y, got, want)
				}
			}
		}
	}
	if _, ok := stacked.(*image.RGBA); !ok {
		t.Errorf("pairs are a %T", stacked)
	}
	if _, err := Grid(pixels, data.Shape{Height: 3, Width: 5, Channels: 2}, opt); err == nil {
		t.Error("images of two channels are drawn")
	}
}

// The palette has every colour of a picture with few of them, and comes near those of
// one with many.
func TestGIFInColour(t *testing.T) {
	few := image.NewRGBA(image.Rect(0, 0, 20, 10))
	for i := range 200 {
		few.SetRGBA(i%20, i/20, color.RGBA{uint8(i % 4 * 80), uint8(i % 5 * 50), uint8(i % 3 * 100), 255})
	}
	many := image.NewRGBA(few.Rect)
	for i := range 200 {
		many.SetRGBA(i%20, i/20, color.RGBA{uint8(i * 13), uint8(i), uint8(255 - i), 255})
	}
	var b bytes.Buffer
	frames := []image.Image{few, many, image.NewGray(few.Rect)}
	if err := EncodeGIF(&b, frames, Timing{}); err != nil {
		t.Fatal(err)
	}
	animation, err := gif.DecodeAll(&b)
	if err != nil || len(animation.Image) != 3 {
		t.Fatal(len(animation.Image), err)
	}
	for i, tolerance := range []int{8, 16, 8} {
		for p := range 200 {
			got, want := color.RGBAModel.Convert(animation.Image[i].At(p%20, p/20)).(color.RGBA), pixelAt(frames[i], p%20, p/20)
			for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
				if d > tolerance || -d > tolerance {
					t.Fatalf("frame %d, pixel %d: %v, want %v", i, p, got, want)
				}
			}
		}
	}
}

func TestGIFOfOneColour(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 4, 4))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	if err := EncodeGIF(&bytes.Buffer{}, []image.Image{img, img}, Timing{}); err != nil {
		t.Error(err)
	}
}
