package conv

import "vaectl/internal/compute/kernel"

// work is what one thread needs to take a group of images through a stack.
type work struct {
	worker
	stack  *Stack
	own    []featureMap // memory for each value
	ownD   []featureMap // and its gradient
	values []featureMap // of the group under way
	dvalue []featureMap
	row    []float32   // one image's output, then its gradient
	terms  [][]float32 // of each step toward few channels, the products of one image
	pixels []float32   // one image on its way between two orders
	grads  []float32   // of the part under way
	// panelGrads is the gradient of one panel of weights.
	panelGrads []float32
	// Of one line of pixels, and of one channel.
	buffers [4][]float32
	doubles [6][]float64
	groups  groupStatistics
	// firstImage is the number of the first image that values are of.
	firstImage int
}

func newWork(s *Stack) *work {
	w := &work{stack: s}
	w.engine = s.engine
	p := s.plan
	n := len(p.values)
	w.own, w.ownD = make([]featureMap, n), make([]featureMap, n)
	w.values, w.dvalue = make([]featureMap, n), make([]featureMap, n)
	used := make([]bool, n)
	used[0] = true
	for i := range p.operations {
		used[p.operations[i].out] = true
	}
	for i := range p.values {
		if !used[i] {
			continue
		}
		w.own[i] = p.values[i].featureMap
		if p.values[i].kept.data == nil {
			w.own[i].allocate(p.group)
		}
		if s.backward() && p.wanted(Value(i)) && !p.broad {
			w.ownD[i] = p.values[i].featureMap
			w.ownD[i].allocate(p.group)
		}
	}
	w.terms = make([][]float32, len(p.operations))
	for i := range p.operations {
		if o := &p.operations[i]; o.narrow {
			w.terms[i] = kernel.Floats(narrowTerms(o.shape))
		}
	}
	most := 0
	for i := range p.operations {
		if o := &p.operations[i]; o.wide && s.backward() {
			most = max(most, min(panelWidth, o.shape.Out)*o.shape.perOut())
		}
	}
	w.panelGrads = kernel.Floats(most)
	largest, line, channels := 0, 0, 0
	for i := range p.values {
		v := &p.values[i]
		largest = max(largest, v.elements())
		line, channels = max(line, v.width*v.channels), max(channels, v.channels)
	}
	for i := range w.buffers {
		w.buffers[i] = kernel.Floats(line)
	}
	for i := range w.doubles {
		w.doubles[i] = make([]float64, channels)
	}
	w.row, w.pixels = kernel.Floats(2*largest), kernel.Floats(largest)
	return w
}

// floats counts the elements of its memory.
func (w *work) floats() int {
	n := len(w.row) + len(w.pixels) + len(w.panelGrads)
	for _, t := range w.terms {
		n += len(t)
	}
	for i := range w.own {
		n += len(w.own[i].data) + len(w.ownD[i].data)
	}
	return n
}

// lineBuffer is memory for one line of pixels.
func (w *work) lineBuffer(i, n int) []float32 { return w.buffers[i][:n] }

// begin points the values at the memory of a group of images and loads the input.
func (w *work) begin(from, to int) {
	w.point(from, to)
	size := w.stack.inputSize
	w.load(&w.values[0], w.stack.in[from*size:to*size])
}

// point points the values at the memory of some images.
func (w *work) point(from, to int) {
	p := w.stack.plan
	w.firstImage = from
	for i := range p.values {
		switch {
		case p.values[i].kept.data != nil:
			w.values[i] = p.values[i].kept.view(from, to-from)
		case w.own[i].data != nil:
			w.values[i] = w.own[i].view(0, to-from)
		}
		switch {
		case p.values[i].keptD.data != nil:
			w.dvalue[i] = p.values[i].keptD.view(from, to-from)
		case w.ownD[i].data != nil:
			w.dvalue[i] = w.ownD[i].view(0, to-from)
		}
	}
}

// load writes rows in PyTorch's order into a map.
func (w *work) load(m *featureMap, rows []float32) {
	size := m.height * m.width * m.channels
	for i := range m.images {
		w.fromRow(m, i, rows[i*size:][:size])
	}
}

// forward computes the outputs of some images.
func (w *work) forward(from, to int) {
	w.begin(from, to)
	for i := range w.stack.plan.operations {
		w.compute(i)
	}
	w.storeOutput(from, to)
}

// storeOutput writes the outputs of some images as rows.
func (w *work) storeOutput(from, to int) {
	size := w.stack.outputSize
	for i := range to - from {
		w.toRow(w.stack.out[(from+i)*size:][:size], &w.values[w.stack.options.Output], i)
	}
}

