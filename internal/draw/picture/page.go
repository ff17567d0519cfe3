package picture

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

const (
	defaultGap   = 2
	readableSide = 64 // pixels of a tile's longer side below which digits are hard to read
	largestScale = 8
	groupGap     = 8  // pixels added between groups of rows
	margin       = 12 // pixels around everything when there is text
	labelSpace   = 8  // pixels between a label and its tiles
	captionWidth = 320
)

// theme is the greys of everything but the images.
type theme struct {
	page, title, text color.Gray
}

func lightTheme() theme {
	return theme{page: color.Gray{Y: 255}, title: color.Gray{Y: 20}, text: color.Gray{Y: 70}}
}

func darkTheme() theme {
	return theme{page: color.Gray{Y: 32}, title: color.Gray{Y: 245}, text: color.Gray{Y: 200}}
}

// page is where everything on a picture goes, in pixels.
type page struct {
	columns, rows         int
	tileWidth, tileHeight int // after magnification
	scale, gap, group     int
	beside                int         // columns that belong together; 0: none
	under                 int         // room for text below each row
	origin                image.Point // of the first tile
	width, height         int
	theme                 theme

	typeset                 *typesetter // nil when there is no text
	title, caption          []string    // wrapped lines
	rowLabels, columnLabels []string
}

func newPage(count, width, height int, opt Options) (*page, error) {
	p := &page{
		columns: opt.Columns, scale: opt.Scale, gap: opt.Gap, group: opt.Group, beside: opt.beside,
		theme: lightTheme(),
	}
	if opt.Dark {
		p.theme = darkTheme()
	}
	if opt.Columns < 0 || opt.Scale < 0 || opt.Group < 0 {
		return nil, fmt.Errorf("picture: columns %d, scale %d and group %d must not be negative", opt.Columns, opt.Scale, opt.Group)
	}
	if p.columns == 0 {
		p.columns = nearSquareColumns(count, width, height)
	}
	if p.scale == 0 {
		p.scale = max(readableScale(max(width, height)), min(ceil(opt.wide, width), largestScale))
	}
	switch {
	case p.gap == 0:
		p.gap = defaultGap
	case p.gap < 0:
		p.gap = 0
	}
	// Checked one by one before they are multiplied, so that no product overflows.
	if max(p.columns, p.scale, p.gap, count/p.columns) > MaxSide {
		return nil, tooLarge(count, width, height, opt)
	}
	p.rows = (count + p.columns - 1) / p.columns
	for ; ; p.scale-- {
		p.tileWidth, p.tileHeight = width*p.scale, height*p.scale
		if err := p.place(opt); err != nil {
			return nil, err
		}
		switch tooLong := p.width > MaxSide || p.height > MaxSide; {
		case !tooLong:
			return p, nil
		case opt.Scale > 0 || p.scale == 1: // else a smaller magnification may do
			return nil, tooLarge(count, width, height, opt)
		}
	}
}

func tooLarge(count, width, height int, opt Options) error {
	return fmt.Errorf("picture: %d images of %dx%d in %d columns at scale %d (0 is automatic) give more than %d pixels a side",
		count, width, height, opt.Columns, opt.Scale, MaxSide)
}

// place finds the sizes of the text and from them the origin of the tiles and
// the size of the page.
func (p *page) place(opt Options) error {
	p.rowLabels, p.columnLabels = opt.RowLabels, opt.ColumnLabels
	if opt.Title == "" && opt.Caption == "" && len(p.rowLabels) == 0 && len(p.columnLabels) == 0 && opt.under == 0 {
		p.origin = image.Pt(p.gap, p.gap)
		p.width, p.height = p.gridWidth()+2*p.gap, p.gridHeight()+2*p.gap
		return nil
	}
	typeset, err := newTypesetter()
	if err != nil {
		return err
	}
	p.typeset = typeset
	if opt.under > 0 {
		p.under = opt.under*typeset.plain.line + labelSpace/2
	}
	gridWidth, gridHeight := p.gridWidth(), p.gridHeight()
	p.origin = image.Pt(margin, margin)
	if w := typeset.widest(p.rowLabels); w > 0 {
		p.origin.X += w + labelSpace
	}
	// A short title or caption should not be broken into slivers over a narrow
	// grid: the page may grow up to captionWidth for it.
	text := max(gridWidth+p.origin.X-margin, captionWidth)
	p.title = typeset.bold.wrap(opt.Title, text)
	p.caption = typeset.plain.wrap(opt.Caption, text)
	p.width = max(p.origin.X+gridWidth, margin+typeset.bold.widest(p.title), margin+typeset.plain.widest(p.caption)) + margin
	if len(p.title) > 0 {
		p.origin.Y += len(p.title)*typeset.bold.line + labelSpace
	}
	if len(p.columnLabels) > 0 {
		p.origin.Y += typeset.plain.line + labelSpace/2
	}
	p.height = p.origin.Y + gridHeight + margin
	if len(p.caption) > 0 {
		p.height += labelSpace + len(p.caption)*typeset.plain.line
	}
	return nil
}

func (p *page) gridWidth() int {
	return p.columns*(p.tileWidth+p.gap) - p.gap + p.besideShift(p.columns-1)
}

func (p *page) gridHeight() int {
	return p.rows*(p.tileHeight+p.under+p.gap) - p.gap + p.groupShift(p.rows-1)
}

// tile is the rectangle of image i.
func (p *page) tile(i int) image.Rectangle {
	row, column := i/p.columns, i%p.columns
	x := p.origin.X + column*(p.tileWidth+p.gap) + p.besideShift(column)
	y := p.origin.Y + row*(p.tileHeight+p.under+p.gap) + p.groupShift(row)
	return image.Rect(x, y, x+p.tileWidth, y+p.tileHeight)
}

// besideShift is how far the gaps between columns that do not belong together move a
// column to the right.
func (p *page) besideShift(column int) int {
	if p.beside == 0 || column < 0 {
		return 0
	}
	return column / p.beside * groupGap
}

// groupShift is how far the gaps between groups move a row down.
func (p *page) groupShift(row int) int {
	if p.group == 0 || row < 0 {
		return 0
	}
	return row / p.group * groupGap
}

func nearSquareColumns(count, width, height int) int {
	columns := int(math.Ceil(math.Sqrt(float64(count) * float64(height) / float64(width))))
	return min(max(columns, 1), count)
}

func readableScale(side int) int {
	return min(max((readableSide+side-1)/side, 1), largestScale)
}
