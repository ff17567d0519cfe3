package conv

// phase is a class of positions of the large map, in one direction, that meet the same taps of the kernel: those that
// are equal modulo the stride.
type phase struct {
	first int // position of the large map
	count int // positions
	tap   int // the least of the kernel's taps
	taps  int // of them, a stride apart
	start int // position of the small map, perhaps in the border, that the greatest tap meets at the first position
}

func (s Shape) phase(i, size int) phase {
	p := phase{first: i, count: max(0, (size-i+s.Stride-1)/s.Stride), tap: (i + s.Padding) % s.Stride}
	p.taps = max(0, (s.Kernel-p.tap+s.Stride-1)/s.Stride)
	p.start = (i+s.Padding)/s.Stride - (p.taps - 1)
	return p
}

// kernelTap is the tap that meets the d-th position of the small map, from start on.
func (s Shape) kernelTap(p phase, d int) int { return p.tap + (p.taps-1-d)*s.Stride }

// borders returns how many zeros the convolution and its transpose read around the large and the small map.
func (s Shape) borders() (large, small int) {
	for i := range s.Stride {
		for _, side := range [][2]int{{s.Height, s.OutHeight()}, {s.Width, s.OutWidth()}} {
			p := s.phase(i, side[0])
			if p.count > 0 && p.taps > 0 {
				small = max(small, -p.start, p.start+p.taps-1+p.count-side[1])
			}
		}
	}
	return s.Padding, small
}

// turn writes the weights as up reads them: for each phase panels of In, each [position down][across][Out][channel].
// Panel i of the result begins at i*panelWidth*taps*Out in its phase, and phases follow one another.
func (w *worker) turn(s Shape, dst, weights []float32, q panel) {
	s.phases(func(py, px phase, at int) {
		dst := dst[at+q.from*py.taps*px.taps*s.Out:]
		for dy := range py.taps {
			for dx := range px.taps {
				tap := s.kernelTap(py, dy)*s.Kernel + s.kernelTap(px, dx)
				for out := 0; out < s.Out; out += panelWidth {
					p := panelOf(out, s.Out)
					src := weights[p.from*s.perOut()+(tap*s.In+q.from)*p.width:]
					w.engine.Transpose(dst, src, q.width, p.width)
					dst = dst[p.width*q.width:]
				}
			}
		}
	})
}

// phases calls f with every phase that meets the kernel, or does not, and where its turned weights begin.
func (s Shape) phases(f func(py, px phase, at int)) {
	at := 0
	for y := range s.Stride {
		py := s.phase(y, s.Height)
		for x := range s.Stride {
			px := s.phase(x, s.Width)
			f(py, px, at)
			at += py.taps * px.taps * s.In * s.Out
		}
	}
}

// up computes some channels of the large map from the small one: a transposed convolution, or the gradient of a
// convolution's input. turned holds the weights as turn writes them.
func (w *worker) up(s Shape, large, small *featureMap, turned []float32, q panel, e *ends) {
	n := &w.nested
	n.N = q.width
	n.ACol, n.ABlk, n.BRow, n.BBlk, n.Blks = 1, 0, q.width, 0, 1
	s.phases(func(py, px phase, at int) {
		if py.count == 0 || px.count == 0 {
			return
		}
		n.B = turned[at+q.from*py.taps*px.taps*s.Out:]
		if w.byImages(small.images, px.count) {
			w.upByImages(s, large, small, py, px, q, e)
			return
		}
		n.M, n.Repeats = px.count, py.count
		n.ARow, n.ALine, n.ASeg = s.Out, small.row(), small.row()
		n.K, n.Segs = px.taps*s.Out, py.taps
		n.BSeg = n.K * q.width
		n.CRow, n.CLine = s.Stride*s.In, s.Stride*large.row()
		for i := range small.images {
			n.A = nil
			if py.taps > 0 && px.taps > 0 {
				n.A = small.data[small.at(i, py.start, px.start):]
			}
			c := large.at(i, py.first, px.first) + q.from
			n.C = large.data[c:]
			w.apply(e, q, c)
			w.engine.Nested(n)
		}
	})
}

// upByImages computes one phase with the rows of tiles over images.
func (w *worker) upByImages(s Shape, large, small *featureMap, py, px phase, q panel, e *ends) {
	n := &w.nested
	turned := n.B
	n.M, n.Repeats = small.images, 1
	n.ARow, n.ALine, n.ASeg = small.image(), 0, small.row()
	n.CRow, n.CLine = large.image(), 0
	n.BSeg = px.taps * s.Out * q.width
	for y := range py.count {
		dy, dyEnd := max(0, -(py.start+y)), min(py.taps, small.height-py.start-y)
		for x := range px.count {
			dx, dxEnd := max(0, -(px.start+x)), min(px.taps, small.width-px.start-x)
			n.K, n.Segs = max(0, dxEnd-dx)*s.Out, max(0, dyEnd-dy)
			if n.K > 0 && n.Segs > 0 {
				n.A = small.data[small.at(0, py.start+y+dy, px.start+x+dx):]
				n.B = turned[(dy*px.taps+dx)*s.Out*q.width:]
			}
			c := large.at(0, py.first+y*s.Stride, px.first+x*s.Stride) + q.from
			n.C = large.data[c:]
			w.apply(e, q, c)
			w.engine.Nested(n)
		}
	}
	n.B = turned
}
