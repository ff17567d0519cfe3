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

// mix writes a blend of two of the family's forms, picked at random, over dst and returns it. More than two would
// average the forms' characters away.
func (f family) mix(dst skeleton, c chance) skeleton {
	a, b := f.forms[c.below(len(f.forms))], f.forms[c.below(len(f.forms))]
	share := c.unit()
	dst = dst[:0]
	for i := range a {
		stroke := make([]knot, len(a[i]))
		for j := range stroke {
			stroke[j].corner = a[i][j].corner
			stroke[j].x = lerp(a[i][j].x, b[i][j].x, share)
			stroke[j].y = lerp(a[i][j].y, b[i][j].y, share)
		}
		dst = append(dst, stroke)
	}
	return dst
}
