package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestStrokesAreTheSameForAnyWorkers(t *testing.T) {
	const count = 97
	wantPixels, wantLabels := generateStrokes(count, 5, 1)
	for _, workers := range []int{-1, 0, 2, 3, 8, count, 3 * count} {
		pixels, labels := generateStrokes(count, 5, workers)
		if !bytes.Equal(pixels, wantPixels) || !bytes.Equal(labels, wantLabels) {
			t.Errorf("%d workers draw another set than one", workers)
		}
	}
}

func TestStrokesBeginAsAShorterSet(t *testing.T) {
	longPixels, longLabels := generateStrokes(130, 9, 2)
	for _, count := range []int{0, 1, 9, 10, 11, 64} {
		pixels, labels := generateStrokes(count, 9, 2)
		if len(labels) != count || len(pixels) != count*strokesPixels {
			t.Fatalf("asked for %d images: got %d labels and %d pixels", count, len(labels), len(pixels))
		}
		if !bytes.Equal(pixels, longPixels[:len(pixels)]) || !bytes.Equal(labels, longLabels[:count]) {
			t.Errorf("the first %d of 130 images differ from a set of %d", count, count)
		}
	}
}

// The digest holds for every architecture and may change only on purpose: results of runs on this set are
// comparable only while it stays.
func TestStrokesDigest(t *testing.T) {
	pixels, labels := generateStrokes(500, 1, 2)
	digest := sha256.New()
	digest.Write(pixels)
	digest.Write(labels)
	const want = "fee62417c61af1274bc52e8fdb989f2ee430d22c0d4d1c27af0d3e12388ad146"
	if got := hex.EncodeToString(digest.Sum(nil)); got != want {
		t.Errorf("digest of 500 images with seed 1 is %s, want %s", got, want)
	}
}

func TestStrokesLabelsAreBalancedAndShuffled(t *testing.T) {
	const count = 600
	_, labels := generateStrokes(count, 3, 2)
	orders := map[string]bool{}
	for i := 0; i < count; i += strokesClasses {
		ten := labels[i : i+strokesClasses]
		orders[string(ten)] = true
		seen := [strokesClasses]bool{}
		for _, label := range ten {
			seen[label] = true
		}
		if seen != [strokesClasses]bool{true, true, true, true, true, true, true, true, true, true} {
			t.Fatalf("labels %d to %d are %v, want every digit once", i, i+strokesClasses-1, ten)
		}
	}
	if len(orders) < 59 {
		t.Errorf("60 tens of labels come in %d orders only", len(orders))
	}
}

func TestStrokesAreAllDifferent(t *testing.T) {
	const count = 2000
	seen := map[string]string{}
	for _, seed := range []uint64{1, 2, 1 << 40} {
		pixels, _ := generateStrokes(count, seed, 2)
		for i := range count {
			name := fmt.Sprintf("image %d of seed %d", i, seed)
			image := string(pixels[i*strokesPixels : (i+1)*strokesPixels])
			if other, twice := seen[image]; twice {
				t.Fatalf("%s is %s again", name, other)
			}
			seen[image] = name
		}
	}
}

// MNIST's digits just fit a box of 20x20 and have their centre of mass, counted in pixel indices, within half a pixel
// of (14, 14). Only ink that would leave the image may lie farther off.
func TestStrokesLieAsMNISTDigitsDo(t *testing.T) {
	const count = 20000
	pixels, labels := generateStrokes(count, 7, 2)
	atEdge := 0
	for i := range count {
		ink := measureInk(pixels[i*strokesPixels : (i+1)*strokesPixels])
		if math.Abs(ink.x-14) > 0.5 || math.Abs(ink.y-14) > 0.5 {
			atEdge++
			if min(ink.left, ink.top) > 0 && max(ink.right, ink.bottom) < strokesSide-1 {
				t.Errorf("image %d, a %d: centre of mass at (%.2f, %.2f)", i, labels[i], ink.x, ink.y)
			}
		}
		width, height := ink.right-ink.left+1, ink.bottom-ink.top+1
		if longer := max(width, height); longer < 19 || longer > 20 {
			t.Errorf("image %d, a %d: ink is %d wide and %d high", i, labels[i], width, height)
		}
	}
	if atEdge > count/500 {
		t.Errorf("%d of %d images could not be centred", atEdge, count)
	}
}

// MNIST's training images have mean 0.1307 and standard deviation 0.3081 with ink counted as 1.
func TestStrokesHaveAsMuchInkAsMNIST(t *testing.T) {
	pixels, _ := generateStrokes(3000, 11, 2)
	sum, squares := 0.0, 0.0
	for _, p := range pixels {
		v := float64(p) / 255
		sum += v
		squares += v * v
	}
	mean := sum / float64(len(pixels))
	deviation := math.Sqrt(squares/float64(len(pixels)) - mean*mean)
	if math.Abs(mean-0.1307) > 0.008 || math.Abs(deviation-0.3081) > 0.008 {
		t.Errorf("pixels have mean %.4f and standard deviation %.4f", mean, deviation)
	}
}

type inkMeasure struct {
	x, y                     float64 // centre of mass, in pixel indices
	left, right, top, bottom int     // the outermost pixels with ink
}

func measureInk(image []byte) inkMeasure {
	ink := inkMeasure{left: strokesSide, right: -1, top: strokesSide, bottom: -1}
	mass := 0.0
	for i, p := range image {
		if p == 0 {
			continue
		}
		x, y := i%strokesSide, i/strokesSide
		mass += float64(p)
		ink.x += float64(p) * float64(x)
		ink.y += float64(p) * float64(y)
		ink.left, ink.right = min(ink.left, x), max(ink.right, x)
		ink.top, ink.bottom = min(ink.top, y), max(ink.bottom, y)
	}
	ink.x /= mass
	ink.y /= mass
	return ink
}

