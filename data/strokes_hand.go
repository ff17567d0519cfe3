package data

import "math"

// digitStyle is how one digit is written: its families and the habits of the hand.
type digitStyle struct {
	families []family
	// slant is the mean and standard deviation of the shear, in widths per height; positive leans right.
	slant, slantSpread float64
	// width is the mean of the horizontal stretch.
	width, widthSpread float64
	// pen is the mean of half the pen's width against penMean: digits written small take a relatively wide pen.
	pen float64
}

// The hand, in heights of the skeleton where nothing else is said. The figures bring amount and spread of ink, sizes
// and leans of the images near those of MNIST's.
const (
	penMean       = 0.070 // half the pen's width
	penSpread     = 0.020
	penThinnest   = 0.028
	pressure      = 0.12 // relative change of the pen's width along a stroke
	knotWobble    = 0.018
	fieldCells    = 3 // cells a side of the low-frequency displacement field
	fieldStrength = 0.04
	turnSpread    = 0.06 // tangent of half the angle of rotation
	spanSteps     = 6    // straight pieces between two knots
)

// strokeArtist draws digits one after another, reusing its buffers. It must not be shared between goroutines.
type strokeArtist struct {
	digits [strokesClasses]digitStyle
	knots  skeleton
	lines  []inkLine
	canvas canvas
}

// inkPoint is a point of the pen's path with half the pen's width there.
type inkPoint struct {
	point
	radius float64
}

// inkLine is a polyline the pen draws without being lifted.
type inkLine []inkPoint

// draw writes the image of one digit into dst, 28x28 bytes.
func (a *strokeArtist) draw(dst []byte, digit byte, c chance) {
	style := &a.digits[digit]
	a.knots = choose(style.families, c).mix(a.knots, c)
	wobble(a.knots, c)
	a.trace(style.pen, c)
	a.deform(c)
	a.lean(style, c)
	a.canvas.fit(a.lines)
	a.canvas.fill(a.lines)
	a.canvas.centre(dst)
}

// wobble moves every knot a little on its own.
func wobble(s skeleton, c chance) {
	for _, stroke := range s {
		for j := range stroke {
			stroke[j].x = c.spread(stroke[j].x, knotWobble)
			stroke[j].y = c.spread(stroke[j].y, knotWobble)
		}
	}
}

// trace turns the knots into polylines with the pen's width at every point.
func (a *strokeArtist) trace(pen float64, c chance) {
	radius := max(penThinnest, pen*c.spread(penMean, penSpread))
	a.lines = a.lines[:min(len(a.lines), len(a.knots))]
	for len(a.lines) < len(a.knots) {
		a.lines = append(a.lines, nil)
	}
	for i, stroke := range a.knots {
		line := spline(a.lines[i][:0], stroke)
		begin, end := c.spread(1, pressure), c.spread(1, pressure)
		for j := range line {
			t := float64(j) / float64(len(line)-1)
			line[j].radius = radius * lerp(begin, end, t)
		}
		a.lines[i] = line
	}
}

// spline appends to dst a curve through the knots, broken at corners: Catmull-Rom with centripetal parameters
// (Yuksel, Schaefer and Keyser 2011), which makes no loops of its own.
func spline(dst inkLine, knots []knot) inkLine {
	first := 0
	for j := 1; j < len(knots); j++ {
		if knots[j].corner || j == len(knots)-1 {
			dst = smoothSpan(dst, knots[first:j+1])
			first = j
		}
	}
	return append(dst, inkPoint{point: knots[len(knots)-1].point})
}

