package conv

// A broad stack takes all images through one operation after the other. The images of most operations are dealt to the
// threads by the parts of the batch; those with many weights are dealt by panels of channels.

// broadTask is one operation, or a part of one, for all parts or all panels.
type broadTask struct {
	stack *Stack
	kind  broadKind
	step  int
}

type broadKind uint8

const (
	broadLoad broadKind = iota
	broadForward
	broadMeasure
	broadStore
	broadLoadGradient
	broadJudge
	broadSumNorm
	broadBackward
	broadInputGradient
	broadWeights
	broadStoreGradient
)

// each runs a kind of task on all parts of the batch.
func (s *Stack) each(kind broadKind, step int) {
	s.broad = broadTask{s, kind, step}
	s.engine.Run(len(s.parts), &s.broad)
}

// eachPanel runs a kind of task on all panels of some channels.
func (s *Stack) eachPanel(kind broadKind, step, channels int) {
	s.broad = broadTask{s, kind, step}
	s.engine.Run(panels(channels), &s.broad)
}

// Chunk does one part or one panel.
func (t *broadTask) Chunk(i int) {
	s := t.stack
	w := s.get()
	defer s.put(w)
	o := &s.plan.operations[t.step]
	byPanel := o.wide && (t.kind == broadForward || t.kind == broadInputGradient || t.kind == broadWeights)
	w.wide = byPanel
	if byPanel {
		w.point(0, s.options.Images)
		w.grads = s.parts[0].grads
		t.panel(w, i)
		return
	}
	p := &s.parts[i]
	w.point(p.from, p.to)
	w.grads = p.grads
	t.part(w, i)
}

// panel does one panel of channels of all images.
func (t *broadTask) panel(w *work, i int) {
	p := w.stack.plan
	at := i * panelWidth
	switch t.kind {
	case broadForward:
		w.productOf(t.step, panelOf(at, p.channelsForward(t.step)))
	case broadInputGradient:
		w.inputGradientOf(t.step, panelOf(at, p.channelsBackward(t.step)))
	case broadWeights:
		w.panelGradient(t.step, panelOf(at, p.operations[t.step].shape.Out))
	}
}

// part does one part of the batch.
func (t *broadTask) part(w *work, i int) {
	s := w.stack
	p := &s.parts[i]
	switch t.kind {
	case broadLoad:
		w.load(&w.values[0], s.in[p.from*s.inputSize:p.to*s.inputSize])
	case broadForward:
		w.compute(t.step)
	case broadMeasure:
		w.measure(s.norms[t.step], i, &w.values[s.plan.operations[t.step].in[0]])
	case broadStore:
		w.storeOutput(p.from, p.to)
	case broadLoadGradient:
		clear(w.grads)
		w.loadOutputGradient(p.from, p.to)
	case broadJudge:
		clear(w.grads)
		w.judgeOutput(p.from, p.to)
	case broadSumNorm:
		w.sumGradients(t.step, i)
	case broadBackward:
		w.broadGradients(t.step)
	case broadInputGradient:
		w.inputGradient(t.step)
	case broadStoreGradient:
		w.storeInputGradient(p.from, p.to)
	}
}

// broadGradients does what an operation's gradients need of one part of the batch, but for the input of a product.
func (w *work) broadGradients(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	switch {
	case o.kind == batchNorm:
		w.unnormalise(i)
	case o.isProduct():
		if !s.plan.values[o.out].closed && !s.plan.normalised(i) {
			w.close(i)
		}
		if !o.wide {
			w.weightGradient(i)
		}
	default:
		w.differentiate(i)
	}
}

// normalised reports whether a batch norm reads what a product computes, and nothing else does: its bias has no effect then,
// nor a gradient.
func (p *plan) normalised(i int) bool {
	o := &p.operations[i]
	consumers := p.values[o.out].consumers
	return !o.relu && len(consumers) == 1 && p.operations[consumers[0]].kind == batchNorm
}

// forwardBroad computes all values.
func (s *Stack) forwardBroad() {
	s.each(broadLoad, 0)
	for i := range s.plan.operations {
		o := &s.plan.operations[i]
		switch {
		case o.wide:
			s.eachPanel(broadForward, i, s.plan.channelsForward(i))
			continue
		case o.kind == batchNorm && s.backward():
			s.each(broadMeasure, i)
			s.combine(i)
		}
		s.each(broadForward, i)
	}
}

// backwardBroad computes all gradients once that of the output is there. The gradients of many weights are handed on at
// once, the others when all parts are done.
func (s *Stack) backwardBroad() {
	for i := len(s.plan.operations) - 1; i >= 0; i-- {
		o := &s.plan.operations[i]
		if o.kind == batchNorm {
			s.each(broadSumNorm, i)
			s.combineGradients(i)
		}
		s.each(broadBackward, i)
		if !o.isProduct() {
			continue
		}
		if s.plan.wanted(o.in[0]) {
			if o.wide {
				s.eachPanel(broadInputGradient, i, s.plan.channelsBackward(i))
			} else {
				s.each(broadInputGradient, i)
			}
		}
		if o.wide {
			s.eachPanel(broadWeights, i, o.shape.Out)
		}
	}
	s.each(broadStoreGradient, 0)
}

// panelImages is the number of images whose terms are added to the gradient of a panel at a time: those of one map stay in
// the second-level cache.
const panelImages = 4

// panelGradient computes the gradient of the weights of one panel and hands it on.
func (w *work) panelGradient(i int, p panel) {
	s := w.stack
	o := &s.plan.operations[i]
	large, small := w.largeAndSmall(i)
	from := p.from * o.shape.perOut()
	g := w.panelGrads[:p.width*o.shape.perOut()]
	clear(g)
	step := panelImages
	if o.shape.OutWidth() <= fewTerms {
		step = large.images
	}
	for image := 0; image < large.images; image += step {
		n := min(step, large.images-image)
		l, m := large.view(image, n), small.view(image, n)
		w.weightPanel(o.shape, g, &l, &m, p)
	}
	s.to.Gradient(o.params, from, g)
}
