package plots

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// Points is what Scatter draws: one point per image.
type Points struct {
	X, Y []float64
	// Classes is the class of each point, 0 to 9, or nil. Other values are
	// drawn in grey as "other".
	Classes []int
	// Names are those of the classes; a class without one goes by its number.
	Names          []string
	XLabel, YLabel string
	// Guides are thin dashed lines behind the points, such as the contours of
	// the prior; series of one Name share an entry of the legend.
	Guides []Series
}

const (
	classCount = 10
	other      = classCount // where the points of unknown classes are kept
)

// Scatter draws the latent space: one unit is as long on the y axis as on the
// x axis, and each class has its name at the median of its points. Points that
// are not finite are left out.
//
// It returns an error where lengths differ and if no point is finite.
func Scatter(w io.Writer, format Format, points Points, labels Labels) error {
	if len(points.X) != len(points.Y) {
		return fmt.Errorf("plots: scatter of %d x and %d y", len(points.X), len(points.Y))
	}
	if points.Classes != nil && len(points.Classes) != len(points.X) {
		return fmt.Errorf("plots: scatter of %d points and %d classes", len(points.X), len(points.Classes))
	}
	cloud := newCloud(points)
	if len(cloud.at) == 0 {
		return fmt.Errorf("plots: none of %d points is finite", len(points.X))
	}
	p := newPlot(points.XLabel, points.YLabel)
	p.X.Padding = 4
	p.Add(&plotter.Grid{Horizontal: gridLine(), Vertical: gridLine()})
	legend := cloud.legend()
	named := map[string]bool{}
	for _, g := range points.Guides {
		if len(g.X) != len(g.Y) {
			return fmt.Errorf("plots: guide %q has %d x and %d y", g.Name, len(g.X), len(g.Y))
		}
		line := draw.LineStyle{Color: muted(), Width: 1, Dashes: []vg.Length{5, 3}}
		p.Add(&curve{runs: finiteRuns(g.X, g.Y), look: look{line: line}})
		if g.Name != "" && !named[g.Name] {
			named[g.Name] = true
			legend = append(legend, legendEntry{name: g.Name, keyWidth: 30, key: lineKey(line, marker{})})
		}
	}
	p.Add(cloud)
	padRange(&p.X, 0.02)
	padRange(&p.Y, 0.02)
	return figure{
		labels: labels,
		legend: legend,
		width:  620,
		body:   584,
		paint: func(c draw.Canvas) {
			squareUnits(p, c)
			p.Draw(c)
		},
	}.write(w, format)
}

// squareUnits widens the shorter axis until a unit has one length on both.
func squareUnits(p *plot.Plot, c draw.Canvas) {
	size := p.DataCanvas(c).Size()
	perX := (p.X.Max - p.X.Min) / size.X.Points()
	perY := (p.Y.Max - p.Y.Min) / size.Y.Points()
	widen := func(axis *plot.Axis, factor float64) {
		pad := (axis.Max - axis.Min) * (factor - 1) / 2
		axis.Min, axis.Max = axis.Min-pad, axis.Max+pad
	}
	if perX < perY {
		widen(&p.X, perY/perX)
	} else {
		widen(&p.Y, perX/perY)
	}
}

// cloud is the finite points with their classes.
type cloud struct {
	at      plotter.XYs
	class   []int // 0 to 9 or other
	classes bool  // classes were given
	names   []string
	radius  vg.Length
}

func newCloud(points Points) *cloud {
	v := &cloud{classes: points.Classes != nil, names: points.Names}
	for i := range points.X {
		if !finite.Is(points.X[i]) || !finite.Is(points.Y[i]) {
			continue
		}
		class := other
		if v.classes && points.Classes[i] < classCount {
			class = points.Classes[i]
		}
		v.at = append(v.at, plotter.XY{X: points.X[i], Y: points.Y[i]})
		v.class = append(v.class, class)
	}
	// From 3.5 points for a few hundred images down to 1.4 for ten thousand.
	v.radius = vg.Length(min(max(140/math.Sqrt(float64(len(v.at))), 1.4), 3.5))
	return v
}

func (v *cloud) color(class int) color.NRGBA {
	switch {
	case class < classCount:
		return classColors()[class]
	case v.classes:
		return rgb(0x9a9a9a)
	default:
		return seriesColors()[0]
	}
}

// name is what a class is called.
func (v *cloud) name(class int) string {
	switch {
	case class == other:
		return "other"
	case class < len(v.names) && v.names[class] != "":
		return v.names[class]
	}
	return strconv.Itoa(class)
}

func classShape(class int) shape {
	return shape(class) % shapeCount
}

// present lists the classes that have points, in order.
func (v *cloud) present() []int {
	var found [classCount + 1]bool
	for _, class := range v.class {
		found[class] = true
	}
	var classes []int
	for class, ok := range found {
		if ok {
			classes = append(classes, class)
		}
	}
	return classes
}

