package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// Rates are models of one kind in [RateDistortion], in nats per image.
type Rates struct {
	Name string
	// Rate is the KL and Distortion the reconstruction of each.
	Rate, Distortion []float64
	// Notes says what is particular to each; nil says nothing.
	Notes []string
}

// RateDistortion draws what codes cost against what they leave out: the KL (rate) on the x axis and the reconstruction (distortion) on the y
// axis, the models of one kind joined in order of their rate. Dashed lines join points of one negative ELBO, their sum.
// The notes of the first kind stand beside its points.
//
// It returns an error if lengths differ, or if no point is finite.
func RateDistortion(w io.Writer, format Format, kinds []Rates, labels Labels) error {
	names := Panel{}
	for _, k := range kinds {
		names.Series = append(names.Series, Series{Name: k.Name})
	}
	looks := newLooks([]Panel{names})
	var all plotter.XYs
	p := newPlot("rate: KL, nats per image", "distortion: reconstruction, nats per image")
	p.X.Padding = 4
	p.Add(&plotter.Grid{Horizontal: gridLine(), Vertical: gridLine()})
	var drawn []plot.Plotter
	for i, k := range kinds {
		if len(k.Rate) != len(k.Distortion) || k.Notes != nil && len(k.Notes) != len(k.Rate) {
			return fmt.Errorf("plots: %q has %d rates, %d distortions and %d notes", k.Name, len(k.Rate), len(k.Distortion), len(k.Notes))
		}
		points := k.points()
		if len(points) == 0 {
			continue
		}
		one := &rates{points: points, look: looks.lookOf(names.Series[i]), noted: i == 0}
		all = append(all, one.line()...)
		drawn = append(drawn, one)
	}
	if len(all) == 0 {
		return fmt.Errorf("plots: no finite points in %d kinds of %q", len(kinds), labels.Title)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = plotter.XYRange(all)
	padRange(&p.X, 0.08)
	padRange(&p.Y, 0.08)
	p.Add(&isoLines{xmin: p.X.Min, xmax: p.X.Max, ymin: p.Y.Min, ymax: p.Y.Max})
	p.Add(drawn...)
	legend := append(looks.legend(Strokes{}), legendEntry{name: "one negative ELBO", keyWidth: 30, key: lineKey(isoStyle(), marker{})})
	return figure{
		labels: labels,
		legend: legend,
		width:  620,
		body:   420,
		paint:  func(c draw.Canvas) { p.Draw(c) },
	}.write(w, format)
}

// notedPoint is a point and what stands beside it.
type notedPoint struct {
	at   plotter.XY
	note string
}

// points are the finite ones in order of their rate.
func (k Rates) points() []notedPoint {
	var points []notedPoint
	for i, rate := range k.Rate {
		if !finite.Is(rate) || !finite.Is(k.Distortion[i]) {
			continue
		}
		n := notedPoint{at: plotter.XY{X: rate, Y: k.Distortion[i]}}
		if k.Notes != nil {
			n.note = k.Notes[i]
		}
		points = append(points, n)
	}
	slices.SortStableFunc(points, func(a, b notedPoint) int { return cmp.Compare(a.at.X, b.at.X) })
	return points
}

// rates draws points with a line through them.
type rates struct {
	points []notedPoint
	look   look
	noted  bool
}

func (r *rates) line() plotter.XYs {
	line := make(plotter.XYs, len(r.points))
	for i, p := range r.points {
		line[i] = p.at
	}
	return line
}

// Plot implements plot.Plotter.
func (r *rates) Plot(c draw.Canvas, p *plot.Plot) {
	(&curve{runs: []plotter.XYs{r.line()}, look: r.look}).Plot(c, p)
	trX, trY := p.Transforms(&c)
	style := textStyle(tickSize, ink())
	for _, n := range r.points {
		at := vg.Point{X: trX(n.at.X), Y: trY(n.at.Y)}
		r.look.marker.draw(c, at)
		if r.noted && n.note != "" {
			left := at.X + 8
			if width := style.Width(clean(n.note)); left+width > c.Max.X+margin {
				left = at.X - 8 - width
			}
			onPage(c, style, vg.Point{X: left, Y: at.Y + 8}, clean(n.note))
		}
	}
}

// onPage writes text whose left middle is at the point, on a piece of page that dims what lies below.
func onPage(c draw.Canvas, style text.Style, at vg.Point, words string) {
	style.YAlign = draw.YCenter
	width, half := style.Width(words), style.Font.Size*0.6
	c.FillPolygon(color.NRGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xc8}, []vg.Point{
		{X: at.X - 1, Y: at.Y - half}, {X: at.X + width + 1, Y: at.Y - half}, {X: at.X + width + 1, Y: at.Y + half}, {X: at.X - 1, Y: at.Y + half},
	})
	c.FillText(style, at, words)
}

func isoStyle() draw.LineStyle {
	return draw.LineStyle{Color: axisGrey(), Width: 0.9, Dashes: []vg.Length{4, 3}}
}

// isoLines are where x + y is round, with their sums at the upper end.
type isoLines struct{ xmin, xmax, ymin, ymax float64 }

// Plot implements plot.Plotter.
func (l *isoLines) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	style := textStyle(tickSize-1, muted())
	for _, t := range (niceTicks{count: 8}).Ticks(l.xmin+l.ymin, l.xmax+l.ymax) {
		// From the left or upper edge to the right or lower one.
		x0 := max(l.xmin, t.Value-l.ymax)
		x1 := min(l.xmax, t.Value-l.ymin)
		if x0 >= x1 {
			continue
		}
		from := vg.Point{X: trX(x0), Y: trY(t.Value - x0)}
		c.StrokeLine2(isoStyle(), from.X, from.Y, trX(x1), trY(t.Value-x1))
		onPage(c, style, vg.Point{X: from.X + 6, Y: from.Y - 4}, t.Label)
	}
}
