package picture

import (
	"fmt"
	"image"
	"image/color"
)

// MaxSide is the largest width or height of a picture, in pixels. Larger grids
// are refused: few viewers open them, and the memory would grow with the
// square.
const MaxSide = 16384

// Options says how a grid looks. The zero value is a near-square grid with
// readable tiles, a thin gap and no text.
type Options struct {
	// Columns is the number of tiles in a row; 0 chooses the smallest number
	// that makes the grid at least as wide as it is high.
	Columns int
	// Scale is the integer magnification, by nearest neighbour, so that every
	// source pixel stays a sharp square; 0 chooses one that makes the longer
	// side of a tile at least 64 pixels, but never more than 8.
	Scale int
	// Gap is the space between tiles in pixels; 0 means 2 and a negative value
	// means none, for the continuous map of a latent plane.
	Gap int
	// Group puts a wider gap after every Group rows; 0 means never.
	Group int
	// Dark makes the page behind the tiles nearly black with light text; the
	// default is white with dark text.
	Dark bool
	// Title stands above the grid in bold, Caption below it. Both are wrapped
	// to the width of the picture; line feeds are kept.
	Title, Caption string
	// RowLabels stand left of the rows and ColumnLabels above the columns. A
	// slice shorter than the grid leaves the rest without labels. Where labels
	// would touch, only every second, third, ... is drawn.
	RowLabels, ColumnLabels []string
}

// Grid draws the images in rows, first image top left. pixels holds n images
// of width times height values each.
//
// It returns an error if the sizes do not fit each other, if there is no
// image, or if the picture would be larger than MaxSide.
func Grid(pixels []float32, width, height int, opt Options) (*image.Gray, error) {
	count, err := countImages(pixels, width, height)
	if err != nil {
		return nil, err
	}
	page, err := newPage(count, width, height, opt)
	if err != nil {
		return nil, err
	}
	img := page.blank()
	size := width * height
	for i := range count {
		drawTile(img, page.tile(i), pixels[i*size:(i+1)*size], width, page.scale)
	}
	page.drawText(img)
	return img, nil
}

func countImages(pixels []float32, width, height int) (int, error) {
	if width <= 0 || height <= 0 || width > MaxSide || height > MaxSide {
		return 0, fmt.Errorf("picture: image size %dx%d is not between 1x1 and %dx%d", width, height, MaxSide, MaxSide)
	}
	size := width * height
	if len(pixels) == 0 || len(pixels)%size != 0 {
		return 0, fmt.Errorf("picture: %d pixels are not a whole number of %dx%d images", len(pixels), width, height)
	}
	return len(pixels) / size, nil
}

// drawTile magnifies one image into the rectangle at.
func drawTile(img *image.Gray, at image.Rectangle, pixels []float32, width, scale int) {
	for y := at.Min.Y; y < at.Max.Y; y += scale {
		source := pixels[(y-at.Min.Y)/scale*width:][:width]
		start := img.PixOffset(at.Min.X, y)
		row := img.Pix[start : start+at.Dx()]
		for x, v := range source {
			g := shade(v)
			for i := range scale {
				row[x*scale+i] = g
			}
		}
		for i := 1; i < scale; i++ {
			copy(img.Pix[start+i*img.Stride:], row)
		}
	}
}

// shade is the grey of a pixel value: 0..1 to 0..255, rounded. The comparison
// is written so that NaN falls to black.
func shade(v float32) uint8 {
	switch {
	case v >= 1:
		return 255
	case v > 0:
		return uint8(v*255 + 0.5)
	default:
		return 0
	}
}

func (p *page) blank() *image.Gray {
	img := image.NewGray(image.Rect(0, 0, p.width, p.height))
	grey := color.GrayModel.Convert(p.theme.page).(color.Gray).Y
	for i := range img.Pix {
		img.Pix[i] = grey
	}
	return img
}
