package plots

import (
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"vaectl/internal/finite"
)

// histogram is the density of samples in bins of one width. Samples outside
// count for the total, so that the bars show the share they really have.
type histogram struct {
	low, width float64
	density    []float64
	fill       color.Color
	line       draw.LineStyle
}

// bins is where a histogram's bars stand.
type bins struct {
	low, width float64
	count      int
}

func (b bins) high() float64 {
	return b.low + b.width*float64(b.count)
}

// fill counts the finite values; n is how many there are, inside or not.
func (b bins) fill(values []float64) (density []float64, n int) {
	counts := make([]float64, b.count)
	for _, v := range values {
		if !finite.Is(v) {
			continue
		}
		n++
		if v >= b.low && v <= b.high() {
			// The quotient of a value at or just below the end may round up to the count.
			counts[min(int((v-b.low)/b.width), b.count-1)]++
		}
	}
	for i := range counts {
		counts[i] /= max(float64(n), 1) * b.width
	}
	return counts, n
}

// Plot implements plot.Plotter: one area with a stepped outline, cut off at the
// top of the axes.
func (h *histogram) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	base := trY(0)
	steps := []vg.Point{{X: trX(h.low), Y: base}}
	for i, d := range h.density {
		y := trY(min(d, p.Y.Max))
		steps = append(steps,
			vg.Point{X: trX(h.low + float64(i)*h.width), Y: y},
			vg.Point{X: trX(h.low + float64(i+1)*h.width), Y: y})
	}
	steps = append(steps, vg.Point{X: steps[len(steps)-1].X, Y: base})
	c.FillPolygon(h.fill, c.ClipPolygonX(steps))
	c.StrokeLines(h.line, c.ClipLinesX(steps)...)
}

func (h *histogram) highest() float64 {
	highest := 0.0
	for _, d := range h.density {
		highest = max(highest, d)
	}
	return highest
}
