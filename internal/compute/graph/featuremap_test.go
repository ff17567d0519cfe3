package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/conv"
	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

func window(kernel, stride, padding int) conv.Window {
	return conv.Window{Kernel: kernel, Stride: stride, Padding: padding}
}

// shapeClasses are convolutions of every kind: odd sides, strides, paddings, few
// and many channels.
func shapeClasses() []conv.Shape {
	return []conv.Shape{
		{Height: 5, Width: 7, In: 1, Out: 2, Window: window(3, 1, 1)},
		{Height: 6, Width: 6, In: 2, Out: 3, Window: window(4, 2, 1)},
		{Height: 7, Width: 7, In: 2, Out: 1, Window: window(4, 2, 1)},
		{Height: 7, Width: 5, In: 3, Out: 2, Window: window(3, 3, 0)},
		{Height: 4, Width: 5, In: 2, Out: 2, Window: window(1, 1, 0)},
		{Height: 3, Width: 3, In: 2, Out: 2, Window: window(3, 2, 2)},
	}
}

// manyChannels are shapes that finite differences would take too long for.
func manyChannels() []conv.Shape {
	return []conv.Shape{
		{Height: 9, Width: 9, In: 1, Out: 130, Window: window(4, 2, 1)},
		{Height: 7, Width: 7, In: 33, Out: 64, Window: window(4, 2, 1)},
		{Height: 6, Width: 5, In: 130, Out: 17, Window: window(3, 1, 1)},
	}
}

// plainConvolution is a convolution in float64, taken apart: what it does with
// each weight and the two values that it joins.
func plainConvolution(s conv.Shape, f func(weight, large, small int)) {
	for o := range s.Out {
		for i := range s.In {
			for ky := range s.Kernel {
				for kx := range s.Kernel {
					weight := ((o*s.In+i)*s.Kernel+ky)*s.Kernel + kx
					for oy := range s.OutHeight() {
						for ox := range s.OutWidth() {
							y, x := oy*s.Stride+ky-s.Padding, ox*s.Stride+kx-s.Padding
							if y < 0 || y >= s.Height || x < 0 || x >= s.Width {
								continue
							}
							f(weight, (i*s.Height+y)*s.Width+x, (o*s.OutHeight()+oy)*s.OutWidth()+ox)
						}
					}
				}
			}
		}
	}
}

// Convolutions and their transposes, and their gradients, agree with float64, for
// one image and for several, on any number of threads.
func TestConvolutionsAgreeWithFloat64(t *testing.T) {
	for _, s := range slices.Concat(shapeClasses(), manyChannels()) {
		for _, transposed := range []bool{false, true} {
			for _, rows := range []int{1, 11} {
				t.Run(fmt.Sprintf("%v transposed %t of %d", s, transposed, rows), func(t *testing.T) {
					var first []float32
					for _, threads := range []int{1, 3} {
						got := checkConvolution(t, convolution{shape: s, transposed: transposed}, rows, threads)
						if first == nil {
							first = got
						}
						if !slices.Equal(got, first) {
							t.Errorf("other bits on %d threads", threads)
						}
					}
				})
			}
		}
	}
}

func checkConvolution(t *testing.T, c convolution, rows, threads int) []float32 {
	t.Helper()
	s := c.shape
	in, out := c.from().Values(), c.to().Values()
	g := New(testkit.Engine(t, "", threads))
	leaves := gradientCase{shapes: [][]int{{rows, in}, {s.Weights()}, {c.to().Channels}}}.leaves(t, g)
	x, w, b := g.Data(leaves[0]), g.Data(leaves[1]), g.Data(leaves[2])
	add := g.Convolution
	if c.transposed {
		add = g.TransposedConvolution
	}
	y, err := add(leaves[0], leaves[1], leaves[2], s)
	if err != nil {
		t.Fatal(err)
	}
	_, grads := gradientsOf(t, g, y, leaves...)
	p, err := g.Compile(append(grads, y)...)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()

	order := make([]float32, s.Weights())
	s.Unpack(order, w)
	wantY, wantDX, wantDW, wantDB := make([]float64, rows*out), make([]float64, rows*in), make([]float64, len(w)), make([]float64, len(b))
	dy := func(at int) float64 { return -math.Sin(float64(at+1)) / float64(rows) }
	for row := range rows {
		for at := range out {
			channel := at / c.to().Pixels()
			wantY[row*out+at] = float64(b[channel])
			wantDB[channel] += dy(at)
		}
		plainConvolution(s, func(weight, large, small int) {
			from, to := large, small
			if c.transposed {
				from, to = small, large
			}
			wantY[row*out+to] += float64(order[weight]) * float64(x[row*in+from])
			wantDX[row*in+from] += float64(order[weight]) * dy(to)
			wantDW[weight] += float64(x[row*in+from]) * dy(to)
		})
	}
	gotDW := make([]float32, len(w))
	s.Unpack(gotDW, p.Value(grads[1]))
	closeTo(t, "output", p.Value(y), wantY)
	closeTo(t, "gradient of the input", p.Value(grads[0]), wantDX)
	closeTo(t, "gradient of the weights", gotDW, wantDW)
	closeTo(t, "gradient of the bias", p.Value(grads[2]), wantDB)
	return slices.Concat(p.Value(y), p.Value(grads[0]), p.Value(grads[1]), p.Value(grads[2]))
}

