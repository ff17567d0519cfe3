package graph

import (
	"fmt"
	"slices"

	"vaectl/internal/compute/conv"
	"vaectl/internal/compute/kernel"
)

func (c *convolved) maps() int       { return 1 }
func (c *convolved) parameters() int { return 2 }

func (c *convolved) addTo(n *conv.Net, in []conv.Value) (conv.Value, bool) {
	if h, w, channels := n.Dims(in[0]); c.from() != (Map{Height: h, Width: w, Channels: channels}) {
		return 0, false
	}
	if c.transposed {
		return n.TransposeOf(in[0], c.shape), true
	}
	return n.Convolution(in[0], c.shape.Window, c.shape.Out), true
}

func (a *activated) maps() int       { return 1 }
func (a *activated) parameters() int { return 0 }

func (a *activated) addTo(n *conv.Net, in []conv.Value) (conv.Value, bool) {
	return n.Activate(in[0], a.act), true
}

func (s *silu) maps() int       { return 1 }
func (s *silu) parameters() int { return 0 }

func (s *silu) addTo(n *conv.Net, in []conv.Value) (conv.Value, bool) { return n.Silu(in[0]), true }

func (a *addition) maps() int       { return 2 }
func (a *addition) parameters() int { return 0 }

func (a *addition) addTo(n *conv.Net, in []conv.Value) (conv.Value, bool) {
	if in[0] == in[1] {
		return 0, false
	}
	return n.Add(in[0], in[1]), true
}

func (n *normalised) maps() int       { return 1 }
func (n *normalised) parameters() int { return 2 }

func (n *normalised) addTo(net *conv.Net, in []conv.Value) (conv.Value, bool) {
	if n.groups > 0 {
		return net.GroupNorm(in[0], n.groups, n.eps), true
	}
	if n.running == nil {
		return 0, false
	}
	return net.BatchNorm(in[0], n.eps, n.running.Momentum), true
}

func (n *fixedNorm) maps() int       { return 1 }
func (n *fixedNorm) parameters() int { return 2 }

func (n *fixedNorm) addTo(net *conv.Net, in []conv.Value) (conv.Value, bool) {
	return net.BatchNorm(in[0], n.eps, 0), true
}

// mapReader is a body that knows the maps it reads.
type mapReader interface{ from() Map }

func (u *upsampled) from() Map { return u.of }

func (u *upsampled) maps() int       { return 1 }
func (u *upsampled) parameters() int { return 0 }

func (u *upsampled) addTo(n *conv.Net, in []conv.Value) (conv.Value, bool) {
	return n.Upsample(in[0], u.factor), true
}

func (l *labelChannels) maps() int       { return 1 }
func (l *labelChannels) parameters() int { return 1 }

func (l *labelChannels) addTo(n *conv.Net, in []conv.Value) (conv.Value, bool) {
	return n.Label(in[0], l.classes), true
}

// carried is a stackable body with statistics of earlier batches: mean and variance
// of every channel.
type carried interface {
	state(s *step) [][]float32
}

func (n *normalised) state(*step) [][]float32 {
	if n.running == nil {
		return nil
	}
	return [][]float32{n.running.Mean, n.running.Variance}
}

func (n *fixedNorm) state(s *step) [][]float32 {
	return [][]float32{s.in[3].memory(), s.in[4].memory()}
}

// beside is what a stack reads that is neither maps nor parameters: running
// statistics, and the labels of the images, of which each is that of a number of maps
// in a row.
type beside struct {
	states   [][]float32
	labels   []float32
	perLabel int
}

// add notes what a step reads. It says no to labels that are not those of the steps
// before.
func (b *beside) add(s *step) bool {
	switch body := s.body.(type) {
	case carried:
		b.states = append(b.states, body.state(s)...)
	case *labelChannels:
		labels := s.in[2].memory()
		if b.labels != nil && &b.labels[0] != &labels[0] {
			return false
		}
		b.labels, b.perLabel = labels, body.perLabel
	}
	return true
}

