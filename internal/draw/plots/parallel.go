package plots

import (
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// mostParallel bounds the axes side by side.
const mostParallel = 12

// Parallel draws one line a trial across an axis for each setting, and one for the figure at the right. The better a trial, the
// darker its line; the best is drawn last, thick and with markers. Of more than eleven settings it draws the first.
//
// It returns an error if no trial has a figure, if nothing is varied, or if lengths differ.
func Parallel(w io.Writer, format Format, trials Trials, labels Labels) error {
	if err := trials.check(); err != nil {
		return err
	}
	axes := append(slices.Clone(trials.Settings[:min(len(trials.Settings), mostParallel-1)]), trials.Figure)
	best := marker{shape: circle, radius: 3.2, fill: bestColor()}
	line := draw.LineStyle{Color: bestColor(), Width: 2.4}
	return figure{
		labels: labels,
		legend: []legendEntry{
			{name: "the best", keyWidth: 30, key: lineKey(line, best)},
			{name: "the others, the better the darker", keyWidth: 30, key: lineKey(draw.LineStyle{Color: rankColor(0.75), Width: 1.2}, marker{})},
		},
		width: max(480, vg.Length(150*len(axes))) + 2*margin,
		body:  320,
		paint: func(c draw.Canvas) {
			p := parallel{canvas: c, axes: axes}
			ranked := trials.ranked()
			for place, trial := range ranked {
				style := draw.LineStyle{Color: rankColor(float64(place+1) / float64(len(ranked))), Width: 1.2}
				if place == len(ranked)-1 {
					style = line
				}
				c.StrokeLines(style, p.points(trial))
			}
			for _, at := range p.points(ranked[len(ranked)-1]) {
				best.draw(c, at)
			}
			p.drawAxes()
		},
	}.write(w, format)
}

// bestColor is vermilion, and the others' the more of it the better, a blue.
func bestColor() color.NRGBA { return seriesColors()[3] }

func rankColor(share float64) color.NRGBA { return tint(seriesColors()[0], 0.15+0.85*share*share) }

// parallel places axes on a canvas.
type parallel struct {
	canvas draw.Canvas
	axes   []Setting
}

const (
	axisHead vg.Length = 34 // room above the axes for their names
	axisFoot vg.Length = 10
	axisSide vg.Length = 55
)

// x is where axis i stands.
func (p parallel) x(i int) vg.Length {
	room := p.canvas.Max.X - p.canvas.Min.X - 2*axisSide
	return p.canvas.Min.X + axisSide + room*vg.Length(i)/vg.Length(len(p.axes)-1)
}

// y is where a position on axis i lies.
func (p parallel) y(i int, at float64) vg.Length {
	low, high := p.axes[i].bounds()
	bottom, top := p.canvas.Min.Y+axisFoot, p.canvas.Max.Y-axisHead
	return bottom + (top-bottom)*vg.Length((at-low)/(high-low))
}

// points are where a trial crosses the axes.
func (p parallel) points(trial int) []vg.Point {
	var points []vg.Point
	for i, a := range p.axes {
		if at := a.at(a.Values[trial]); finite.Is(at) {
			points = append(points, vg.Point{X: p.x(i), Y: p.y(i, at)})
		}
	}
	return points
}

// drawAxes draws the axes with their names above and their ticks beside, on a halo of the page's colour: lines pass below.
func (p parallel) drawAxes() {
	name, tick := boldStyle(tickSize, ink()), textStyle(tickSize, muted())
	name.XAlign = draw.XCenter
	axis := draw.LineStyle{Color: axisGrey(), Width: 1}
	for i, a := range p.axes {
		x := p.x(i)
		p.canvas.StrokeLine2(axis, x, p.canvas.Min.Y+axisFoot, x, p.canvas.Max.Y-axisHead)
		room := 2 * axisSide
		p.canvas.FillText(name, vg.Point{X: x, Y: p.canvas.Max.Y - axisHead + 22}, shorten(clean(a.Name), name, room))
		low, high := a.bounds()
		for _, t := range a.ticks().Ticks(low, high) {
			if t.Label == "" || t.Value < low || t.Value > high {
				continue
			}
			y := p.y(i, t.Value)
			p.canvas.StrokeLine2(axis, x-3, y, x, y)
			onPage(p.canvas, tick, vg.Point{X: x + 5, Y: y}, shorten(t.Label, tick, room-8))
		}
	}
}