// closeTo compares with float64, relative to the largest value.
func closeTo(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	var largest float64
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range got {
		if math.Abs(float64(v)-want[i]) > 2e-6*(1+largest) {
			t.Errorf("%s: value %d is %g, in float64 %g", what, i, v, want[i])
			return
		}
	}
}

func mapCases() []gradientCase {
	var cases []gradientCase
	half := func(rng *rand.Rand, _ int) float32 { return float32(0.5 * rng.NormFloat64()) }
	for _, s := range shapeClasses() {
		large, small := convolution{shape: s}.large(), convolution{shape: s}.small()
		cases = append(cases, gradientCase{
			name: fmt.Sprintf("convolution %v", s), wrt: []int{0, 1, 2}, fill: half,
			shapes: [][]int{{3, large.Values()}, {s.Weights()}, {small.Channels}},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return weightedOf(g)(g.Convolution(l[0], l[1], l[2], s))
			},
		}, gradientCase{
			name: fmt.Sprintf("transposed convolution %v", s), wrt: []int{0, 1, 2}, fill: half,
			shapes: [][]int{{3, small.Values()}, {s.Weights()}, {large.Channels}},
			build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
				return weightedOf(g)(g.TransposedConvolution(l[0], l[1], l[2], s))
			},
		})
	}
	m := Map{Height: 3, Width: 2, Channels: 4}
	cases = append(cases, gradientCase{
		name: "batch norm", wrt: []int{0, 1, 2}, shapes: [][]int{{3, m.Values()}, {4}, {4}},
		build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
			return weightedOf(g)(g.BatchNorm(l[0], l[1], l[2], m, 1e-2, nil))
		},
	}, gradientCase{
		name: "group norm", wrt: []int{0, 1, 2}, shapes: [][]int{{3, m.Values()}, {4}, {4}},
		build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
			return weightedOf(g)(g.GroupNorm(l[0], l[1], l[2], m, 2, 1e-2))
		},
	}, gradientCase{
		name: "silu", wrt: []int{0}, shapes: [][]int{{2, 30}},
		build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) { return weightedOf(g)(g.Silu(l[0])) },
	}, gradientCase{
		name: "upsample", wrt: []int{0}, shapes: [][]int{{2, m.Values()}},
		build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
			return weightedOf(g)(g.Upsample(l[0], m, 3))
		},
	}, gradientCase{
		name: "labels of channels", wrt: []int{0, 1}, shapes: [][]int{{4, m.Values()}, {3, 4}, {2}},
		fill: func(rng *rand.Rand, leaf int) float32 {
			if leaf == 2 {
				return float32(rng.IntN(3))
			}
			return float32(rng.NormFloat64())
		},
		build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
			return weightedOf(g)(g.LabelChannels(l[0], l[1], l[2], m))
		},
	}, gradientCase{
		// Each value is read by two operations.
		name: "residual", wrt: []int{0, 1, 2}, shapes: [][]int{{3, m.Values()}, {4 * 4 * 9}, {4}}, fill: half,
		build: func(g *Graph, l []*gorgonia.Node) (*gorgonia.Node, error) {
			h, err := g.Activate(l[0], kernel.Tanh)
			if err != nil {
				return nil, err
			}
			if h, err = g.Convolution(h, l[1], l[2], conv.Shape{Height: 3, Width: 2, In: 4, Out: 4, Window: window(3, 1, 1)}); err != nil {
				return nil, err
			}
			return weightedOf(g)(g.Sum(l[0], h))
		},
	})
	return cases
}

// weightedOf is [weighted] of what was made, unless it failed.
func weightedOf(g *Graph) func(*gorgonia.Node, error) (*gorgonia.Node, error) {
	return func(n *gorgonia.Node, err error) (*gorgonia.Node, error) {
		if err != nil {
			return nil, err
		}
		return weighted(g, n)
	}
}

