package graph

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"vaectl/internal/compute/conv"
	"vaectl/internal/compute/kernel"
)

// Convolution adds nn.Conv2d of PyTorch: x is maps of s.Height x s.Width x s.In,
// the output maps of s.OutHeight() x s.OutWidth() x s.Out. w has s.Weights()
// values in the order of [conv.Shape.Pack], b one value a channel of the output.
// Its gradients are those of x, w and b.
func (g *Graph) Convolution(x, w, b *gorgonia.Node, s conv.Shape) (*gorgonia.Node, error) {
	return g.convolution(convolution{shape: s}, x, w, b)
}

// TransposedConvolution adds nn.ConvTranspose2d of PyTorch with the weights of the
// convolution s, from that one's small maps to its large ones: x is maps of
// s.OutHeight() x s.OutWidth() x s.Out, the output maps of s.Height x s.Width x
// s.In, whatever output padding that takes. b has one value a channel of the output.
func (g *Graph) TransposedConvolution(x, w, b *gorgonia.Node, s conv.Shape) (*gorgonia.Node, error) {
	return g.convolution(convolution{shape: s, transposed: true}, x, w, b)
}

// convolution is a convolution or its transpose, which goes from the small maps to
// the large ones.
type convolution struct {
	shape      conv.Shape
	transposed bool
}

func (c convolution) large() Map {
	return Map{Height: c.shape.Height, Width: c.shape.Width, Channels: c.shape.In}
}

func (c convolution) small() Map {
	return Map{Height: c.shape.OutHeight(), Width: c.shape.OutWidth(), Channels: c.shape.Out}
}

func (c convolution) from() Map {
	if c.transposed {
		return c.small()
	}
	return c.large()
}

func (c convolution) to() Map { return c.transpose().from() }

func (c convolution) transpose() convolution {
	return convolution{shape: c.shape, transposed: !c.transposed}
}

func (c convolution) name() string {
	if c.transposed {
		return "transposed convolution"
	}
	return "convolution"
}

// seen is the number of values that one pixel of the small map is made of.
func (c convolution) seen() int { return c.shape.In * c.shape.Kernel * c.shape.Kernel }

func (g *Graph) convolution(c convolution, x, w, b *gorgonia.Node) (*gorgonia.Node, error) {
	if err := c.shape.Check(); err != nil {
		return nil, fmt.Errorf("graph: %w", err)
	}
	rows, err := c.from().maps("input of a "+c.name(), x)
	if err != nil {
		return nil, err
	}
	if n := w.Shape().TotalSize(); n != c.shape.Weights() {
		return nil, fmt.Errorf("graph: %d weights for a %s of %d", n, c.name(), c.shape.Weights())
	}
	if err := c.to().perChannel("bias", b); err != nil {
		return nil, err
	}
	forward := &convolved{engine: g.engine, convolution: c, rows: rows}
	grad := func(in gorgonia.Nodes, _, dy *gorgonia.Node) (gorgonia.Nodes, error) {
		back := &convolved{engine: g.engine, convolution: c.transpose(), rows: rows, gradientOf: gradientOf{forward: forward}}
		dx, err := g.apply(fmt.Sprintf("d(input) %v", c.from()), back, tensor.Shape{rows, c.from().Values()}, nil, nil, dy, in[1])
		if err != nil {
			return nil, err
		}
		large, small := in[0], dy
		if c.transposed {
			large, small = dy, in[0]
		}
		weights := &convolutionWeights{engine: g.engine, convolution: c, rows: rows, gradientOf: gradientOf{forward, 1}}
		dw, err := g.apply(fmt.Sprintf("d(weight) %v", c.from()), weights, in[1].Shape(), nil, nil, large, small)
		if err != nil {
			return nil, err
		}
		db, err := g.apply("d(bias)", &channelSums{engine: g.engine, rows: rows, of: c.to(), gradientOf: gradientOf{forward, 2}}, in[2].Shape(), nil, nil, dy)
		return gorgonia.Nodes{dx, dw, db}, err
	}
	name := fmt.Sprintf("%s %v to %v", c.name(), c.from(), c.to())
	return g.apply(name, forward, tensor.Shape{rows, c.to().Values()}, grad, []bool{true, true, true}, x, w, b)
}

// partsOf is the number of runs of images that are worked on by themselves. It does
// not depend on the number of threads, and neither do sums over images.
func partsOf(rows int) int { return min(8, rows) }

// part is the i-th of them.
func part(i, rows int) (from, to int) {
	n := partsOf(rows)
	return rows * i / n, rows * (i + 1) / n
}

// convolved carries the first input across a convolution, whose weights are the
// second, and adds the third, a value a channel, where there is one.
//
// It and [convolutionWeights] gather what each pixel sees in rows and multiply
// these. They are here to be understood: where speed counts, the fusion pass puts
// a [conv.Stack] in their place.
type convolved struct {
	convolution
	gradientOf
	engine *kernel.Engine
	rows   int

	weights []float32   // in PyTorch's order
	seen    [][]float32 // of one image, a slice a part

	out, in, channels []float32
}