// backward computes the gradients of some images whose values Forward kept.
func (w *work) backward(from, to int) {
	s := w.stack
	w.begin(from, to)
	for i := range s.plan.operations {
		if s.plan.values[s.plan.operations[i].out].again {
			w.compute(i)
		}
	}
	w.loadOutputGradient(from, to)
	w.gradients(from, to)
}

// loadOutputGradient loads the gradients of the outputs of some images, and the outputs where those are read.
func (w *work) loadOutputGradient(from, to int) {
	s := w.stack
	size, out := s.outputSize, s.options.Output
	if s.plan.reads(out) && s.plan.values[out].kept.data == nil {
		w.load(&w.values[out], s.out[from*size:to*size])
	}
	w.load(&w.dvalue[out], s.dout[from*size:to*size])
}

// reads reports whether Backward reads the value of the output.
func (p *plan) reads(v Value) bool {
	i := p.values[v].producer
	return i >= 0 && (p.operations[i].relu || p.operations[i].kind == activation)
}

// judge computes the outputs of some images and the gradients from what is made of them.
func (w *work) judge(from, to int) {
	s := w.stack
	w.begin(from, to)
	for i := range s.plan.operations {
		w.compute(i)
	}
	w.judgeOutput(from, to)
	w.gradients(from, to)
}

// judgeOutput hands the outputs of some images to the judge and loads the gradients that it makes of them.
func (w *work) judgeOutput(from, to int) {
	s := w.stack
	out, size := s.options.Output, s.outputSize
	row, grad := w.row[:size], w.row[size:][:size]
	for i := range to - from {
		w.toRow(row, &w.values[out], i)
		s.judge.Judge(from+i, row, grad)
		w.fromRow(&w.dvalue[out], i, grad)
	}
}

// gradients goes through the operations from the last to the first, once the gradient of the output is there.
func (w *work) gradients(from, to int) {
	s := w.stack
	for i := len(s.plan.operations) - 1; i >= 0; i-- {
		w.differentiate(i)
	}
	w.storeInputGradient(from, to)
}

// storeInputGradient writes the gradients of the inputs of some images as rows, where they are wanted.
func (w *work) storeInputGradient(from, to int) {
	s := w.stack
	if !s.options.InputGradient {
		return
	}
	size := s.inputSize
	for i := range to - from {
		w.toRow(s.din[(from+i)*size:][:size], &w.dvalue[0], i)
	}
}

// compute runs one step forward.
func (w *work) compute(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	in, out := &w.values[o.in[0]], &w.values[o.out]
	switch o.kind {
	case convolution, transposed:
		w.product(i, out, in)
	case activation:
		w.lines(out, in, func(y, x []float32) { w.engine.Activate(o.act, y, x) })
	case silu:
		w.lines(out, in, func(y, x []float32) { w.engine.Silu(y, x) })
	case gating:
		w.lines(out, &w.values[o.in[1]], func(y, g []float32) { w.engine.Sigmoid(y, g) })
		w.lines(out, in, func(y, h []float32) { w.engine.Mul(y, y, h) })
	case groupNorm:
		w.normaliseGroups(i)
	case batchNorm:
		w.normalise(i)
	case upsampling:
		w.upsample(i)
	case labelling:
		w.label(i)
	case addition:
		w.lines(out, in, func(y, x []float32) { copy(y, x) })
		w.lines(out, &w.values[o.in[1]], func(y, x []float32) { w.engine.Accumulate(y, x) })
	}
}

// lines calls f for every row of pixels of two maps of one size.
func (w *work) lines(a, b *featureMap, f func(a, b []float32)) {
	for i := range a.images {
		for y := range a.height {
			f(a.line(i, y), b.line(i, y))
		}
	}
}

// product runs a convolution, or a transposed one, forward.
func (w *work) product(i int, out, in *featureMap) {
	s := w.stack
	o := &s.plan.operations[i]
	if o.narrow {
		w.upNarrow(o.shape, out, in, w.terms[i], s.turned[i], s.params[o.params+1])
		return
	}
	n := s.plan.channelsForward(i)
	for from := 0; from < n; from += panelWidth {
		w.productOf(i, panelOf(from, n))
	}
}

// productOf computes some channels of a convolution, or of a transposed one.
func (w *work) productOf(i int, p panel) {
	s := w.stack
	o := &s.plan.operations[i]
	in, out := &w.values[o.in[0]], &w.values[o.out]
	e := ends{bias: s.params[o.params+1], relu: o.relu, slope: o.slope}
	if o.kind == transposed {
		w.up(o.shape, out, in, s.turned[i], p, &e)
		return
	}
	w.down(o.shape, out, in, s.params[o.params], p, &e)
}

