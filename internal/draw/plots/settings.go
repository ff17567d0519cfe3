package plots

import (
	"image/color"
	"io"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// mostMeans is how many values a setting may have for the mean of each to be drawn: more are points drawn at random.
const mostMeans = 12

// Settings draws the figure of every trial against each setting, a panel each, with the mean of the trials that share a value.
//
// It returns an error if no trial has a figure, if nothing is varied, or if lengths differ.
func Settings(w io.Writer, format Format, trials Trials, labels Labels) error {
	if err := trials.check(); err != nil {
		return err
	}
	columns := min(len(trials.Settings), 3)
	if len(trials.Settings) == 4 {
		columns = 2
	}
	var rows [][]*plot.Plot
	means := false
	for i, s := range trials.Settings {
		if i%columns == 0 {
			rows = append(rows, make([]*plot.Plot, columns))
		}
		var drawn bool
		rows[len(rows)-1][i%columns], drawn = settingPanel(trials, s)
		means = means || drawn
	}
	point := trialMarker()
	legend := []legendEntry{{name: "a trial", keyWidth: 10, key: markerKey(point)}}
	if means {
		legend = append(legend, legendEntry{name: "mean of the trials with a value", keyWidth: 30, key: lineKey(meanLine(), marker{shape: square, radius: 3.6, fill: meanColor()})})
	}
	width, height := vg.Length(300*columns), vg.Length(250)
	if columns == 1 {
		width, height = 600, 340
	}
	return figure{
		labels: labels,
		legend: legend,
		width:  width + 2*margin,
		body:   height * vg.Length(len(rows)),
		paint:  func(c draw.Canvas) { drawAligned(c, rows, 22, 18) },
	}.write(w, format)
}

func trialMarker() marker {
	return marker{shape: circle, radius: 3, fill: tint(seriesColors()[0], 0.7)}
}

func meanColor() color.NRGBA { return seriesColors()[3] }

func meanLine() draw.LineStyle { return draw.LineStyle{Color: meanColor(), Width: 1.6} }

// settingPanel draws the figure against one setting, and reports whether it drew means.
func settingPanel(t Trials, s Setting) (p *plot.Plot, means bool) {
	p = newPlot(s.Name, t.Figure.Name)
	p.X.Tick.Marker = s.ticks()
	p.X.Padding = 4
	p.Add(&plotter.Grid{Horizontal: gridLine()})
	points := &dots{marker: trialMarker()}
	sums := map[float64][2]float64{}
	for i, v := range t.Figure.Values {
		if at := s.at(s.Values[i]); finite.Is(at) && finite.Is(v) {
			points.at = append(points.at, plotter.XY{X: at, Y: v})
			sum := sums[at]
			sums[at] = [2]float64{sum[0] + v, sum[1] + 1}
		}
	}
	p.Add(points)
	if means = len(sums) <= mostMeans && len(sums) < len(points.at); means {
		line := &curve{look: look{line: meanLine(), marker: marker{shape: square, radius: 3.6, fill: meanColor()}, of: 1}}
		var run plotter.XYs
		for at, sum := range sums {
			run = append(run, plotter.XY{X: at, Y: sum[0] / sum[1]})
		}
		slices.SortFunc(run, func(a, b plotter.XY) int {
			if a.X < b.X {
				return -1
			}
			return 1
		})
		if s.Words == nil {
			line.runs = []plotter.XYs{run}
		} else { // nothing lies between two words
			for _, at := range run {
				line.runs = append(line.runs, plotter.XYs{at})
			}
		}
		p.Add(line, (*markers)(line))
	}
	low, high := s.bounds()
	p.X.Min, p.X.Max = low, high
	if s.Words == nil {
		padRange(&p.X, 0.05)
	}
	padRange(&p.Y, 0.06)
	return p, means
}

// dots are points with a marker each.
type dots struct {
	at     plotter.XYs
	marker marker
}

// Plot implements plot.Plotter.
func (d *dots) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for _, at := range d.at {
		d.marker.draw(c, vg.Point{X: trX(at.X), Y: trY(at.Y)})
	}
}

// DataRange implements plot.DataRanger.
func (d *dots) DataRange() (xmin, xmax, ymin, ymax float64) { return plotter.XYRange(d.at) }
