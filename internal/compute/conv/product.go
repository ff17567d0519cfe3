package conv

import "vaectl/internal/compute/kernel"

// ends says what is done with the results of a product while they are in registers.
type ends struct {
	add   bool
	bias  []float32
	relu  bool
	slope float32     // of relu and of gate below 0
	gate  *featureMap // results become slope times themselves where it is not positive
	sums  []float32   // the sum of each channel is added
}

// worker computes products on one goroutine.
type worker struct {
	engine *kernel.Engine
	nested kernel.Nested
	wide   bool // all images are there: the rows of tiles are images
}

// apply writes the ends for some channels of a result that begins at the given place of its map.
func (w *worker) apply(e *ends, p panel, at int) {
	n := &w.nested
	n.Add, n.Relu, n.Slope = e.add, e.relu, e.slope
	n.Bias, n.Sums, n.Gate = channelsOf(e.bias, p), channelsOf(e.sums, p), nil
	if e.gate != nil {
		n.Gate = e.gate.data[at:]
	}
}

func channelsOf(s []float32, p panel) []float32 {
	if s == nil {
		return nil
	}
	return s[p.from:][:p.width]
}

// fewRows is the height of tile below which another way to make tiles is looked for.
const fewRows = 7

// byImages reports whether the rows of tiles are images, all at the same position, rather than positions of one image.
// Then the terms that fall on the border are left out.
func (w *worker) byImages(images, width int) bool {
	switch {
	case w.wide:
		return images > width
	case images >= fewRows:
		return width <= mapWidth
	}
	tall := width >= fewRows || width == 4
	return !tall && images > width
}

// mapWidth is the width of a map up to which so much of it meets the border that leaving those terms out is worth reading
// the weights anew for every position.
const mapWidth = 8

// down computes some channels of the map of a convolution.
func (w *worker) down(s Shape, small, large *featureMap, weights []float32, p panel, e *ends) {
	if w.byImages(large.images, s.OutWidth()) {
		w.downByImages(s, small, large, weights, p, e)
		return
	}
	n := &w.nested
	n.M, n.Repeats, n.N = s.OutWidth(), s.OutHeight(), p.width
	n.ARow, n.ALine, n.ACol, n.ASeg, n.ABlk = s.Stride*s.In, s.Stride*large.row(), 1, large.row(), 0
	n.B = weights[p.from*s.perOut():]
	n.BRow, n.BSeg, n.BBlk = p.width, s.Kernel*s.In*p.width, 0
	n.K, n.Segs, n.Blks = s.Kernel*s.In, s.Kernel, 1
	n.CRow, n.CLine = s.Out, small.row()
	for i := range large.images {
		n.A = large.data[large.at(i, -s.Padding, -s.Padding):]
		at := small.at(i, 0, 0) + p.from
		n.C = small.data[at:]
		w.apply(e, p, at)
		w.engine.Nested(n)
	}
}

// inside returns which taps of the kernel at position o of the small map meet the large one.
func (s Shape) inside(o, size int) (from, to int) {
	first := o*s.Stride - s.Padding
	return max(0, -first), min(s.Kernel, size-first)
}

func (w *worker) downByImages(s Shape, small, large *featureMap, weights []float32, p panel, e *ends) {
	n := &w.nested
	n.M, n.Repeats, n.N = large.images, 1, p.width
	n.ARow, n.ALine, n.ACol, n.ABlk = large.image(), 0, 1, 0
	n.BRow, n.BBlk, n.Blks = p.width, 0, 1
	n.CRow, n.CLine = small.image(), 0
	for y := range s.OutHeight() {
		ky, kyEnd := s.inside(y, s.Height)
		for x := range s.OutWidth() {
			kx, kxEnd := s.inside(x, s.Width)
			n.K, n.Segs = (kxEnd-kx)*s.In, kyEnd-ky
			n.ASeg, n.BSeg = large.row(), s.Kernel*s.In*p.width
			n.A = large.data[large.at(0, y*s.Stride-s.Padding+ky, x*s.Stride-s.Padding+kx):]
			n.B = weights[p.from*s.perOut()+(ky*s.Kernel+kx)*s.In*p.width:]
			at := small.at(0, y, x) + p.from
			n.C = small.data[at:]
			w.apply(e, p, at)
			w.engine.Nested(n)
		}
	}
}

// weight adds to dw, laid out as the weights are, the gradient of those of some channels.
func (w *worker) weight(s Shape, dw []float32, large, small *featureMap, p panel) {
	w.weightPanel(s, dw[p.from*s.perOut():], large, small, p)
}

// weightPanel is weight, with dw for those channels alone.
func (w *worker) weightPanel(s Shape, dw []float32, large, small *featureMap, p panel) {
	if s.In >= fewRows && s.OutWidth() <= fewTerms && large.images >= fewTerms/2 {
		w.weightByImages(s, dw, large, small, p)
		return
	}
	n := &w.nested
	n.M, n.Repeats, n.N = s.Kernel*s.In, s.Kernel, p.width
	n.ARow, n.ALine = 1, large.row()
	n.ACol, n.ASeg, n.ABlk = s.Stride*s.In, s.Stride*large.row(), large.image()
	n.BRow, n.BSeg, n.BBlk = s.Out, small.row(), small.image()
	n.K, n.Segs, n.Blks = s.OutWidth(), s.OutHeight(), large.images
	n.A = large.data[large.at(0, -s.Padding, -s.Padding):]
	n.B = small.data[small.at(0, 0, 0)+p.from:]
	n.C = dw
	n.CRow, n.CLine = p.width, s.Kernel*s.In*p.width
	w.apply(&ends{add: true}, p, 0)
	w.engine.Nested(n)
}

// fewTerms is the width of a map up to which the terms of the gradient of weights are better taken over images.
const fewTerms = 4

func (w *worker) weightByImages(s Shape, dw []float32, large, small *featureMap, p panel) {
	n := &w.nested
	n.M, n.Repeats, n.N = s.In, 1, p.width
	n.ARow, n.ALine, n.ACol, n.ASeg, n.ABlk = 1, 0, large.image(), s.Stride*s.In, s.Stride*large.row()
	n.BRow, n.BSeg, n.BBlk = small.image(), s.Out, small.row()
	n.K = large.images
	n.CRow, n.CLine = p.width, 0
	w.apply(&ends{add: true}, p, 0)
	for ky := range s.Kernel {
		y, yEnd := s.meeting(ky, s.Height, s.OutHeight())
		for kx := range s.Kernel {
			x, xEnd := s.meeting(kx, s.Width, s.OutWidth())
			if y >= yEnd || x >= xEnd {
				continue // never anything but 0
			}
			n.Segs, n.Blks = xEnd-x, yEnd-y
			n.A = large.data[large.at(0, y*s.Stride-s.Padding+ky, x*s.Stride-s.Padding+kx):]
			n.B = small.data[small.at(0, y, x)+p.from:]
			n.C = dw[(ky*s.Kernel+kx)*s.In*p.width:]
			w.engine.Nested(n)
		}
	}
}

// meeting returns the positions of the small map at which one tap of the kernel meets the large one.
func (s Shape) meeting(tap, size, outSize int) (from, to int) {
	for from = 0; from < outSize && from*s.Stride-s.Padding+tap < 0; {
		from++
	}
	for to = outSize; to > from && (to-1)*s.Stride-s.Padding+tap >= size; {
		to--
	}
	return from, to
}