func (c *convolved) Run(out []float32, in [][]float32) {
	if c.seen == nil {
		c.weights = make([]float32, c.shape.Weights())
		for range partsOf(c.rows) {
			c.seen = append(c.seen, make([]float32, c.small().Pixels()*c.convolution.seen()))
		}
	}
	c.shape.Unpack(c.weights, in[1])
	c.out, c.in, c.channels = out, in[0], nil
	if len(in) == 3 {
		c.channels = in[2]
	}
	c.engine.Run(partsOf(c.rows), c)
}

// Chunk computes one part.
func (c *convolved) Chunk(i int) {
	from, to := c.from(), c.to()
	for image, end := part(i, c.rows); image < end; image++ {
		in := c.in[image*from.Values():][:from.Values()]
		out := c.out[image*to.Values():][:to.Values()]
		if c.transposed {
			c.up(out, in, c.seen[i])
		} else {
			c.down(out, in, c.seen[i])
		}
		for channel, b := range c.channels {
			pixels := out[channel*to.Pixels():][:to.Pixels()]
			for p := range pixels {
				pixels[p] += b
			}
		}
	}
}

// down is [Out, seen] times [pixels, seen] transposed.
func (c *convolved) down(small, large, seen []float32) {
	c.gather(seen, large)
	pixels, k := c.small().Pixels(), c.convolution.seen()
	c.engine.Gemm(&kernel.Gemm{
		TransB: true, M: c.shape.Out, N: pixels, K: k, Alpha: 1,
		A: c.weights, LDA: k, B: seen, LDB: k, C: small, LDC: pixels,
	})
}

// up is [Out, pixels] transposed times [Out, seen], put back where it was seen.
func (c *convolved) up(large, small, seen []float32) {
	pixels, k := c.small().Pixels(), c.convolution.seen()
	c.engine.Gemm(&kernel.Gemm{
		TransA: true, M: pixels, N: k, K: c.shape.Out, Alpha: 1,
		A: small, LDA: pixels, B: c.weights, LDB: k, C: seen, LDC: k,
	})
	clear(large)
	c.eachSeen(func(place, at int) { large[at] += seen[place] })
}

// gather writes what each pixel of the small map sees of the large one, [pixels,
// In, Kernel, Kernel], with zeros beyond the border.
func (c convolution) gather(seen, large []float32) {
	clear(seen)
	c.eachSeen(func(place, at int) { seen[place] = large[at] })
}

// eachSeen calls f with each place in what the pixels see and the place in the
// large map that is seen there.
func (c convolution) eachSeen(f func(place, at int)) {
	s, place := c.shape, 0
	for oy := range s.OutHeight() {
		for ox := range s.OutWidth() {
			for channel := range s.In {
				for ky := range s.Kernel {
					y := oy*s.Stride + ky - s.Padding
					for kx := range s.Kernel {
						x := ox*s.Stride + kx - s.Padding
						if y >= 0 && y < s.Height && x >= 0 && x < s.Width {
							f(place, (channel*s.Height+y)*s.Width+x)
						}
						place++
					}
				}
			}
		}
	}
}

// convolutionWeights is the gradient of a convolution's weights: the sum over
// images of its small map, [Out, pixels], times what each pixel sees of the large
// one. Inputs are the large map and the small.
type convolutionWeights struct {
	convolution
	gradientOf
	engine *kernel.Engine
	rows   int

	seen, sums [][]float32 // a slice a part

	large, small []float32
}

func (c *convolutionWeights) Run(out []float32, in [][]float32) {
	if c.seen == nil {
		for range partsOf(c.rows) {
			c.seen = append(c.seen, make([]float32, c.convolution.small().Pixels()*c.convolution.seen()))
			c.sums = append(c.sums, make([]float32, c.shape.Weights()))
		}
	}
	c.large, c.small = in[0], in[1]
	c.engine.Run(partsOf(c.rows), c)
	for _, s := range c.sums[1:] {
		c.engine.Accumulate(c.sums[0], s)
	}
	c.shape.Pack(out, c.sums[0])
}

// Chunk sums over the images of one part.
func (c *convolutionWeights) Chunk(i int) {
	large, small := c.convolution.large().Values(), c.convolution.small().Values()
	pixels, k := c.convolution.small().Pixels(), c.convolution.seen()
	clear(c.sums[i])
	for image, end := part(i, c.rows); image < end; image++ {
		c.gather(c.seen[i], c.large[image*large:][:large])
		c.engine.Gemm(&kernel.Gemm{
			M: c.shape.Out, N: k, K: pixels, Alpha: 1, Beta: 1,
			A: c.small[image*small:][:small], LDA: pixels, B: c.seen[i], LDB: k, C: c.sums[i], LDC: k,
		})
	}
}

// channelSums sums maps over their images and pixels: one value a channel.
type channelSums struct {
	gradientOf
	engine *kernel.Engine
	rows   int
	of     Map

	out, x []float32
}

func (c *channelSums) Run(out []float32, in [][]float32) {
	c.out, c.x = out, in[0]
	c.engine.Run(c.of.Channels, c)
}

// Chunk sums one channel.
func (c *channelSums) Chunk(channel int) {
	var sum float64
	for image := range c.rows {
		sum += c.engine.Sum(c.x[image*c.of.Values()+channel*c.of.Pixels():][:c.of.Pixels()])
	}
	c.out[channel] = float32(sum)
}
