package conv

import (
	"fmt"
	"sync"

	"vaectl/internal/compute/kernel"
)

// Options say what a stack is for.
type Options struct {
	Images int   // of a run
	Output Value // of the net
	// Train keeps what Backward needs; Judged is for Judge and HandOn, which need less. Without either, only Forward can be
	// called.
	Train, Judged bool
	// InputGradient says that Backward or Judge computes the gradient of the input too.
	InputGradient bool
}

// Gradients takes the gradients of the parameters.
type Gradients interface {
	// Gradient is given the gradient, summed over the batch, of the elements of a parameter from the given one on. It is
	// called from several goroutines, in each run once for every element. The memory is gone when it returns; the
	// parameter may be changed at once.
	Gradient(parameter, from int, gradient []float32)
}

// Judge says how good outputs are.
type Judge interface {
	// Judge is given the output of one image and, unless grad is nil, writes the gradient of what is minimised to it. It is
	// called from several goroutines, in each run once for every image.
	Judge(image int, output, grad []float32)
}

// Stack runs a Net. It owns the memory of all maps and allocates nothing once it is made. It is not safe for concurrent
// use. Images are rows in PyTorch's order, (channel, row, column).
type Stack struct {
	engine     *kernel.Engine
	options    Options
	plan       *plan
	parts      []part
	free       []*work // one a thread
	mu         sync.Mutex
	turned     [][]float32 // of each operation, nil where it reads its weights as they are
	turns      []turn
	offsets    []int // of each parameter in the gradients of a part
	spans      []gradientSpan
	inputSize  int
	outputSize int

	in, out, din, dout []float32
	params             [][]float32
	state              [][]float32 // running mean and variance of each batch norm
	labels             []float32   // of images; image i has that of number i/perLabel
	perLabel           int
	judge              Judge

	norms             []*norm // of each operation, nil where it is no batch norm
	variance, squares []float64
	partial           []float64 // of one part; all three, one a channel
	broad             broadTask
	to                Gradients
}

// part is a run of images with sums of its own.
type part struct {
	from, to int
	grads    []float32 // of all parameters
}

// turn is a piece of turned weights.
type turn struct {
	operation int
	panel     panel
}

// gradientSpan is a piece of the gradient of one parameter.
type gradientSpan struct{ parameter, from, to int }

// The batch is divided into this many parts, or as many as there are images. Bits depend on it.
const batchParts = 8

// spanElements of a gradient are worth handing to another thread, and stay in the first-level cache with Adam's moments.
const spanElements = 4096

// NewStack makes a net runnable for a number of images.
func NewStack(e *kernel.Engine, n *Net, o Options) (*Stack, error) {
	if o.Images < 1 {
		return nil, fmt.Errorf("a stack of %d images", o.Images)
	}
	if o.Train && o.Judged {
		return nil, fmt.Errorf("a stack both to train and to judge")
	}
	p, err := newPlan(n, o)
	if err != nil {
		return nil, err
	}
	if o.Judged && p.isWide() {
		return nil, fmt.Errorf("a stack to judge with more than %d weights in a layer", wideWeights)
	}
	s := &Stack{engine: e, options: o, plan: p}
	s.inputSize, s.outputSize = p.values[0].elements(), p.values[o.Output].elements()
	s.divide()
	s.prepareNorms()
	for range e.Threads() {
		s.free = append(s.free, newWork(s))
	}
	s.prepareTurns()
	return s, nil
}

// divide cuts the batch into parts and the gradients into spans.
func (s *Stack) divide() {
	size := 0
	for i, p := range s.plan.net.parameters {
		const line = 16
		s.offsets = append(s.offsets, size)
		if s.plan.wideParameter(i) {
			continue
		}
		size += (p.Size + line - 1) / line * line
		for from := 0; from < p.Size; from += spanElements {
			s.spans = append(s.spans, gradientSpan{i, from, min(from+spanElements, p.Size)})
		}
	}
	n := min(batchParts, s.options.Images)
	for i := range n {
		p := part{from: s.options.Images * i / n, to: s.options.Images * (i + 1) / n}
		if s.backward() {
			p.grads = kernel.Floats(size)
		}
		s.parts = append(s.parts, p)
	}
}

