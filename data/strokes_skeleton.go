package data

import (
	"fmt"
	"strconv"
	"strings"
)

// point is a place on the paper: x to the right, y down, a digit about 1 high.
type point struct {
	x, y float64
}

// knot is a point the pen passes through; at a corner it changes direction abruptly.
type knot struct {
	point
	corner bool
}

// skeleton is the path of the pen: strokes between which it is lifted.
type skeleton [][]knot

// family is a way of writing a digit: extremes of one structure, of which an image is a random mixture.
type family struct {
	weight float64
	forms  []skeleton
}

// newFamily parses forms, each written as "x,y x,y! ... | x,y ...": knots in hundredths of the digit's height, '!'
// after a corner, '|' where the pen is lifted. It panics if the forms differ in structure: they are ours.
func newFamily(weight float64, forms ...string) family {
	f := family{weight: weight}
	for _, text := range forms {
		s := parseSkeleton(text)
		if len(f.forms) > 0 && !sameStructure(f.forms[0], s) {
			panic(fmt.Sprintf("strokes: form %q has another structure than %q", text, forms[0]))
		}
		f.forms = append(f.forms, s)
	}
	return f
}

func parseSkeleton(text string) skeleton {
	var s skeleton
	for stroke := range strings.SplitSeq(text, "|") {
		var knots []knot
		for word := range strings.FieldsSeq(stroke) {
			place, corner := strings.CutSuffix(word, "!")
			x, y, _ := strings.Cut(place, ",")
			knots = append(knots, knot{point{parseHundredths(x), parseHundredths(y)}, corner})
		}
		s = append(s, knots)
	}
	return s
}

func parseHundredths(text string) float64 {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("strokes: coordinate %q is not a whole number", text))
	}
	return float64(n) / 100
}

func sameStructure(a, b skeleton) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for j := range a[i] {
			if a[i][j].corner != b[i][j].corner {
				return false
			}
		}
	}
	return true
}

// choose picks a family with probability proportional to its weight.
func choose(families []family, c chance) family {
	total := 0.0
	for _, f := range families {
		total += f.weight
	}
	left := c.unit() * total
	for _, f := range families {
		left -= f.weight
		if left < 0 {
			return f
		}
	}
	return families[len(families)-1]
}

// mix writes a random convex combination of the family's forms over dst and returns it. Fourth powers of uniforms as
// shares let one form or two prevail, where uniform ones would average the forms' characters away.
func (f family) mix(dst skeleton, c chance) skeleton {
	shares := make([]float64, len(f.forms))
	total := 0.0
	for k := range shares {
		u := c.unit()
		shares[k] = float64(u*u*u*u) + 1e-9
		total += shares[k]
	}
	dst = dst[:0]
	for i, stroke := range f.forms[0] {
		mixed := make([]knot, len(stroke))
		for j := range stroke {
			mixed[j].corner = stroke[j].corner
			for k, form := range f.forms {
				mixed[j].x += float64(shares[k] / total * form[i][j].x)
				mixed[j].y += float64(shares[k] / total * form[i][j].y)
			}
		}
		dst = append(dst, mixed)
	}
	return dst
}
