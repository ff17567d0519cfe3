package plots

import (
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Labels are the words around a figure; every one may be empty.
type Labels struct {
	Title    string // one line
	Subtitle string // wrapped
	Caption  string // below the axes, wrapped; line feeds are kept
}

// figure is a page: words, a legend, and below them the body.
type figure struct {
	labels Labels
	legend []legendEntry
	width  vg.Length
	body   vg.Length // height
	paint  func(draw.Canvas)
}

// write measures the words, which decide the height, and draws the page.
func (f figure) write(w io.Writer, format Format) error {
	inner := f.width - 2*margin
	title := boldStyle(titleSize, ink())
	subtitle, caption := textStyle(textSize, muted()), textStyle(captionSize, muted())
	var titleLines []string
	if f.labels.Title != "" {
		titleLines = []string{shorten(clean(f.labels.Title), title, inner)}
	}
	subtitleLines := wrap(f.labels.Subtitle, subtitle, inner)
	captionLines := wrap(f.labels.Caption, caption, inner)
	rows := legendRows(f.legend, inner)

	head := block(titleLines, titleSize) + block(subtitleLines, textSize) + vg.Length(len(rows))*legendHeight
	if head > 0 {
		head += 8
	}
	foot := block(captionLines, captionSize)
	if foot > 0 {
		foot += 8
	}
	height := vg.Length(math.Ceil((head + f.body + foot + 2*margin).Points()))
	return render(w, format, f.width, height, f.labels.Title, func(c draw.Canvas) {
		c.SetColor(page())
		c.Fill(c.Path())
		at := vg.Point{X: margin, Y: height - margin}
		at = fillLines(c, title, at, titleLines)
		at = fillLines(c, subtitle, at, subtitleLines)
		drawLegend(c, rows, at)
		fillLines(c, caption, vg.Point{X: margin, Y: margin + block(captionLines, captionSize)}, captionLines)
		f.paint(draw.Crop(c, margin, -margin, margin+foot, -margin-head))
	})
}

// block is the height of lines of a size.
func block(lines []string, size vg.Length) vg.Length {
	return vg.Length(len(lines)) * size * lineGap
}

// fillLines writes the lines below the point and returns the point below them.
func fillLines(c draw.Canvas, style text.Style, at vg.Point, lines []string) vg.Point {
	for _, line := range lines {
		c.FillText(style, at, line)
		at.Y -= style.Font.Size * lineGap
	}
	return at
}

// panelTitle writes its lines above the data area, flush with its left edge,
// and keeps the room for them. The first line is bold.
type panelTitle struct {
	lines []string
	size  vg.Length
}

// Plot implements plot.Plotter.
func (t panelTitle) Plot(c draw.Canvas, _ *plot.Plot) {
	at := vg.Point{X: c.Min.X, Y: c.Max.Y + t.height()}
	width := c.Max.X - c.Min.X
	style := boldStyle(t.size, ink())
	for _, line := range t.lines {
		at = fillLines(c, style, at, []string{shorten(clean(line), style, width)})
		style = textStyle(t.size-1.5, muted())
	}
}

func (t panelTitle) height() vg.Length {
	return block(t.lines, t.size) + 3
}

// GlyphBoxes implements plot.GlyphBoxer: the plot leaves room for the box above
// the top of the data area.
func (t panelTitle) GlyphBoxes(*plot.Plot) []plot.GlyphBox {
	return []plot.GlyphBox{{Y: 1, Rectangle: vg.Rectangle{Max: vg.Point{Y: t.height()}}}}
}

// drawAligned draws rows of plots with their axes in line.
func drawAligned(c draw.Canvas, rows [][]*plot.Plot, gapX, gapY vg.Length) {
	tiles := draw.Tiles{Rows: len(rows), Cols: len(rows[0]), PadX: gapX, PadY: gapY}
	canvases := plot.Align(rows, tiles, c)
	for i, row := range rows {
		for j, p := range row {
			if p != nil {
				p.Draw(canvases[i][j])
			}
		}
	}
}