// prepareNorms makes the memory of batch norms.
func (s *Stack) prepareNorms() {
	s.norms = make([]*norm, len(s.plan.operations))
	channels := 0
	for i := range s.plan.operations {
		if o := &s.plan.operations[i]; o.kind == batchNorm {
			v := &s.plan.values[o.in[0]]
			s.norms[i] = newNorm(v, len(s.parts))
			channels = max(channels, v.channels)
		}
	}
	s.variance, s.squares, s.partial = make([]float64, channels), make([]float64, channels), make([]float64, channels)
}

// backward reports whether gradients are computed.
func (s *Stack) backward() bool { return s.options.Train || s.options.Judged }

// prepareTurns finds out which weights are wanted turned.
func (s *Stack) prepareTurns() {
	s.turned = make([][]float32, len(s.plan.operations))
	for i := range s.plan.operations {
		o := &s.plan.operations[i]
		if !(o.kind == transposed || o.kind == convolution && s.backward() && s.plan.wanted(o.in[0])) {
			continue
		}
		s.turned[i] = kernel.Floats(o.shape.Weights())
		n := o.shape.In
		if o.narrow {
			n = o.shape.Out
		}
		for q := 0; q < n; q += panelWidth {
			s.turns = append(s.turns, turn{i, panelOf(q, n)})
		}
	}
}

// InputSize is the number of values of one image of the input.
func (s *Stack) InputSize() int { return s.inputSize }

// Bytes is the memory that the stack holds.
func (s *Stack) Bytes() int {
	floats := 0
	for _, p := range s.parts {
		floats += len(p.grads)
	}
	for _, t := range s.turned {
		floats += len(t)
	}
	for _, v := range s.plan.values {
		floats += len(v.kept.data) + len(v.keptD.data)
	}
	for _, n := range s.norms {
		if n != nil {
			floats += n.floats()
		}
	}
	for _, w := range s.free {
		floats += w.floats()
	}
	return 4 * floats
}

// Forward computes the output of a batch: in is [Images][channels, height, width], out likewise.
func (s *Stack) Forward(out, in []float32, params [][]float32) {
	s.begin(out, in, params)
	s.engine.Run(len(s.turns), (*turnTask)(s))
	if s.plan.broad {
		s.forwardBroad()
		s.each(broadStore, 0)
		return
	}
	s.engine.Run(len(s.parts), (*forwardTask)(s))
}

// Backward computes the gradients from that of the output, dout. It follows Forward, whose in, out and params must be as
// they were. din receives the gradient of the input; it is nil where the options do not ask for it.
func (s *Stack) Backward(din, dout []float32, to Gradients) {
	if !s.options.Train {
		panic("conv: Backward of a stack that is not made to train")
	}
	s.checkLength("gradient of the output", len(dout), s.options.Images*s.outputSize)
	s.checkInputGradient(din)
	s.din, s.dout, s.to = din, dout, to
	if s.plan.broad {
		s.each(broadLoadGradient, 0)
		s.backwardBroad()
	} else {
		s.engine.Run(len(s.parts), (*backwardTask)(s))
	}
	s.HandOn(to)
}

// Judge computes the output of a batch and hands it to j, image by image, then computes the gradients from what j makes of
// it, some images at a time: nothing is kept of the whole batch. din receives the gradient of the input; those of the
// parameters wait for HandOn.
func (s *Stack) Judge(din, in []float32, params [][]float32, j Judge) {
	if !s.options.Judged {
		panic("conv: Judge of a stack that is not made for it")
	}
	s.begin(nil, in, params)
	s.checkInputGradient(din)
	s.din, s.judge = din, j
	s.engine.Run(len(s.turns), (*turnTask)(s))
	if s.plan.broad {
		s.forwardBroad()
		s.each(broadJudge, 0)
		s.backwardBroad()
	} else {
		s.engine.Run(len(s.parts), (*judgeTask)(s))
	}
}

// HandOn hands on the gradients of the parameters that Judge computed; once only.
func (s *Stack) HandOn(to Gradients) {
	s.to = to
	s.engine.Run(len(s.spans), (*gradientTask)(s))
}