// give hands it to a stack.
func (b *beside) give(s *conv.Stack) {
	s.UseState(b.states)
	if b.labels != nil {
		s.UseLabels(b.labels, b.perLabel)
	}
}

// stack puts a stack in the place of a region, where there is one.
func (l *list) stack(r *region) bool {
	b := stackBuilder{region: r, values: make(map[*value]conv.Value)}
	output, ok := b.net()
	if !ok {
		return false
	}
	training := len(r.backward) > 0
	// A batch norm by the batch's own statistics is one in training, whether
	// somebody takes its gradient or not.
	batchwise := slices.ContainsFunc(r.forward, func(s *step) bool { _, ok := s.body.(*normalised); return ok })
	options := conv.Options{Images: b.rows, Output: output, Train: training || batchwise, InputGradient: r.dInput != nil}
	s, err := conv.NewStack(l.engine, b.built, options)
	if err != nil {
		return false
	}
	b.beside.give(s)
	forward := &stackForward{stack: s, work: float64(b.rows) * b.built.FLOPs(), net: b.built, options: options, beside: b.beside}
	at := slices.Index(l.steps, r.forward[0])
	l.steps[at] = &step{name: b.name("stack"), body: forward, in: append([]*value{r.input}, b.parameters...), out: r.output()}
	for _, gone := range r.forward[1:] {
		l.drop(gone)
	}
	if !training {
		return true
	}
	back := &step{name: b.name("d(stack)"), in: append([]*value{r.dOutput}, b.parameters...), out: r.dInput, also: b.gradients(), backward: true}
	back.body = &stackBackward{stack: s, work: 2*forward.work - b.saved(), parameterGradients: parameterGradients{first: make([]int, len(back.also))}}
	l.steps[slices.Index(l.steps, r.backward[0])] = back
	for _, gone := range r.backward[1:] {
		l.drop(gone)
	}
	return true
}

// stackBuilder turns the forward steps of a region into a net.
type stackBuilder struct {
	*region
	built      *conv.Net
	rows       int
	values     map[*value]conv.Value
	parameters []*value
	inputs     []gradientOf // what each parameter is to which body
	beside     beside
}

// net builds it and returns its output.
func (b *stackBuilder) net() (output conv.Value, ok bool) {
	first := b.forward[slices.IndexFunc(b.forward, isConvolved)].body.(*convolved)
	b.rows = first.rows
	// What comes before the first step that has maps of its own leaves theirs as they are.
	sized := slices.IndexFunc(b.forward, func(s *step) bool { _, ok := s.body.(mapReader); return ok })
	from := b.forward[sized].body.(mapReader).from()
	b.built = conv.NewNet(from.Height, from.Width, from.Channels)
	b.values[b.input] = b.built.Input()
	for _, s := range b.forward {
		if gate, ok := s.body.(*gated); ok {
			if !b.addGate(gate, s) {
				return 0, false
			}
			continue
		}
		if b.isGate(s) {
			continue
		}
		body := s.body.(stackable)
		var in []conv.Value
		for _, v := range s.in[:body.maps()] {
			value, known := b.values[v]
			if !known {
				return 0, false
			}
			in = append(in, value)
		}
		if b.values[s.out], ok = body.addTo(b.built, in); !ok {
			return 0, false
		}
		for i := range body.parameters() {
			b.parameters = append(b.parameters, s.in[body.maps()+i])
			b.inputs = append(b.inputs, gradientOf{s.body, body.maps() + i})
		}
		if !b.beside.add(s) {
			return 0, false
		}
	}
	output, ok = b.values[b.output()]
	return output, ok
}

func (p *gated) maps() int       { return 2 }
func (p *gated) parameters() int { return 0 }

// addTo is left to the builder: a gate of a net has its sigmoid in it.
func (p *gated) addTo(*conv.Net, []conv.Value) (conv.Value, bool) { return 0, false }

