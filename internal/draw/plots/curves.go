package plots

import (
	"fmt"
	"io"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// Series is one curve. Series of one Name look alike in all panels and share an
// entry of the legend.
type Series struct {
	Name string // of the run
	X, Y []float64
	// Dashed draws the curve thinner, dashed and without markers: the training
	// set beside the solid test set of the same Name.
	Dashed bool
}

// Panel is one pair of axes.
type Panel struct {
	Title  string
	X, Y   string // axis labels, with units
	Series []Series
	// Whole allows only whole numbers as ticks of the x axis, for epochs, and
	// Counted as those of the y axis.
	Whole, Counted bool
	// SameY gives the panel the range of y of all panels that have it set, so that
	// they can be compared.
	SameY bool
}

// Strokes says what solid and dashed curves stand for, for the legend, such as
// "test" and "training"; empty leaves them out.
type Strokes struct {
	Solid, Dashed string
}

// Curves draws the panels side by side, at most three in a row, and four in two
// rows of two.
//
// It returns an error if there is no panel, if a series has different numbers
// of X and Y, or if no panel has a finite point.
func Curves(w io.Writer, format Format, panels []Panel, strokes Strokes, labels Labels) error {
	looks := newLooks(panels)
	points := 0
	for _, panel := range panels {
		for _, s := range panel.Series {
			if len(s.X) != len(s.Y) {
				return fmt.Errorf("plots: series %q of panel %q has %d x and %d y", s.Name, panel.Title, len(s.X), len(s.Y))
			}
			for _, run := range finiteRuns(s.X, s.Y) {
				points += len(run)
			}
		}
	}
	if points == 0 {
		return fmt.Errorf("plots: no finite points in %d panels of %q", len(panels), labels.Title)
	}
	columns := min(len(panels), 3)
	if len(panels) == 4 {
		columns = 2
	}
	var rows [][]*plot.Plot
	for i, panel := range panels {
		if i%columns == 0 {
			rows = append(rows, make([]*plot.Plot, columns))
		}
		rows[len(rows)-1][i%columns] = curvePanel(panel, looks)
	}
	shareY(panels, rows)
	width, height := vg.Length(300*columns), vg.Length(250)
	if columns == 1 {
		width, height = 600, 340
	}
	return figure{
		labels: labels,
		legend: looks.legend(strokes),
		width:  width + 2*margin,
		body:   height * vg.Length(len(rows)),
		paint:  func(c draw.Canvas) { drawAligned(c, rows, 22, 18) },
	}.write(w, format)
}

// shareY gives the panels that ask for it one range of y.
func shareY(panels []Panel, rows [][]*plot.Plot) {
	low, high := math.Inf(1), math.Inf(-1)
	var shared []*plot.Plot
	for i, p := range slices.Concat(rows...)[:len(panels)] {
		if panels[i].SameY && finite.Is(panels[i].highest()) {
			shared = append(shared, p)
			low, high = min(low, p.Y.Min), max(high, p.Y.Max)
		}
	}
	for _, p := range shared {
		p.Y.Min, p.Y.Max = low, high
	}
}

func curvePanel(panel Panel, looks *lookTable) *plot.Plot {
	p := newPlot(panel.X, panel.Y)
	p.X.Tick.Marker = niceTicks{count: 7, integer: panel.Whole}
	if panel.Counted {
		p.Y.Tick.Marker = niceTicks{count: 5, integer: true}
	}
	p.X.Padding = 4
	p.Add(&plotter.Grid{Horizontal: gridLine()})
	low, high, cut := panel.laterRange()
	if panel.Title != "" {
		title := panel.Title
		if cut {
			title += fmt.Sprintf(" (%s 1 reaches %.4g)", panel.X, panel.highest())
		}
		p.Add(panelTitle{lines: []string{title}, size: headSize})
	}
	// Dashed first: the solid curves are the result and lie on top. Their markers
	// lie on top of them all, so that a curve on which another lies shows.
	var dots []plot.Plotter
	for _, dashed := range []bool{true, false} {
		for _, s := range panel.Series {
			if s.Dashed == dashed {
				one := &curve{runs: finiteRuns(s.X, s.Y), look: looks.lookOf(s)}
				p.Add(one)
				dots = append(dots, (*markers)(one))
			}
		}
	}
	p.Add(dots...)
	if cut {
		p.Y.Min, p.Y.Max = low, high
	}
	padRange(&p.Y, 0.04)
	padRange(&p.X, 0)
	return p
}

// firstShare is how many times the range of the rest the first points may need
// before the axis is theirs no more.
const firstShare = 3

// laterRange is the range of y without the first point of every curve, where
// that point would flatten the rest: in the first epoch a loss falls by more than
// in all others. cut reports whether it does.
func (panel Panel) laterRange() (low, high float64, cut bool) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, s := range panel.Series {
		if panel.Counted || len(s.Y) < 4 {
			return 0, 0, false
		}
		for _, y := range s.Y[1:] {
			if finite.Is(y) {
				low, high = min(low, y), max(high, y)
			}
		}
	}
	return low, high, high > low && panel.highest()-low > firstShare*(high-low)
}

// highest is the largest y of all curves.
func (panel Panel) highest() float64 {
	highest := math.Inf(-1)
	for _, s := range panel.Series {
		for _, y := range s.Y {
			if finite.Is(y) {
				highest = max(highest, y)
			}
		}
	}
	return highest
}

