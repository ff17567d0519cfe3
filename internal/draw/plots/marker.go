package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// shape is the outline of a marker, one of shapeCount.
type shape int

const (
	circle shape = iota
	square
	triangle
	diamond
	nabla
	cross
	shapeCount
)

// marker is a filled shape with a thin white edge that sets it off from what it
// lies on. A radius of 0 draws nothing.
type marker struct {
	shape  shape
	radius vg.Length
	fill   color.Color
}

func (m marker) draw(c draw.Canvas, at vg.Point) {
	if m.radius == 0 {
		return
	}
	var path vg.Path
	path = m.shape.append(path, at, m.radius)
	c.SetLineStyle(draw.LineStyle{Color: page(), Width: m.radius * 0.5})
	c.Stroke(path)
	c.SetColor(m.fill)
	c.Fill(path)
}

func page() color.Color { return color.White }

// append adds the outline around the point to the path. The shapes have about
// the area of a circle of the radius.
func (s shape) append(path vg.Path, at vg.Point, radius vg.Length) vg.Path {
	if s == circle {
		path.Move(vg.Point{X: at.X + radius, Y: at.Y})
		path.Arc(at, radius, 0, 2*math.Pi)
		path.Close()
		return path
	}
	for i, corner := range s.corners() {
		p := vg.Point{X: at.X + radius*corner.X, Y: at.Y + radius*corner.Y}
		if i == 0 {
			path.Move(p)
		} else {
			path.Line(p)
		}
	}
	path.Close()
	return path
}

// corners are those of the shape around the origin for radius 1.
func (s shape) corners() []vg.Point {
	switch s {
	case square:
		return []vg.Point{{X: 0.88, Y: 0.88}, {X: -0.88, Y: 0.88}, {X: -0.88, Y: -0.88}, {X: 0.88, Y: -0.88}}
	case triangle:
		return []vg.Point{{X: 0, Y: 1.3}, {X: -1.2, Y: -0.85}, {X: 1.2, Y: -0.85}}
	case nabla:
		return []vg.Point{{X: 0, Y: -1.3}, {X: 1.2, Y: 0.85}, {X: -1.2, Y: 0.85}}
	case diamond:
		return []vg.Point{{X: 1.3, Y: 0}, {X: 0, Y: 1.3}, {X: -1.3, Y: 0}, {X: 0, Y: -1.3}}
	default: // cross: a thick plus
		return []vg.Point{
			{X: 0.42, Y: 0.42}, {X: 0.42, Y: 1.25}, {X: -0.42, Y: 1.25}, {X: -0.42, Y: 0.42},
			{X: -1.25, Y: 0.42}, {X: -1.25, Y: -0.42}, {X: -0.42, Y: -0.42}, {X: -0.42, Y: -1.25},
			{X: 0.42, Y: -1.25}, {X: 0.42, Y: -0.42}, {X: 1.25, Y: -0.42}, {X: 1.25, Y: 0.42},
		}
	}
}
