package picture

import (
	"fmt"
	"image"

	"vaectl/data"
)

// Row is one of the rows Stacked puts above each other: a name and its images.
type Row struct {
	Label  string
	Pixels []float32
}

// Stacked draws several versions of the same images above each other, the
// first row's image i above the second row's image i and so on, with the
// labels at the left. Where the images do not fit in one line (Options.Columns,
// by default at most 10), the block of rows is repeated below.
//
// Options.RowLabels and Options.Group are set by Stacked. It returns an error
// if the rows have different lengths, and for everything Grid refuses.
func Stacked(rows []Row, image data.Shape, opt Options) (image.Image, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("picture: no rows to stack")
	}
	count, err := countImages(rows[0].Pixels, image)
	if err != nil {
		return nil, err
	}
	for _, r := range rows[1:] {
		if len(r.Pixels) != len(rows[0].Pixels) {
			return nil, fmt.Errorf("picture: %q has %d pixels and %q has %d", rows[0].Label, len(rows[0].Pixels), r.Label, len(r.Pixels))
		}
	}
	if opt.Columns <= 0 {
		opt.Columns = evenColumns(count)
	}
	blocks := (count + opt.Columns - 1) / opt.Columns
	opt.Group = len(rows)
	opt.RowLabels = nil
	for range blocks {
		for _, r := range rows {
			opt.RowLabels = append(opt.RowLabels, r.Label)
		}
	}
	page, err := newPage(blocks*len(rows)*opt.Columns, image.Width, image.Height, opt)
	if err != nil {
		return nil, err
	}
	c := page.blank(image.Channels)
	size := image.Values()
	for r, row := range rows {
		for i := range count {
			block, column := i/opt.Columns, i%opt.Columns
			at := page.tile((block*len(rows)+r)*opt.Columns + column)
			c.tile(at, row.Pixels[i*size:(i+1)*size], image, page.scale)
		}
	}
	page.drawText(c)
	return c.Image, nil
}

// Pairs draws originals above their reconstructions; see Stacked.
func Pairs(originals, reconstructions []float32, image data.Shape, opt Options) (image.Image, error) {
	return Stacked([]Row{
		{Label: "original", Pixels: originals},
		{Label: "reconstruction", Pixels: reconstructions},
	}, image, opt)
}

// evenColumns is the smallest number of columns that needs no more lines than
// ten columns do, so that the last line is as full as it can be.
func evenColumns(count int) int {
	lines := (count + 9) / 10
	return (count + lines - 1) / lines
}
