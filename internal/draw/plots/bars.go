package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// Latents is what Bars draws: one value per latent.
type Latents struct {
	Values []float64
	YLabel string // with its unit
	// Threshold is where a dashed line parts active latents, in colour, from
	// inactive ones, in grey; 0 makes all active. ThresholdName is its entry in
	// the legend.
	Threshold     float64
	ThresholdName string
	// Active says which latents are active where another figure than Values
	// decides it, and ActiveName what makes them so, for the legend; nil leaves
	// it to Threshold.
	Active     []bool
	ActiveName string
}

// Bars draws the values of the latents, highest first, each with the number of
// its latent below and, where there is room, its value above. Values that are
// not finite come last, without a bar.
//
// It returns an error if no value is finite, and if lengths differ.
func Bars(w io.Writer, format Format, latents Latents, labels Labels) error {
	if latents.Active != nil && len(latents.Active) != len(latents.Values) {
		return fmt.Errorf("plots: %d latents are active or not, there are %d", len(latents.Active), len(latents.Values))
	}
	bars := newLatentBars(latents)
	if len(bars.values) == 0 || !finite.Is(bars.values[0]) {
		return fmt.Errorf("plots: none of %d values to draw as bars is finite", len(latents.Values))
	}
	width := vg.Length(min(max(22*len(bars.values)+80, 460), 900))
	p := newPlot("latent, most active first", latents.YLabel)
	p.X.Tick.Length = 0
	p.X.Tick.Marker = bars.ticks(width - 2*margin - 60)
	p.Y.Padding = 0
	p.Add(&plotter.Grid{Horizontal: gridLine()})
	var legend []legendEntry
	if latents.Threshold != 0 {
		line := draw.LineStyle{Color: ink(), Width: 1, Dashes: []vg.Length{5, 3}}
		last := float64(len(bars.values)) - 0.5
		p.Add(bars, &curve{
			runs: finiteRuns([]float64{-0.5, last}, []float64{latents.Threshold, latents.Threshold}),
			look: look{line: line},
		})
		if latents.ThresholdName != "" {
			legend = append(legend, legendEntry{name: latents.ThresholdName, keyWidth: 30, key: lineKey(line, marker{})})
		}
	} else {
		p.Add(bars)
	}
	if latents.ActiveName != "" {
		legend = append(legend, legendEntry{name: latents.ActiveName, keyWidth: 20, key: areaKey(barFill(true), draw.LineStyle{})})
		if bars.anyInactive() {
			legend = append(legend, legendEntry{name: "inactive", keyWidth: 20, key: areaKey(barFill(false), draw.LineStyle{})})
		}
	}
	p.X.Min, p.X.Max = -0.6, float64(len(bars.values))-0.4
	padRange(&p.Y, 0)
	if p.Y.Max > 0 {
		p.Y.Max *= 1.06
	}
	return figure{
		labels: labels,
		legend: legend,
		width:  width,
		body:   300,
		paint:  func(c draw.Canvas) { p.Draw(c) },
	}.write(w, format)
}

// latentBars are the values in the order they are drawn in.
type latentBars struct {
	values []float64
	latent []int
	active []bool
}

func newLatentBars(l Latents) *latentBars {
	b := &latentBars{}
	for i := range l.Values {
		b.latent = append(b.latent, i)
	}
	slices.SortStableFunc(b.latent, func(i, j int) int {
		x, y := l.Values[i], l.Values[j]
		if finite.Is(x) != finite.Is(y) {
			if finite.Is(x) {
				return -1
			}
			return 1
		}
		if !finite.Is(x) {
			return 0
		}
		return cmp.Compare(y, x)
	})
	for _, i := range b.latent {
		b.values = append(b.values, l.Values[i])
		if l.Active != nil {
			b.active = append(b.active, l.Active[i])
		} else {
			b.active = append(b.active, l.Threshold == 0 || l.Values[i] >= l.Threshold)
		}
	}
	return b
}

func (b *latentBars) anyInactive() bool { return slices.Contains(b.active, false) }

func barFill(active bool) color.NRGBA {
	if active {
		return seriesColors()[0]
	}
	return rgb(0xb5b5b5)
}

// ticks names as many latents as fit into the width.
func (b *latentBars) ticks(width vg.Length) plot.ConstantTicks {
	widest := textStyle(tickSize, nil).Width("z" + strconv.Itoa(len(b.latent)-1))
	every := max(int((widest+4)*vg.Length(len(b.latent))/width+0.999), 1)
	var ticks plot.ConstantTicks
	for i := 0; i < len(b.latent); i += every {
		ticks = append(ticks, plot.Tick{Value: float64(i), Label: "z" + strconv.Itoa(b.latent[i])})
	}
	return ticks
}

// leastBar keeps the bars of collapsed latents in sight.
const leastBar = vg.Length(1.5)

// Plot implements plot.Plotter.
func (b *latentBars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	style := textStyle(8, muted())
	style.XAlign, style.YAlign = draw.XCenter, draw.YBottom
	room := trX(1) - trX(0)
	for i, v := range b.values {
		if !finite.Is(v) {
			continue
		}
		left, right, top := trX(float64(i)-0.38), trX(float64(i)+0.38), trY(v)
		if v >= 0 {
			top = max(top, trY(0)+leastBar)
		}
		c.FillPolygon(barFill(b.active[i]), []vg.Point{
			{X: left, Y: trY(0)}, {X: right, Y: trY(0)}, {X: right, Y: top}, {X: left, Y: top},
		})
		if label := minus(strconv.FormatFloat(v, 'f', 2, 64)); style.Width(label) <= room-1 {
			c.FillText(style, vg.Point{X: trX(float64(i)), Y: max(trY(v), trY(0)) + 2}, label)
		}
	}
}

// DataRange implements plot.DataRanger.
func (b *latentBars) DataRange() (xmin, xmax, ymin, ymax float64) {
	for _, v := range b.values {
		if finite.Is(v) {
			ymin, ymax = min(ymin, v), max(ymax, v)
		}
	}
	return 0, float64(len(b.values) - 1), ymin, ymax
}
