package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// shapeClass is one kind of convolution and the number of images that it is tried with.
type shapeClass struct {
	Shape
	images int
}

// shapeClasses are all strides with all paddings over sides that are even and odd, equal and not, with as few channels as
// one and as many as 130, on either side of every width of tile; one image, fewer than there are parts of a batch, as many,
// and batches that parts and groups do not divide.
func shapeClasses() []shapeClass {
	channels := [][2]int{{1, 1}, {1, 130}, {3, 16}, {130, 1}, {17, 33}, {32, 64}, {64, 31}, {65, 2}, {2, 65}}
	sides := [][2]int{{7, 7}, {5, 8}, {6, 6}, {9, 3}, {4, 4}}
	images := []int{1, 2, 7, 8, 9, 17}
	var classes []shapeClass
	for stride := 1; stride <= 3; stride++ {
		for _, size := range []int{1, 3, 4} {
			for padding := range min(size, 3) {
				for _, side := range sides {
					s := Shape{Height: side[0], Width: side[1], Window: Window{size, stride, padding}}
					n := len(classes)
					s.In, s.Out = channels[n%len(channels)][0], channels[n%len(channels)][1]
					if s.Check() == nil {
						classes = append(classes, shapeClass{s, images[n%len(images)]})
					}
				}
			}
		}
	}
	return classes
}

// net is the convolution alone, or its transpose.
func (c shapeClass) net(isTransposed bool) (*Net, Value) {
	if isTransposed {
		n := NewNet(c.OutHeight(), c.OutWidth(), c.Out)
		return n, n.TransposeOf(n.Input(), c.Shape)
	}
	n := NewNet(c.Height, c.Width, c.In)
	return n, n.Convolution(n.Input(), c.Window, c.Out)
}

// Every class of shapes, on every kernel, beside float64, whose gradients are beside differences.
func TestShapeClasses(t *testing.T) {
	var engines []*kernel.Engine
	for _, level := range kernel.Supported() {
		engines = append(engines, testkit.Engine(t, level, 2))
	}
	for i, class := range shapeClasses() {
		if testing.Short() && i%7 != 0 { // under emulation; 7 shares no factor with the lengths of the lists above
			continue
		}
		for _, isTransposed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v, transposed %t", class, isTransposed), func(t *testing.T) {
				n, output := class.net(isTransposed)
				c := newNetCase(n, output, class.images, uint64(i))
				if class.In*class.Out <= 64 { // the reference does the same for more channels, and takes longer
					c.checkDifferences(t, uint64(i))
				}
				for _, e := range engines {
					c.check(t, e)
				}
			})
		}
	}
}

// checkDifferences compares some of the reference's gradients, of the input and of each parameter, with differences of its
// outputs, all in float64.
func (c *netCase) checkDifferences(t *testing.T, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	loss := func() float64 {
		var sum float64
		for i, y := range c.trained.again() {
			sum += y * float64(c.dout[i])
		}
		return sum
	}
	compare := func(what string, values, gradient []float64) {
		t.Helper()
		for range 3 {
			const h = 1e-3
			i := r.IntN(len(values))
			at := values[i]
			values[i] = at + h
			above := loss()
			values[i] = at - h
			want := (above - loss()) / (2 * h)
			values[i] = at
			if math.Abs(gradient[i]-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("%s: gradient %d is %g, differences say %g", what, i, gradient[i], want)
			}
		}
	}
	compare("input", c.trained.values[0], c.din)
	for i := range c.params {
		compare(fmt.Sprintf("parameter %d", i), c.trained.params[i], c.trained.dparam[i])
	}
	c.trained.again()
}
