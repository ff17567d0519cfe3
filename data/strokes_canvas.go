package data

import "math"

const (
	inkBox = 20.0 // the longer side of the ink, in pixels
	// penEdge is the distance over which ink fades to paper, in pixels.
	penEdge = 1.25
)

// canvas is where one digit is drawn: a box of 20x20 pixels that the ink just fits, as for MNIST
// (LeCun et al. 1998, section III.A).
type canvas struct {
	// ink is the distance of each pixel's centre into the ink; negative outside.
	ink [int(inkBox) * int(inkBox)]float32
}

// fit scales and moves the lines, pen's width included, so that the longer side of the ink spans the box and the
// shorter one lies in its middle, starting where a pixel does.
func (*canvas) fit(lines []inkLine) {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, line := range lines {
		for _, p := range line {
			low.x, low.y = min(low.x, p.x-p.radius), min(low.y, p.y-p.radius)
			high.x, high.y = max(high.x, p.x+p.radius), max(high.y, p.y+p.radius)
		}
	}
	scale := inkBox / max(high.x-low.x, high.y-low.y)
	left := math.Floor((inkBox - float64((high.x-low.x)*scale)) / 2)
	top := math.Floor((inkBox - float64((high.y-low.y)*scale)) / 2)
	for _, line := range lines {
		for j := range line {
			p := &line[j]
			p.x, p.y = left+float64((p.x-low.x)*scale), top+float64((p.y-low.y)*scale)
			p.radius *= scale
		}
	}
}

// fill draws the lines as pieces with round ends, each over its bounding box only.
func (v *canvas) fill(lines []inkLine) {
	for i := range v.ink {
		v.ink[i] = -penEdge
	}
	for _, line := range lines {
		for j := 1; j < len(line); j++ {
			v.fillPiece(line[j-1], line[j])
		}
	}
}

func (v *canvas) fillPiece(a, b inkPoint) {
	reach := max(a.radius, b.radius) + penEdge/2
	left, right := pixelRange(min(a.x, b.x)-reach, max(a.x, b.x)+reach)
	top, bottom := pixelRange(min(a.y, b.y)-reach, max(a.y, b.y)+reach)
	ax, ay := float32(a.x), float32(a.y)
	dx, dy := float32(b.x)-ax, float32(b.y)-ay
	radius, widening := float32(a.radius), float32(b.radius)-float32(a.radius)
	length2 := float32(dx*dx) + float32(dy*dy)
	inverse := 1 / max(length2, 1e-12)
	for y := top; y < bottom; y++ {
		py := float32(y) + 0.5 - ay
		row := v.ink[y*int(inkBox) : (y+1)*int(inkBox)]
		for x := left; x < right; x++ {
			px := float32(x) + 0.5 - ax
			along := (float32(px*dx) + float32(py*dy)) * inverse
			along = min(max(along, 0), 1)
			ex, ey := px-float32(along*dx), py-float32(along*dy)
			away := float32(math.Sqrt(float64(float32(ex*ex) + float32(ey*ey))))
			row[x] = max(row[x], radius+float32(along*widening)-away)
		}
	}
}

// pixelRange is the half-open range of pixels whose centres lie between low and high, within the box.
func pixelRange(low, high float64) (int, int) {
	return max(0, int(math.Ceil(low-0.5))), min(int(inkBox), int(math.Floor(high-0.5))+1)
}

// centre turns distances into bytes and places them so that the ink's centre of mass is as near the middle of dst,
// 28x28, as whole pixels and the image's edges allow.
func (v *canvas) centre(dst []byte) {
	const side = int(inkBox)
	var grey [side * side]byte
	columns, rows := newInkProfile(), newInkProfile()
	for i, depth := range v.ink {
		cover := min(max(depth/penEdge+0.5, 0), 1)
		grey[i] = byte(float32(cover*255) + 0.5)
		if grey[i] > 0 {
			columns.add(i%side, int(grey[i]))
			rows.add(i/side, int(grey[i]))
		}
	}
	clear(dst)
	left, top := columns.shift(), rows.shift()
	for y := rows.first; y <= rows.last; y++ {
		row := grey[y*side+columns.first : y*side+columns.last+1]
		copy(dst[(top+y)*strokesSide+left+columns.first:], row)
	}
}

// inkProfile sums ink along one side of the box.
type inkProfile struct {
	mass, moment int
	first, last  int // the outermost pixels with ink
}

func newInkProfile() inkProfile {
	return inkProfile{first: int(inkBox), last: -1}
}

func (p *inkProfile) add(at, grey int) {
	p.mass += grey
	p.moment += grey * at
	p.first, p.last = min(p.first, at), max(p.last, at)
}

// shift is how far the ink moves to have its centre of mass, in pixel indices, at half the image's side, where MNIST
// has it, or as near as all of it stays in the image.
func (p *inkProfile) shift() int {
	if p.mass == 0 {
		return 0
	}
	shift := int(math.Round(strokesSide/2 - float64(p.moment)/float64(p.mass)))
	return min(max(shift, -p.first), strokesSide-1-p.last)
}