// isGate says that a step is a sigmoid that only a gate reads.
func (b *stackBuilder) isGate(s *step) bool {
	a, ok := s.body.(*activated)
	if !ok || a.act != kernel.Sigmoid {
		return false
	}
	gates := 0
	for _, reader := range b.forward {
		if !reader.reads(s.out) {
			continue
		}
		if _, ok := reader.body.(*gated); !ok || reader.in[1] != s.out || reader.in[0] == s.out {
			return false
		}
		gates++
	}
	return gates > 0
}

func (b *stackBuilder) addGate(gate *gated, s *step) bool {
	at := slices.IndexFunc(b.forward, func(f *step) bool { return f.out == s.in[1] })
	if at < 0 || !b.isGate(b.forward[at]) {
		return false
	}
	h, ok := b.values[s.in[0]]
	before, known := b.values[b.forward[at].in[0]]
	if !ok || !known || h == before {
		return false
	}
	b.values[s.out] = b.built.Gate(h, before)
	return true
}

// gradients are those of the parameters, nil where nobody asked for them.
func (b *stackBuilder) gradients() []*value {
	all := make([]*value, len(b.parameters))
	for _, s := range b.backward {
		if i := slices.Index(b.inputs, gradientBy(s.body)); i >= 0 {
			all[i] = s.out
		}
	}
	return all
}

// saved is the work of the first product's input gradient where nobody asks for it.
func (b *stackBuilder) saved() float64 {
	if b.dInput != nil {
		return 0
	}
	first := b.forward[slices.IndexFunc(b.forward, isConvolved)].body.(*convolved)
	return float64(b.rows) * first.shape.FLOPs()
}

// name says from which maps to which a stack leads.
func (b *stackBuilder) name(what string) string {
	from, to := b.built.Input(), b.values[b.output()]
	h, w, c := b.built.Dims(from)
	oh, ow, oc := b.built.Dims(to)
	return fmt.Sprintf("%s %v to %v", what, Map{h, w, c}, Map{oh, ow, oc})
}

// stackForward computes a region. Its inputs are the region's and the parameters.
type stackForward struct {
	stack *conv.Stack
	work  float64

	net     *conv.Net // what the stack was made of
	options conv.Options
	beside  beside
}

func (s *stackForward) Run(out []float32, in [][]float32) { s.stack.Forward(out, in[0], in[1:]) }

func (s *stackForward) multiplication() (bare body, inputs int) { return s, -1 }
func (s *stackForward) flops() float64                          { return s.work }

// bytes is the memory of all maps, which the gradients share.
func (s *stackForward) bytes() int { return s.stack.Bytes() }

// stackBackward computes the gradients of a region, from that of its output. Its
// output is the gradient of the input, its further ones those of the parameters.
type stackBackward struct {
	parameterGradients
	stack *conv.Stack
	work  float64
}

func (s *stackBackward) Run(out []float32, in [][]float32) { s.RunAll(out, nil, in) }

func (s *stackBackward) RunAll(out []float32, also, in [][]float32) {
	s.also = also
	s.stack.Backward(out, in[0], s)
}

// parameterGradients takes the gradients of a stack's parameters.
type parameterGradients struct {
	// first is the number of the first weight of each parameter whose gradient the
	// updater is given, in place of being written.
	first   []int
	updater Updater

	also [][]float32
}

// Gradient is given a part of the gradient of a parameter; it makes a body a
// [conv.Gradients].
func (s *parameterGradients) Gradient(parameter, from int, gradient []float32) {
	switch {
	case s.also == nil:
	case s.also[parameter] != nil:
		copy(s.also[parameter][from:], gradient)
	case s.updater != nil && s.first[parameter] >= 0:
		s.updater.Update(s.first[parameter]+from, gradient)
	}
}

func (s *stackBackward) multiplication() (bare body, inputs int) {
	return &stackBackward{stack: s.stack}, -1
}

func (s *stackBackward) flops() float64 { return s.work }

// streamAll returns the body that gives the updater the gradients of the parameters
// with a first weight, which is -1 for the others.
func (s *stackBackward) streamAll(first []int, u Updater) body {
	return &stackBackward{parameterGradients: parameterGradients{first: first, updater: u}, stack: s.stack, work: s.work}
}