// smoothSpan appends the curve through knots, without its last point.
func smoothSpan(dst inkLine, knots []knot) inkLine {
	for j := 0; j+1 < len(knots); j++ {
		p1, p2 := knots[j].point, knots[j+1].point
		step := rootDistance(p1, p2)
		m1, m2 := point{p2.x - p1.x, p2.y - p1.y}, point{p2.x - p1.x, p2.y - p1.y}
		if j > 0 {
			m1 = tangent(knots[j-1].point, p1, p2, rootDistance(knots[j-1].point, p1), step, step)
		}
		if j+2 < len(knots) {
			m2 = tangent(p1, p2, knots[j+2].point, step, rootDistance(p2, knots[j+2].point), step)
		}
		for k := range spanSteps {
			t := float64(k) / spanSteps
			dst = append(dst, inkPoint{point: hermite(p1, p2, m1, m2, t)})
		}
	}
	return dst
}

// tangent is the derivative at b of the curve through a, b, c whose parameter grows by ab and bc between them, for a
// parameter that grows by one over the span in question.
func tangent(a, b, c point, ab, bc, span float64) point {
	along := func(a, b, c float64) float64 {
		return span * ((b-a)/ab - (c-a)/(ab+bc) + (c-b)/bc)
	}
	return point{along(a.x, b.x, c.x), along(a.y, b.y, c.y)}
}

func hermite(p1, p2, m1, m2 point, t float64) point {
	t2 := float64(t * t)
	t3 := float64(t2 * t)
	h2 := float64(3*t2) - float64(2*t3)
	g1 := t3 - float64(2*t2) + t
	g2 := t3 - t2
	at := func(p1, p2, m1, m2 float64) float64 {
		return p1 + float64(h2*(p2-p1)) + float64(g1*m1) + float64(g2*m2)
	}
	return point{at(p1.x, p2.x, m1.x, m2.x), at(p1.y, p2.y, m1.y, m2.y)}
}

// rootDistance is the square root of the distance, kept off zero because it divides.
func rootDistance(a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	return math.Sqrt(math.Sqrt(float64(dx*dx)+float64(dy*dy))) + 1e-6
}

// deform bends everything by one smooth field: quadratic B-splines over a coarse grid of random displacements.
func (a *strokeArtist) deform(c chance) {
	const side = fieldCells + 2
	var grid [side][side]point
	for y := range grid {
		for x := range grid[y] {
			grid[y][x] = point{c.bell() * fieldStrength, c.bell() * fieldStrength}
		}
	}
	for _, line := range a.lines {
		for j := range line {
			p := &line[j].point
			cx, wx := fieldWeights(p.x)
			cy, wy := fieldWeights(p.y)
			var move point
			for v := range 3 {
				for u := range 3 {
					w := wx[u] * wy[v]
					move.x += float64(w * grid[cy+v][cx+u].x)
					move.y += float64(w * grid[cy+v][cx+u].y)
				}
			}
			p.x += move.x
			p.y += move.y
		}
	}
}

// fieldWeights is the first of the three grid lines that matter at position p in [0, 1], and their weights.
func fieldWeights(p float64) (int, [3]float64) {
	p = float64(min(max(p, 0), 1) * fieldCells)
	cell := min(int(p), fieldCells-1)
	t := p - float64(cell)
	before, after := float64((1-t)*(1-t))/2, float64(t*t)/2
	return cell, [3]float64{before, 1 - before - after, after}
}

// lean stretches, shears and turns the digit.
func (a *strokeArtist) lean(style *digitStyle, c chance) {
	width := max(0.3, c.spread(style.width, style.widthSpread))
	slant := c.spread(style.slant, style.slantSpread)
	// Half-angle form of a rotation: no sine needed, which may differ between machines in the last bit.
	t := float64(c.bell() * turnSpread)
	tt := float64(t * t)
	cos, sin := (1-tt)/(1+tt), 2*t/(1+tt)
	for _, line := range a.lines {
		for j := range line {
			p := &line[j].point
			y := p.y - 0.5
			x := float64(p.x*width) - float64(slant*y)
			p.x = float64(cos*x) - float64(sin*y)
			p.y = float64(sin*x) + float64(cos*y)
		}
	}
}

func lerp(a, b, t float64) float64 {
	return a + float64(t*(b-a))
}