// A linear classifier as weak as the nearest class mean already tells held-out digits apart.
func TestStrokesOfEveryClassAreRecognisable(t *testing.T) {
	const count, held = 3000, 1000
	pixels, labels := generateStrokes(count+held, 13, 2)
	var means [strokesClasses][strokesPixels]float64
	for i := range count {
		for k, p := range pixels[i*strokesPixels : (i+1)*strokesPixels] {
			means[labels[i]][k] += float64(p) * strokesClasses / count
		}
	}
	var right [strokesClasses]int
	for i := count; i < count+held; i++ {
		if nearestMean(&means, pixels[i*strokesPixels:(i+1)*strokesPixels]) == labels[i] {
			right[labels[i]]++
		}
	}
	for digit, n := range right {
		t.Logf("%d: %d of %d", digit, n, held/strokesClasses)
		if n < held/strokesClasses*6/10 {
			t.Errorf("of %d held-out %ds only %d are nearest to the mean of their class", held/strokesClasses, digit, n)
		}
	}
}

func nearestMean(means *[strokesClasses][strokesPixels]float64, image []byte) byte {
	best, nearest := math.Inf(1), 0
	for digit := range means {
		distance := 0.0
		for k, p := range image {
			d := float64(p) - means[digit][k]
			distance += d * d
		}
		if distance < best {
			best, nearest = distance, digit
		}
	}
	return byte(nearest)
}

func TestSkeletonText(t *testing.T) {
	got := parseSkeleton("0,10 25,-5! 60,100 | 7,8 9,10")
	want := skeleton{
		{{point{0, 0.1}, false}, {point{0.25, -0.05}, true}, {point{0.6, 1}, false}},
		{{point{0.07, 0.08}, false}, {point{0.09, 0.1}, false}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(point{}, knot{})); diff != "" {
		t.Errorf("skeleton differs (-want +got):\n%s", diff)
	}
}

func TestFamiliesRefuseUnlikeForms(t *testing.T) {
	for _, form := range []string{"0,0 1,1", "0,0 1,1! 2,2 | 3,3 4,4", "0,0 1,1 2,2", "0,0 1! 2,2"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("form %q is accepted", form)
				}
			}()
			newFamily(1, "0,0 1,1! 2,2", form)
		}()
	}
}

// The pen goes through every knot, in order, and draws straight from corner to corner.
func TestSplinePassesThroughKnots(t *testing.T) {
	knots := parseSkeleton("0,0 40,10 50,50! 50,100! 80,90 90,20")[0]
	line := spline(nil, knots)
	if want := spanSteps*(len(knots)-1) + 1; len(line) != want {
		t.Fatalf("%d points, want %d", len(line), want)
	}
	for j, k := range knots {
		if got := line[j*spanSteps].point; math.Hypot(got.x-k.x, got.y-k.y) > 1e-12 {
			t.Errorf("knot %d is at %v, the pen at %v", j, k.point, got)
		}
	}
	for j := 2 * spanSteps; j <= 3*spanSteps; j++ {
		if math.Abs(line[j].x-0.5) > 1e-12 {
			t.Errorf("between two corners on x = 0.5 the pen is at %v", line[j].point)
		}
	}
}

func TestFieldWeightsSumToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(-2, 3).Draw(t, "p")
		cell, w := fieldWeights(p)
		if cell < 0 || cell >= fieldCells {
			t.Fatalf("cell %d of %d", cell, fieldCells)
		}
		if sum := w[0] + w[1] + w[2]; math.Abs(sum-1) > 1e-12 || min(w[0], w[1], w[2]) < 0 {
			t.Fatalf("weights %v", w)
		}
	})
}

// Each piece is drawn within its bounding box only; that must lose no ink.
func TestInkEqualsDistanceToThePen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		coordinate := rapid.Float64Range(0, inkBox)
		radius := rapid.Float64Range(0.5, 3)
		end := func(name string) inkPoint {
			return inkPoint{point{coordinate.Draw(t, name+".x"), coordinate.Draw(t, name+".y")}, radius.Draw(t, name+".radius")}
		}
		a, b := end("a"), end("b")
		b.radius = a.radius
		var v canvas
		v.fill([]inkLine{{a, b}})
		for y := range int(inkBox) {
			for x := range int(inkBox) {
				centre := point{float64(x) + 0.5, float64(y) + 0.5}
				want := a.radius - distanceToPiece(centre, a.point, b.point)
				got := float64(v.ink[y*int(inkBox)+x])
				if want > -penEdge/2 && math.Abs(got-want) > 1e-4 || want <= -penEdge/2 && got > -penEdge/2+1e-4 {
					t.Fatalf("pixel (%d, %d) is %g into the ink, want %g", x, y, got, want)
				}
			}
		}
	})
}

func distanceToPiece(p, a, b point) float64 {
	length := math.Hypot(b.x-a.x, b.y-a.y)
	fromA, fromB := math.Hypot(p.x-a.x, p.y-a.y), math.Hypot(p.x-b.x, p.y-b.y)
	obtuse := fromA*fromA+length*length < fromB*fromB || fromB*fromB+length*length < fromA*fromA
	if obtuse || length < 1e-5 {
		return min(fromA, fromB)
	}
	area := (b.x-a.x)*(p.y-a.y) - (b.y-a.y)*(p.x-a.x)
	return math.Abs(area) / length
}

func BenchmarkStrokes(b *testing.B) {
	const count = 60000
	for b.Loop() {
		generateStrokes(count, 1, 2)
	}
	b.ReportMetric(float64(count)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