// differentiate runs one step backward.
func (w *work) differentiate(i int) {
	o := &w.stack.plan.operations[i]
	switch o.kind {
	case convolution, transposed:
		w.productGradients(i)
	case activation:
		w.activationGradient(i)
	case silu:
		w.siluGradient(i)
	case gating:
		w.gateGradients(i)
	case groupNorm:
		w.groupGradients(i)
	case upsampling:
		w.upsampleGradient(i)
	case labelling:
		w.labelGradients(i)
	case addition:
		for _, v := range o.inputs() {
			w.pass(i, v, func(dx, dy []float32) { copy(dx, dy) })
		}
	}
}

// first reports whether step i is the one that writes the gradient of a value; the others add to it.
func (w *work) first(i int, v Value) bool {
	consumers := w.stack.plan.values[v].consumers
	return consumers[len(consumers)-1] == i
}

// pass writes, or adds, what f makes of the gradient of a step's output to that of one of its inputs.
func (w *work) pass(i int, v Value, f func(dx, dy []float32)) {
	if !w.stack.plan.wanted(v) {
		return
	}
	dx, dy := &w.dvalue[v], &w.dvalue[w.stack.plan.operations[i].out]
	if w.first(i, v) {
		w.lines(dx, dy, f)
		return
	}
	w.lines(dx, dy, func(dx, dy []float32) {
		t := w.pixels[:len(dx)]
		f(t, dy)
		w.engine.Accumulate(dx, t)
	})
}

func (w *work) activationGradient(i int) {
	o := &w.stack.plan.operations[i]
	y, dy := &w.values[o.out], &w.dvalue[o.out]
	w.lines(dy, y, func(dy, y []float32) { w.engine.ActivateGrad(o.act, dy, y, dy) })
	w.pass(i, o.in[0], func(dx, dy []float32) { copy(dx, dy) })
}

// gradOf is where the part's gradient of a parameter is.
func (w *work) gradOf(parameter int) []float32 {
	s := w.stack
	return w.grads[s.offsets[parameter]:][:s.plan.net.parameters[parameter].Size]
}

// productGradients adds the gradients of a step's weights and bias and computes that of its input.
func (w *work) productGradients(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	if !s.plan.values[o.out].closed {
		w.close(i)
	}
	w.weightGradient(i)
	if s.plan.wanted(o.in[0]) {
		w.inputGradient(i)
	}
}

// largeAndSmall are the maps that a product's weights join, with the gradient of its output.
func (w *work) largeAndSmall(i int) (large, small *featureMap) {
	o := &w.stack.plan.operations[i]
	x, dy := &w.values[o.in[0]], &w.dvalue[o.out]
	if o.kind == transposed {
		return dy, x
	}
	return x, dy
}

// weightGradient adds the gradient of a step's weights to the part's.
func (w *work) weightGradient(i int) {
	o := &w.stack.plan.operations[i]
	large, small := w.largeAndSmall(i)
	dw := w.gradOf(o.params)
	for p := 0; p < o.shape.Out; p += panelWidth {
		w.weight(o.shape, dw, large, small, panelOf(p, o.shape.Out))
	}
}

// inputGradient computes the gradient of a step's input.
func (w *work) inputGradient(i int) {
	n := w.stack.plan.channelsBackward(i)
	for from := 0; from < n; from += panelWidth {
		w.inputGradientOf(i, panelOf(from, n))
	}
}

// inputGradientOf computes some channels of it.
func (w *work) inputGradientOf(i int, p panel) {
	s := w.stack
	o := &s.plan.operations[i]
	e := w.closing(i)
	dx, dy := &w.dvalue[o.in[0]], &w.dvalue[o.out]
	if o.kind == transposed {
		w.down(o.shape, dx, dy, s.params[o.params], p, &e)
		return
	}
	w.up(o.shape, dx, dy, s.turned[i], p, &e)
}

// closing says what the gradient of a step's input ends in.
func (w *work) closing(i int) ends {
	p := w.stack.plan
	in := p.operations[i].in[0]
	v := &p.values[in]
	e := ends{add: !w.first(i, in)}
	if v.closed {
		before := &p.operations[v.producer]
		if before.isProduct() {
			e.sums = w.gradOf(before.params + 1)
		}
		if before.relu {
			e.gate, e.slope = &w.values[in], before.slope
		}
	}
	return e
}

// close makes of the gradient of a step's output that of its product, and adds its channels to the gradient of the bias.
func (w *work) close(i int) {
	o := &w.stack.plan.operations[i]
	y, dy := &w.values[o.out], &w.dvalue[o.out]
	sums := w.gradOf(o.params + 1)
	line := w.lineBuffer(0, dy.width*dy.channels)
	clear(line)
	for image := range dy.images {
		for row := range dy.height {
			d := dy.line(image, row)
			if o.relu {
				w.engine.ActivateGrad(o.joined, d, y.line(image, row), d)
			}
			w.engine.Accumulate(line, d)
		}
	}
	for x := 0; x < len(line); x += len(sums) {
		for c := range sums {
			sums[c] += line[x+c]
		}
	}
}