// Normalised values have mean 0 and variance 1, and the running statistics are
// those of PyTorch: of batches of variance v and n values, v n/(n-1).
func TestNorms(t *testing.T) {
	m := Map{Height: 5, Width: 3, Channels: 4}
	const rows, eps = 6, 1e-5
	g := New(testkit.Engine(t, "", 2))
	leaves := gradientCase{shapes: [][]int{{rows, m.Values()}}}.leaves(t, g)
	x := leaves[0]
	for i := range g.Data(x) {
		g.Data(x)[i] = 100 + 3*g.Data(x)[i] // a mean far from zero costs no accuracy
	}
	scale, _ := g.Leaf("scale", []float32{1, 1, 1, 1}, 4)
	shift, _ := g.Leaf("shift", make([]float32, 4), 4)
	r := &Running{Mean: []float32{1, 2, 3, 4}, Variance: []float32{1, 1, 1, 1}, Momentum: 0.1}
	batch, err := g.BatchNorm(x, scale, shift, m, eps, r)
	if err != nil {
		t.Fatal(err)
	}
	group, err := g.GroupNorm(x, scale, shift, m, 2, eps)
	if err != nil {
		t.Fatal(err)
	}
	mean, _ := g.Leaf("mean", r.Mean, 4)
	variance, _ := g.Leaf("variance", r.Variance, 4)
	fixed, err := g.FixedNorm(x, scale, shift, mean, variance, m, eps)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(batch, group, fixed)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	moments := func(values []float64) (mean, variance float64) {
		for _, v := range values {
			mean += v / float64(len(values))
		}
		for _, v := range values {
			variance += (v - mean) * (v - mean) / float64(len(values))
		}
		return mean, variance
	}
	pixels := m.Pixels()
	for c := range m.Channels {
		var normed, plain []float64
		for row := range rows {
			for i := range pixels {
				normed = append(normed, float64(p.Value(batch)[row*m.Values()+c*pixels+i]))
				plain = append(plain, float64(g.Data(x)[row*m.Values()+c*pixels+i]))
			}
		}
		if mean, variance := moments(normed); math.Abs(mean) > 1e-5 || math.Abs(variance-1) > 1e-4 {
			t.Errorf("channel %d has mean %g and variance %g", c, mean, variance)
		}
		n := float64(len(plain))
		mean, variance := moments(plain)
		wantMean, wantVariance := 0.9*float64(c+1)+0.1*mean, 0.9+0.1*variance*n/(n-1)
		if math.Abs(float64(r.Mean[c])-wantMean) > 1e-5 || math.Abs(float64(r.Variance[c])-wantVariance) > 1e-5 {
			t.Errorf("running mean and variance of channel %d are %g and %g, want %g and %g", c, r.Mean[c], r.Variance[c], wantMean, wantVariance)
		}
		want := (plain[0] - wantMean) / math.Sqrt(wantVariance+eps)
		if got := float64(p.Value(fixed)[c*pixels]); math.Abs(got-want) > 1e-4*math.Abs(want) {
			t.Errorf("in evaluation channel %d begins with %g, want %g", c, got, want)
		}
	}
	for set := range rows * 2 {
		var normed []float64
		for _, v := range p.Value(group)[set*2*pixels:][:2*pixels] {
			normed = append(normed, float64(v))
		}
		if mean, variance := moments(normed); math.Abs(mean) > 1e-5 || math.Abs(variance-1) > 1e-4 {
			t.Errorf("group %d has mean %g and variance %g", set, mean, variance)
		}
	}
}

// A batch of one image of one pixel has no variance: it becomes the shift.
func TestBatchNormOfASingleValue(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	x, _ := g.Leaf("x", []float32{3, -2}, 1, 2)
	scale, _ := g.Leaf("scale", []float32{2, 2}, 2)
	shift, _ := g.Leaf("shift", []float32{0.5, 0.25}, 2)
	r := &Running{Mean: make([]float32, 2), Variance: []float32{1, 1}, Momentum: 0.5}
	y, err := g.BatchNorm(x, scale, shift, Map{1, 1, 2}, 1e-5, r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := g.Compile(y)
	if err != nil {
		t.Fatal(err)
	}
	p.Run()
	if got := p.Value(y); !slices.Equal(got, []float32{0.5, 0.25}) || !slices.Equal(r.Variance, []float32{0.5, 0.5}) {
		t.Errorf("%v, running variance %v", got, r.Variance)
	}
}

func TestMapsThatDoNotFit(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	x, _ := g.Input("x", 2, 12)
	w, _ := g.Input("w", 9)
	one, _ := g.Input("one", 1)
	two, _ := g.Input("two", 2)
	s := conv.Shape{Height: 3, Width: 4, In: 1, Out: 1, Window: window(3, 1, 1)}
	m := Map{3, 4, 1}
	for name, build := range map[string]func() error{
		"maps of another size": func() error {
			_, err := g.Convolution(x, w, one, conv.Shape{Height: 3, Width: 3, In: 1, Out: 1, Window: window(3, 1, 1)})
			return err
		},
		"other weights": func() error { _, err := g.Convolution(x, two, one, s); return err },
		"another bias":  func() error { _, err := g.TransposedConvolution(x, w, two, s); return err },
		"no such convolution": func() error {
			_, err := g.Convolution(x, w, one, conv.Shape{Height: 3, Width: 4, In: 1, Out: 1, Window: window(3, 1, 3)})
			return err
		},
		"scale of two channels": func() error { _, err := g.BatchNorm(x, two, one, m, 1, nil); return err },
		"three groups":          func() error { _, err := g.GroupNorm(x, one, one, m, 3, 1); return err },
		"factor of 0":           func() error { _, err := g.Upsample(x, m, 0); return err },
		"labels left over":      func() error { _, err := g.LabelChannels(x, w, one, m); return err },
		"sum of two shapes":     func() error { _, err := g.Sum(x, w); return err },
	} {
		if build() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
