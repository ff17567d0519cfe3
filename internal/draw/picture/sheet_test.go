package picture

import (
	"fmt"
	"image"
	"math"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"vaectl/data"
	"vaectl/internal/dev/golden"
)

// cardsOf makes cards of so many versions, whose pixels tell them apart.
func cardsOf(first, count, versions int, shape data.Shape) []Card {
	cards := make([]Card, count)
	for i := range cards {
		cards[i].Lines = []string{fmt.Sprintf("%.2f", 100/float64(i+1)), "7: Food & Drink and so on"}
		for v := range versions {
			for p := range shape.Values() {
				cards[i].Images = append(cards[i].Images, float32(((first+i)*31+v*17+p*7)%64)/63)
			}
		}
	}
	return cards
}

// Every image stands in a rectangle of its own, and no text is drawn over any.
func TestSheetShowsEveryImage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape := data.Shape{Height: rapid.IntRange(1, 6).Draw(t, "height"), Width: rapid.IntRange(1, 6).Draw(t, "width"), Channels: 1}
		versions := rapid.IntRange(1, 3).Draw(t, "versions")
		opt := Options{Columns: rapid.IntRange(0, 4).Draw(t, "columns"), Scale: rapid.IntRange(1, 3).Draw(t, "scale"), Title: "Title", Caption: "Caption"}
		sections := []Section{
			{Label: "first", Cards: cardsOf(0, rapid.IntRange(1, 7).Draw(t, "first"), versions, shape)},
			{Label: "second", Cards: cardsOf(50, rapid.IntRange(0, 7).Draw(t, "second"), versions, shape)},
		}
		img, err := Sheet(sections, shape, opt)
		if err != nil {
			t.Fatal(err)
		}
		for s, section := range sections {
			for c, card := range section.Cards {
				for v := range versions {
					tile := card.Images[v*shape.Values() : (v+1)*shape.Values()]
					if !contains(img.(*image.Gray), tile, shape, opt.Scale) {
						t.Fatalf("section %d, card %d, version %d is not on the sheet", s, c, v)
					}
				}
			}
		}
	})
}

// contains looks for an image, magnified.
func contains(img *image.Gray, pixels []float32, shape data.Shape, scale int) bool {
	for y := range img.Rect.Dy() - shape.Height*scale + 1 {
		for x := range img.Rect.Dx() - shape.Width*scale + 1 {
			if shows(img, x, y, pixels, shape, scale) {
				return true
			}
		}
	}
	return false
}

func shows(img *image.Gray, x, y int, pixels []float32, shape data.Shape, scale int) bool {
	for row := range shape.Height * scale {
		for column := range shape.Width * scale {
			if img.GrayAt(x+column, y+row).Y != shade(pixels[row/scale*shape.Width+column/scale]) {
				return false
			}
		}
	}
	return true
}

func TestSheetRefusals(t *testing.T) {
	shape := data.Shape{Height: 2, Width: 2, Channels: 1}
	for name, sections := range map[string][]Section{
		"no section":         nil,
		"no card":            {{Label: "empty"}},
		"a part of an image": {{Cards: []Card{{Images: make([]float32, 3)}}}},
		"cards of two sizes": {{Cards: []Card{{Images: make([]float32, 4)}, {Images: make([]float32, 8)}}}},
	} {
		if _, err := Sheet(sections, shape, Options{}); err == nil {
			t.Errorf("%s was drawn", name)
		}
	}
}

func TestSheetLooksAsItDid(t *testing.T) {
	shape := data.Shape{Height: 20, Width: 30, Channels: 1}
	sections := []Section{{Label: "most unusual", Cards: cardsOf(0, 3, 2, shape)}, {Label: "most typical", Cards: cardsOf(9, 2, 2, shape)}}
	for s := range sections {
		for c := range sections[s].Cards {
			card := &sections[s].Cards[c]
			rgb, _ := Coloured(card.Images, shape)
			heat := make([]float64, shape.Pixels())
			for p := range heat {
				heat[p] = float64(p%shape.Width) / float64(shape.Width-1)
			}
			card.Images = append(rgb, Heat(heat, 0, 1)...)
		}
	}
	shape.Channels = 3
	img, err := Sheet(sections, shape, Options{Columns: 2, Title: "A sheet", Caption: "with a heat map"})
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "sheet.png"), img, 0.001)
}

// Heat rises in brightness, so that it reads without colours.
func TestHeatRises(t *testing.T) {
	var values []float64
	for i := range 101 {
		values = append(values, 2+float64(i)/50)
	}
	planes := Heat(append(values, 1, 9, math.NaN()), 2, 4)
	n := len(planes) / 3
	bright := func(i int) float32 { return 0.299*planes[i] + 0.587*planes[n+i] + 0.114*planes[2*n+i] }
	for i := range 100 {
		if bright(i+1) <= bright(i) {
			t.Errorf("the brightness falls from %g at %g to %g", bright(i), values[i], bright(i+1))
		}
	}
	if bright(101) != bright(0) || bright(102) != bright(100) || bright(103) != bright(0) {
		t.Errorf("what is outside: %g, %g, %g", bright(101), bright(102), bright(103))
	}
	if flat := Heat([]float64{1, 1}, 1, 1); flat[0] != flat[1] {
		t.Errorf("heat of one value %v", flat)
	}
}
