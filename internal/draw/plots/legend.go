package plots

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	legendHeight vg.Length = 18
	legendGap    vg.Length = 18 // between entries
	keyGap       vg.Length = 6  // between an entry's key and its name
)

// legendEntry is a key, drawn into a box of keyWidth, and its name.
type legendEntry struct {
	name     string
	keyWidth vg.Length
	key      func(draw.Canvas)
}

func (e legendEntry) width() vg.Length {
	return e.keyWidth + keyGap + textStyle(textSize, ink()).Width(e.name)
}

// legendRows breaks the entries into rows no wider than the width. A name that
// alone is wider is cut.
func legendRows(entries []legendEntry, width vg.Length) [][]legendEntry {
	var rows [][]legendEntry
	var used vg.Length
	for _, e := range entries {
		e.name = shorten(clean(e.name), textStyle(textSize, ink()), width-e.keyWidth-keyGap)
		if len(rows) == 0 || used+e.width() > width {
			rows = append(rows, nil)
			used = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		used += e.width() + legendGap
	}
	return rows
}

// drawLegend draws the rows below the point.
func drawLegend(c draw.Canvas, rows [][]legendEntry, at vg.Point) {
	style := textStyle(textSize, ink())
	for _, row := range rows {
		x := at.X
		for _, e := range row {
			e.key(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
				Min: vg.Point{X: x, Y: at.Y - legendHeight + 3},
				Max: vg.Point{X: x + e.keyWidth, Y: at.Y - 3},
			}})
			middle := at.Y - legendHeight/2
			c.FillText(style, vg.Point{X: x + e.keyWidth + keyGap, Y: middle + textSize*0.62}, e.name)
			x += e.width() + legendGap
		}
		at.Y -= legendHeight
	}
}

// lineKey shows a line with its marker.
func lineKey(line draw.LineStyle, m marker) func(draw.Canvas) {
	return func(c draw.Canvas) {
		middle := c.Center()
		c.StrokeLine2(line, c.Min.X, middle.Y, c.Max.X, middle.Y)
		m.draw(c, middle)
	}
}

// markerKey shows a marker alone.
func markerKey(m marker) func(draw.Canvas) {
	return func(c draw.Canvas) { m.draw(c, c.Center()) }
}

// areaKey shows a filled area under its outline.
func areaKey(fill color.Color, line draw.LineStyle) func(draw.Canvas) {
	return func(c draw.Canvas) {
		c.FillPolygon(fill, []vg.Point{
			{X: c.Min.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Max.Y}, {X: c.Min.X, Y: c.Max.Y},
		})
		c.StrokeLine2(line, c.Min.X, c.Max.Y, c.Max.X, c.Max.Y)
	}
}
