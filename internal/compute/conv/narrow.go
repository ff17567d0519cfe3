package conv

// narrowChannels is the number of channels up to which a transposed convolution is computed as the products of every
// position of the small map with all weights, which are then added where they meet. A tile of so few columns would be
// mostly empty.
const narrowChannels = 4

// narrowTerms is the number of products of one image, with a border of zeros.
func narrowTerms(s Shape) int {
	_, border := s.borders()
	return (s.OutHeight() + 2*border) * (s.OutWidth() + 2*border) * s.perOut()
}

// turnNarrow writes the weights as upNarrow reads them, [Out][ky][kx][In]; a panel of Out at a time.
func (w *worker) turnNarrow(s Shape, dst, weights []float32, p panel) {
	w.engine.Transpose(dst[p.from*s.perOut():], weights[p.from*s.perOut():], s.perOut(), p.width)
}

// upNarrow is up for few channels, of which it computes all. The border of products, narrowTerms of them, stays zero.
func (w *worker) upNarrow(s Shape, large, small *featureMap, products, turned, bias []float32) {
	_, border := s.borders()
	n := &w.nested
	terms := featureMap{images: 1, height: small.height, width: small.width, channels: s.perOut(), border: border, data: products}
	n.M, n.Repeats, n.N = small.width, small.height, s.perOut()
	n.ARow, n.ALine, n.ACol, n.ASeg, n.ABlk = s.Out, small.row(), 1, 0, 0
	n.B, n.BRow, n.BSeg, n.BBlk = turned, s.perOut(), 0, 0
	n.K, n.Segs, n.Blks = s.Out, 1, 1
	n.C, n.CRow, n.CLine = terms.data[terms.at(0, 0, 0):], s.perOut(), terms.row()
	w.apply(&ends{}, panel{}, 0)
	for i := range small.images {
		n.A = small.data[small.at(i, 0, 0):]
		w.engine.Nested(n)
		w.gather(s, large, i, &terms, bias)
	}
}

// gather adds up the terms of every position of the large map.
func (w *worker) gather(s Shape, large *featureMap, image int, terms *featureMap, bias []float32) {
	for y := range s.Height {
		py := s.phase(y%s.Stride, s.Height)
		row := py.start + y/s.Stride
		for x := range s.Stride {
			px := s.phase(x, s.Width)
			if px.count == 0 {
				continue
			}
			for c := range s.In {
				w.gatherLine(s, large.data[large.at(image, y, x)+c:], terms, row, py, px, c, bias[c])
			}
		}
	}
}

// gatherLine computes one channel of every stride-th pixel of a line, from dst[0] on.
func (w *worker) gatherLine(s Shape, dst []float32, terms *featureMap, row int, py, px phase, channel int, bias float32) {
	step, next := s.Stride*s.In, s.perOut()
	dst = dst[:(px.count-1)*step+1]
	from := func(dy, dx int) []float32 {
		tap := s.kernelTap(py, dy)*s.Kernel + s.kernelTap(px, dx)
		at := terms.at(0, row+dy, px.start+dx) + tap*s.In + channel
		return terms.data[at:][:(px.count-1)*next+1]
	}
	if py.taps == 2 && px.taps == 2 {
		a, b, c, d := from(0, 0), from(0, 1), from(1, 0), from(1, 1)
		j := 0
		for i := 0; i < len(dst); i += step {
			dst[i] = bias + a[j] + b[j] + c[j] + d[j]
			j += next
		}
		return
	}
	for i := 0; i < len(dst); i += step {
		dst[i] = bias
	}
	for dy := range py.taps {
		for dx := range px.taps {
			src := from(dy, dx)
			j := 0
			for i := 0; i < len(dst); i += step {
				dst[i] += src[j]
				j += next
			}
		}
	}
}
