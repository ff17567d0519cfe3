package picture

import (
	"fmt"
	"image"

	"vaectl/data"
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

	beside int // columns that belong together; 0: none
	under  int // lines of text below each row
	wide   int // pixels that a tile needs for its text, as far as magnification goes
}

// Grid draws the images in rows, first image top left. pixels holds n images of
// image.Values() values each. The picture is an [image.Gray] or, for images with
// three channels, an opaque [image.RGBA].
//
// It returns an error if the sizes do not fit each other, if there is no
// image, or if the picture would be larger than MaxSide.
func Grid(pixels []float32, image data.Shape, opt Options) (image.Image, error) {
	count, err := countImages(pixels, image)
	if err != nil {
		return nil, err
	}
	page, err := newPage(count, image.Width, image.Height, opt)
	if err != nil {
		return nil, err
	}
	c := page.blank(image.Channels)
	size := image.Values()
	for i := range count {
		c.tile(page.tile(i), pixels[i*size:(i+1)*size], image, page.scale)
	}
	page.drawText(c)
	return c.Image, nil
}

func countImages(pixels []float32, image data.Shape) (int, error) {
	if image.Width <= 0 || image.Height <= 0 || image.Width > MaxSide || image.Height > MaxSide {
		return 0, fmt.Errorf("picture: image size %dx%d is not between 1x1 and %dx%d", image.Height, image.Width, MaxSide, MaxSide)
	}
	if image.Channels != 1 && image.Channels != 3 {
		return 0, fmt.Errorf("picture: images of %d channels, want 1 or 3", image.Channels)
	}
	if len(pixels) == 0 || len(pixels)%image.Values() != 0 {
		return 0, fmt.Errorf("picture: %d pixels are not a whole number of %v images", len(pixels), image)
	}
	return len(pixels) / image.Values(), nil
}