func (v *cloud) legend() []legendEntry {
	if !v.classes {
		return nil
	}
	var entries []legendEntry
	for _, class := range v.present() {
		m := marker{shape: classShape(class), radius: 4.5, fill: v.color(class)}
		entries = append(entries, legendEntry{name: v.name(class), keyWidth: 10, key: markerKey(m)})
	}
	return entries
}

// chunk is how many points are drawn class by class before the next ones are.
// In one path per class they make a file a tenth the size of one element per
// point, and in chunks no class lies on top of all others.
const chunk = 400

// Plot implements plot.Plotter.
func (v *cloud) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for start := 0; start < len(v.at); start += chunk {
		end := min(start+chunk, len(v.at))
		var paths [classCount + 1]vg.Path
		for i := start; i < end; i++ {
			class := v.class[i]
			at := vg.Point{X: trX(v.at[i].X), Y: trY(v.at[i].Y)}
			paths[class] = classShape(int(class)).append(paths[class], at, v.radius)
		}
		for class, path := range paths {
			if len(path) > 0 {
				fill := v.color(class)
				fill.A = 0xc8
				c.SetColor(fill)
				c.Fill(path)
			}
		}
	}
	if v.classes {
		v.drawNames(c, trX, trY)
	}
}

const (
	// nameRadius is that of the white disc behind a name, or of the ends of a longer
	// shape.
	nameRadius vg.Length = 10
	// longestName is the width to which a name is cut.
	longestName vg.Length = 110
)

// drawNames writes each class's name at the median of its points, moved just far
// enough that no names overlap.
func (v *cloud) drawNames(c draw.Canvas, trX, trY func(float64) vg.Length) {
	style := boldStyle(14, ink())
	style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	var classes []int
	var names []string
	var places []vg.Point
	squeeze := 1.0 // how much wider the widest name is than the disc
	for _, class := range v.present() {
		if class == other {
			continue
		}
		var x, y []float64
		for i, k := range v.class {
			if int(k) == class {
				x, y = append(x, v.at[i].X), append(y, v.at[i].Y)
			}
		}
		name := shorten(clean(v.name(class)), style, longestName)
		squeeze = max(squeeze, float64((straight(style, name)+2*nameRadius)/(2*nameRadius)))
		classes, names = append(classes, class), append(names, name)
		places = append(places, vg.Point{X: trX(median(x)), Y: trY(median(y))})
	}
	for i := range places {
		places[i].X /= vg.Length(squeeze)
	}
	spread(places, 2*nameRadius+1)
	for i, class := range classes {
		places[i].X *= vg.Length(squeeze)
		behind := pill(places[i], straight(style, names[i]))
		c.SetColor(color.NRGBA{R: 255, G: 255, B: 255, A: 0xe6})
		c.Fill(behind)
		c.SetLineStyle(draw.LineStyle{Color: v.color(class), Width: 1.8})
		c.Stroke(behind)
		// The text's own middle lies above that of the line of text.
		c.FillText(style, vg.Point{X: places[i].X, Y: places[i].Y + 0.8}, names[i])
	}
}

// straight is how much a name is longer than what a disc holds.
func straight(style text.Style, name string) vg.Length {
	return max(0, style.Width(name)-nameRadius)
}

// pill is a disc about a point with a straight part of a length put in.
func pill(at vg.Point, length vg.Length) vg.Path {
	if length == 0 {
		return circle.append(nil, at, nameRadius)
	}
	var p vg.Path
	left, right := vg.Point{X: at.X - length/2, Y: at.Y}, vg.Point{X: at.X + length/2, Y: at.Y}
	p.Move(vg.Point{X: right.X, Y: at.Y - nameRadius})
	p.Arc(right, nameRadius, -math.Pi/2, math.Pi)
	p.Line(vg.Point{X: left.X, Y: at.Y + nameRadius})
	p.Arc(left, nameRadius, math.Pi/2, math.Pi)
	p.Close()
	return p
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// spread moves points that are closer than the distance away from each other,
// a little in each of a fixed number of rounds.
func spread(points []vg.Point, distance vg.Length) {
	for range 60 {
		for i := range points {
			for j := range i {
				d := points[i].Sub(points[j])
				length := vg.Length(math.Hypot(d.X.Points(), d.Y.Points()))
				if length >= distance {
					continue
				}
				if length == 0 {
					d, length = vg.Point{X: 1}, 1
				}
				push := d.Scale((distance - length) / length / 2)
				points[i], points[j] = points[i].Add(push), points[j].Sub(push)
			}
		}
	}
}

// DataRange implements plot.DataRanger.
func (v *cloud) DataRange() (xmin, xmax, ymin, ymax float64) {
	return plotter.XYRange(v.at)
}