func (s *Stack) begin(out, in []float32, params [][]float32) {
	s.checkLength("input", len(in), s.options.Images*s.inputSize)
	if out != nil {
		s.checkLength("output", len(out), s.options.Images*s.outputSize)
	}
	if len(params) != len(s.plan.net.parameters) {
		panic(fmt.Sprintf("conv: %d parameters of a stack that has %d", len(params), len(s.plan.net.parameters)))
	}
	for i, p := range s.plan.net.parameters {
		if len(params[i]) != p.Size {
			panic(fmt.Sprintf("conv: parameter %d of %d elements, not %d", i, len(params[i]), p.Size))
		}
	}
	s.checkLabels()
	s.in, s.out, s.params = in, out, params
	for i := range s.plan.operations {
		if s.plan.operations[i].kind == batchNorm && !s.backward() {
			if s.state == nil {
				panic("conv: batch norm in evaluation without running statistics: UseState")
			}
			s.recall(i)
		}
	}
}

// UseState gives the stack the running mean and variance of each batch norm, in the order and with the lengths of
// [Net.States]: training moves them, evaluation reads them, and needs them.
func (s *Stack) UseState(state [][]float32) {
	sizes := s.plan.net.states
	if len(state) != len(sizes) {
		panic(fmt.Sprintf("conv: %d running statistics of a stack that has %d", len(state), len(sizes)))
	}
	for i, n := range sizes {
		if len(state[i]) != n {
			panic(fmt.Sprintf("conv: running statistics %d of %d elements, not %d", i, len(state[i]), n))
		}
	}
	s.state = state
}

func (s *Stack) checkInputGradient(din []float32) {
	if s.options.InputGradient {
		s.checkLength("gradient of the input", len(din), s.options.Images*s.inputSize)
	}
}

func (s *Stack) checkLength(name string, have, want int) {
	if have != want {
		panic(fmt.Sprintf("conv: %s of %d elements, not %d", name, have, want))
	}
}

// get returns what one thread needs.
func (s *Stack) get() *work {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.free)
	w := s.free[n-1]
	s.free = s.free[:n-1]
	return w
}

func (s *Stack) put(w *work) {
	s.mu.Lock()
	s.free = append(s.free, w)
	s.mu.Unlock()
}

type turnTask Stack

// Chunk turns one piece of weights.
func (t *turnTask) Chunk(i int) {
	s := (*Stack)(t)
	w := s.get()
	defer s.put(w)
	piece := s.turns[i]
	o := &s.plan.operations[piece.operation]
	weights := s.params[o.params]
	if o.narrow {
		w.turnNarrow(o.shape, s.turned[piece.operation], weights, piece.panel)
		return
	}
	w.turn(o.shape, s.turned[piece.operation], weights, piece.panel)
}

type forwardTask Stack

// Chunk computes the outputs of one part.
func (t *forwardTask) Chunk(i int) {
	s := (*Stack)(t)
	w := s.get()
	defer s.put(w)
	s.groups(i, func(from, to int) { w.forward(from, to) })
}

type backwardTask Stack

// Chunk computes the gradients of one part.
func (t *backwardTask) Chunk(i int) {
	s := (*Stack)(t)
	w := s.get()
	defer s.put(w)
	w.grads = s.parts[i].grads
	clear(w.grads)
	s.groups(i, func(from, to int) { w.backward(from, to) })
}

type judgeTask Stack

// Chunk computes one part forward and backward.
func (t *judgeTask) Chunk(i int) {
	s := (*Stack)(t)
	w := s.get()
	defer s.put(w)
	w.grads = s.parts[i].grads
	clear(w.grads)
	s.groups(i, func(from, to int) { w.judge(from, to) })
}

// groups calls f for the images of a part, as many at a time as stay in the second-level cache.
func (s *Stack) groups(i int, f func(from, to int)) {
	p := &s.parts[i]
	for from := p.from; from < p.to; from += s.plan.group {
		f(from, min(from+s.plan.group, p.to))
	}
}

type gradientTask Stack

// Chunk adds a piece of the parts' gradients, in their order, and hands it on.
func (t *gradientTask) Chunk(i int) {
	s := (*Stack)(t)
	span := s.spans[i]
	from := s.offsets[span.parameter] + span.from
	sum := s.parts[0].grads[from:][:span.to-span.from]
	for _, p := range s.parts[1:] {
		s.engine.Accumulate(sum, p.grads[from:][:len(sum)])
	}
	s.to.Gradient(span.parameter, span.from, sum)
}