// padRange gives an axis without points the range 0..1, one with a single value
// a range around it, and any other a margin of the share of its range.
func padRange(axis *plot.Axis, share float64) {
	switch {
	case axis.Min > axis.Max:
		axis.Min, axis.Max = 0, 1
	case axis.Min == axis.Max:
		half := max(math.Abs(axis.Min)*0.05, 0.5)
		axis.Min, axis.Max = axis.Min-half, axis.Max+half
	default:
		pad := (axis.Max - axis.Min) * share
		axis.Min, axis.Max = axis.Min-pad, axis.Max+pad
	}
}

// finiteRuns splits the points into runs between those that are not finite.
func finiteRuns(x, y []float64) []plotter.XYs {
	var runs []plotter.XYs
	open := false
	for i := range x {
		if !finite.Is(x[i]) || !finite.Is(y[i]) {
			open = false
			continue
		}
		if !open {
			runs = append(runs, nil)
			open = true
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], plotter.XY{X: x[i], Y: y[i]})
	}
	return runs
}

// look is how a curve is drawn.
type look struct {
	line   draw.LineStyle
	marker marker
	// Of so many curves this is the one of the index: their markers stand on
	// different points, so that those of equal curves do not hide each other.
	index, of int
}

// lookTable gives every name its colour, marker and dashes, by order of appearance.
type lookTable struct {
	index  map[string]int
	names  []string
	dashed bool // some series is dashed, so dashes do not tell names apart
}

func newLooks(panels []Panel) *lookTable {
	l := &lookTable{index: map[string]int{}}
	for _, panel := range panels {
		for _, s := range panel.Series {
			if _, seen := l.index[s.Name]; !seen {
				l.index[s.Name] = len(l.names)
				l.names = append(l.names, s.Name)
			}
			l.dashed = l.dashed || s.Dashed
		}
	}
	return l
}

func (l *lookTable) lookOf(s Series) look {
	i := l.index[s.Name]
	colors := seriesColors()
	c := colors[i%len(colors)]
	if s.Dashed {
		return look{line: draw.LineStyle{Color: c, Width: 1.3, Dashes: []vg.Length{4, 3}}}
	}
	lk := look{
		line:   draw.LineStyle{Color: c, Width: 2},
		marker: marker{shape: shape(i) % shapeCount, radius: 3.2, fill: c},
		index:  i,
		of:     len(l.names),
	}
	if !l.dashed {
		patterns := [][]vg.Length{nil, {8, 3}, {2, 2.5}, {8, 3, 2, 3}}
		lk.line.Dashes = patterns[i%len(patterns)]
	}
	return lk
}

func (l *lookTable) legend(strokes Strokes) []legendEntry {
	var entries []legendEntry
	for _, name := range l.names {
		if name != "" {
			lk := l.lookOf(Series{Name: name})
			entries = append(entries, legendEntry{name: name, keyWidth: 30, key: lineKey(lk.line, lk.marker)})
		}
	}
	if !l.dashed {
		return entries
	}
	if strokes.Solid != "" {
		line := draw.LineStyle{Color: muted(), Width: 2}
		entries = append(entries, legendEntry{name: strokes.Solid, keyWidth: 30, key: lineKey(line, marker{})})
	}
	if strokes.Dashed != "" {
		line := draw.LineStyle{Color: muted(), Width: 1.3, Dashes: []vg.Length{4, 3}}
		entries = append(entries, legendEntry{name: strokes.Dashed, keyWidth: 30, key: lineKey(line, marker{})})
	}
	return entries
}

// curve draws runs of points as lines.
type curve struct {
	runs []plotter.XYs
	look look
}

// Plot implements plot.Plotter.
func (v *curve) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for _, run := range v.runs {
		line := make([]vg.Point, len(run))
		for i, at := range run {
			line[i] = vg.Point{X: trX(at.X), Y: trY(at.Y)}
		}
		if len(line) == 1 && v.look.marker.radius == 0 {
			// A dashed curve has no markers, and a single point no line.
			marker{shape: circle, radius: 2, fill: v.look.line.Color}.draw(c, line[0])
		}
		c.StrokeLines(v.look.line, c.ClipLinesXY(line)...)
	}
}

// DataRange implements plot.DataRanger.
func (v *curve) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, run := range v.runs {
		x0, x1, y0, y1 := plotter.XYRange(run)
		xmin, xmax, ymin, ymax = min(xmin, x0), max(xmax, x1), min(ymin, y0), max(ymax, y1)
	}
	return xmin, xmax, ymin, ymax
}

// markers are a few of those of a curve.
type markers curve

// mostMarkers is how many markers a curve has at most; more make a rope of it.
const mostMarkers = 12

// Plot implements plot.Plotter.
func (m *markers) Plot(c draw.Canvas, p *plot.Plot) {
	if m.look.marker.radius == 0 {
		return
	}
	trX, trY := p.Transforms(&c)
	at := func(v plotter.XY) {
		if v.Y >= p.Y.Min && v.Y <= p.Y.Max { // the axis may leave the first point out
			m.look.marker.draw(c, vg.Point{X: trX(v.X), Y: trY(v.Y)})
		}
	}
	var points plotter.XYs
	for _, run := range m.runs {
		if len(run) == 1 { // no line passes here
			at(run[0])
		} else {
			points = append(points, run...)
		}
	}
	every := max((len(points)+mostMarkers-1)/mostMarkers, min(m.look.of, len(points)/2), 1)
	for i := m.look.index * every / m.look.of; i < len(points); i += every {
		at(points[i])
	}
}
