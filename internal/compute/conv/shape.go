package conv

import "fmt"

// Window is what a convolution slides over a map, square and the same in both directions.
type Window struct{ Kernel, Stride, Padding int }

// Shape is a convolution from a map of Height x Width pixels and In channels to one of Out channels, as
// nn.Conv2d(In, Out, Kernel, Stride, Padding) of PyTorch. Seen from the other side it is the transposed convolution
// nn.ConvTranspose2d(Out, In, ...) to a map of Height x Width, whose output padding is what the strides leave over.
type Shape struct {
	Height, Width, In, Out int
	Window
}

// OutHeight and OutWidth are the sides of the map that the convolution computes.
func (s Shape) OutHeight() int { return (s.Height+2*s.Padding-s.Kernel)/s.Stride + 1 }

// OutWidth is explained at OutHeight.
func (s Shape) OutWidth() int { return (s.Width+2*s.Padding-s.Kernel)/s.Stride + 1 }

// Weights is the number of weights.
func (s Shape) Weights() int { return s.Kernel * s.Kernel * s.In * s.Out }

// FLOPs counts the multiplications and additions of one image, those with the border included.
func (s Shape) FLOPs() float64 { return 2 * float64(s.OutHeight()*s.OutWidth()) * float64(s.Weights()) }

// Check reports why there is no such convolution.
func (s Shape) Check() error {
	switch {
	case s.Height < 1 || s.Width < 1 || s.In < 1 || s.Out < 1:
		return fmt.Errorf("a convolution from %dx%dx%d to %d channels", s.Height, s.Width, s.In, s.Out)
	case s.Kernel < 1 || s.Stride < 1 || s.Padding < 0:
		return fmt.Errorf("a convolution of kernel %d, stride %d and padding %d", s.Kernel, s.Stride, s.Padding)
	case s.Padding >= s.Kernel:
		return fmt.Errorf("padding %d of a kernel of %d: it must be less", s.Padding, s.Kernel)
	case min(s.Height, s.Width)+2*s.Padding < s.Kernel:
		return fmt.Errorf("kernel %d does not fit into %dx%d pixels with padding %d", s.Kernel, s.Height, s.Width, s.Padding)
	}
	return nil
}

// panelWidth is the number of channels whose weights lie side by side: the width of the widest tile.
const panelWidth = 32

// panel is a run of channels whose weights lie side by side.
type panel struct{ from, width int }

// panelOf returns the panel of n channels that begins with the given one.
func panelOf(from, n int) panel { return panel{from, min(panelWidth, n-from)} }

func panels(n int) int { return (n + panelWidth - 1) / panelWidth }

// index is where in memory the weight between channel in of the large map and channel out of the small one is.
func (s Shape) index(ky, kx, in, out int) int {
	p := panelOf(out/panelWidth*panelWidth, s.Out)
	return p.from*s.perOut() + ((ky*s.Kernel+kx)*s.In+in)*p.width + out - p.from
}

// perOut is the number of weights of one channel of the small map.
func (s Shape) perOut() int { return s.Kernel * s.Kernel * s.In }

// Pack writes weights in PyTorch's order, [Out][In][ky][kx], as they lie in memory: panels of 32 channels of Out, or what
// is left of them, each [ky][kx][In][channel]. The weights of nn.Conv2d, [out, in, ky, kx], and of nn.ConvTranspose2d,
// [in, out, ky, kx], both are in that order. Both slices hold [Shape.Weights] elements; they must not overlap.
func (s Shape) Pack(dst, torch []float32) {
	s.each(func(memory, order int) { dst[memory] = torch[order] })
}

// Unpack is the inverse of [Shape.Pack].
func (s Shape) Unpack(torch, src []float32) {
	s.each(func(memory, order int) { torch[order] = src[memory] })
}

// each calls f with the place of every weight in memory and in PyTorch's order.
func (s Shape) each(f func(memory, order int)) {
	order := 0
	for out := range s.Out {
		for in := range s.In {
			for ky := range s.Kernel {
				for kx := range s.Kernel {
					f(s.index(ky, kx, in, out), order)
					order++
				}
			}
		}
	}
}
