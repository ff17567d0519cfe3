package golden

import (
	"image"
	"image/color"
	"testing"
)

func TestDifferingCountsPixelsBeyondAHair(t *testing.T) {
	grey := func(values ...uint8) image.Image {
		img := image.NewGray(image.Rect(0, 0, 2, 2))
		copy(img.Pix, values)
		return img
	}
	for _, c := range []struct {
		a, b image.Image
		want float64
	}{
		{grey(0, 10, 200, 255), grey(0, 10, 200, 255), 0},
		{grey(0, 10, 200, 255), grey(8, 2, 208, 247), 0},
		{grey(0, 10, 200, 255), grey(9, 1, 200, 255), 0.5},
		{grey(0, 0, 0, 0), grey(255, 255, 255, 255), 1},
	} {
		if got := Differing(c.a, c.b); got != c.want {
			t.Errorf("%v of the pixels differ, want %v", got, c.want)
		}
	}
	red, blue := image.NewRGBA(image.Rect(0, 0, 1, 1)), image.NewRGBA(image.Rect(0, 0, 1, 1))
	red.Set(0, 0, color.RGBA{R: 200, A: 255})
	blue.Set(0, 0, color.RGBA{B: 200, A: 255})
	if Differing(red, blue) != 1 {
		t.Error("red is blue")
	}
}
