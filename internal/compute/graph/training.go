package graph

import (
	"fmt"
	"slices"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
)

// Pair is a parameter and the gradient of the minimised scalar with respect to
// it. The weights of several pairs are numbered through, in the order of the
// pairs: those of the first come first.
type Pair struct {
	Parameter *gorgonia.Node // a leaf
	Gradient  *gorgonia.Node
}

// Differentiate adds the gradients of a scalar with respect to leaves.
func (g *Graph) Differentiate(cost *gorgonia.Node, parameters gorgonia.Nodes) ([]Pair, error) {
	gradients, err := gorgonia.Grad(cost, parameters...)
	if err != nil {
		return nil, fmt.Errorf("graph: gradients: %w", err)
	}
	pairs := make([]Pair, len(parameters))
	for i, p := range parameters {
		pairs[i] = Pair{Parameter: p, Gradient: gradients[i]}
	}
	return pairs, nil
}

// Strategy says what becomes of the gradients of a [Training]. There are two:
// [Collecting] and [Streaming].
type Strategy interface {
	// finish adds to a fused list what the strategy does.
	finish(l *list) error
}

// Training is one step of training as two programs: what the minimised scalar
// needs, and what its gradients need beyond that. Backward must follow Forward.
type Training struct {
	Forward, Backward *Program

	engine   *kernel.Engine
	fused    []*step  // before the strategy
	products *Program // nil until asked for
}

// CompileTraining orders what the outputs need into a forward program, and what
// the gradients need beyond that into a backward one. Gradients are computed from
// the last pair to the first: with parameters in the order of their layers, each
// is computed while what it needs is in cache.
func (g *Graph) CompileTraining(outputs gorgonia.Nodes, pairs []Pair, s Strategy) (*Training, error) {
	c, err := g.trainingList(outputs, pairs)
	if err != nil {
		return nil, err
	}
	fuse(&c.list, rules())
	return c.training(s)
}

// trainingList puts what outputs and gradients need in order.
func (g *Graph) trainingList(outputs gorgonia.Nodes, pairs []Pair) (*lister, error) {
	c, err := g.list(outputs)
	if err != nil {
		return nil, err
	}
	c.backward = true
	for _, p := range slices.Backward(pairs) {
		if err := c.visit(p.Gradient); err != nil {
			return nil, err
		}
	}
	first := 0
	for _, p := range pairs {
		data, ok := g.leaves[p.Parameter]
		if !ok {
			return nil, fmt.Errorf("graph: %v is no leaf: no gradient changes it", p.Parameter)
		}
		if n := c.values[p.Gradient].size; n != len(data) {
			return nil, fmt.Errorf("graph: a gradient of %d values for parameter %v of %d", n, p.Parameter, len(data))
		}
		if err := c.visit(p.Parameter); err != nil {
			return nil, err
		}
		c.values[p.Gradient].kept = true
		c.pairs = append(c.pairs, valuePair{parameter: c.values[p.Parameter], gradient: c.values[p.Gradient], first: first})
		first += len(data)
	}
	for n, gradient := range g.gradients {
		if of, ok := c.values[n]; ok && c.values[gradient] != nil {
			c.gradients[of] = c.values[gradient]
		}
	}
	return c, nil
}

// training completes a fused list.
func (c *lister) training(s Strategy) (*Training, error) {
	t := &Training{engine: c.engine, Forward: &Program{values: c.values}, Backward: &Program{values: c.values}, fused: slices.Clone(c.steps)}
	if err := s.finish(&c.list); err != nil {
		return nil, err
	}
	c.layOut()
	for _, s := range c.schedule() {
		half := t.Forward
		if s.steps()[0].backward {
			half = t.Backward
		}
		half.stages = append(half.stages, s)
	}
	return t, nil
}

// Bytes is the memory of everything that a step computes and keeps, beside its
// leaves and, where they are collected, the gradients.
func (t *Training) Bytes() int {
	total := 0
	counted := make(map[*value]bool)
	for _, s := range slices.Concat(t.Forward.steps(), t.Backward.steps()) {
		for _, v := range append(slices.Clone(s.also), s.out) {
			if v != nil && v.over == nil && !counted[v] {
				counted[v] = true
				total += bytesPerValue * v.size
			}
		}
		if b, ok := s.body.(interface{ bytes() int }); ok {
			total += b.bytes()
		}
	}
	return total
}

const bytesPerValue = 4

// valuePair is a [Pair] in a list.
type valuePair struct {
	parameter, gradient *value
	first               int // weight
}

// weights counts those of all pairs.
func (l *list) weights() int {
	n := 0
	for _, p := range l.pairs {
		n += p.gradient.size
	}
	return n
}

// Collecting stores the gradients, for the caller to reduce, clip and apply.
// Backward then changes no weights.
type Collecting struct {
	// Gradients receives one value for each weight of the pairs, in their order.
	Gradients []float32
	// Ready, where it is not nil, is called in Backward each time that some are there: those of all weights from that one on. The
	// last call says 0. It may use the gradients; weights must stay as they are.
	Ready func(from int)
}

func (c Collecting) finish(l *list) error {
	if n := l.weights(); len(c.Gradients) != n {
		return fmt.Errorf("graph: room for %d gradients of %d weights", len(c.Gradients), n)
	}
	stored := make([]*step, len(l.pairs)) // the steps after which gradients are there
	for i, p := range l.pairs {
		to := c.Gradients[p.first : p.first+p.gradient.size]
		v := p.gradient
		if v.data == nil && v.over == nil {
			v.data = to
			stored[i] = l.maker(v)
			continue
		}
		// A gradient of two parameters, or one that is no step's own.
		stored[i] = &step{name: "copy", body: identity{}, in: []*value{v}, out: &value{size: v.size, data: to}, backward: true}
		l.steps = append(l.steps, stored[i])
	}
	if c.Ready != nil {
		c.tell(l, stored)
	}
	return nil
}

// tell puts a call of Ready behind every step that completes the gradients from some weight on.
func (c Collecting) tell(l *list, stored []*step) {
	from := make(map[*step]int)
	last := -1 // of the steps after which all gradients seen so far are there
	for i, p := range slices.Backward(l.pairs) {
		last = max(last, slices.Index(l.steps, stored[i]))
		from[l.steps[last]] = p.first
	}
	var steps []*step
	for _, s := range l.steps {
		steps = append(steps, s)
		if first, complete := from[s]; complete {
			steps = append(steps, &step{name: "hand over", body: handOver{c.Ready, first}, backward: true})
		}
	}
	l.steps = steps
}

// handOver is the body of a step that calls Ready.
type handOver struct {
	ready func(from int)
	from  int
}

func (h handOver) Run([]float32, [][]float32) { h.ready(h.from) }

// Streaming changes the weights in Backward, each as soon as its gradient is
// there and the old weight was read for the last time. A gradient that is one
// matrix product is used up while the caches hold it, and stored nowhere.
type Streaming struct {
	Name    string // added to those of the steps that change weights
	Updater Updater
}

// Updater changes weights by their gradients.
type Updater interface {
	// Update changes the weights from lo on by their gradients, which it must
	// not keep. It is called from several goroutines, in each run once for
	// every weight.
	Update(lo int, grads []float32)
}

// memorised is an updater that says where it keeps what it changes, which is then fetched before it is needed: up to three
// slices of n values for the n weights from lo on.
type memorised interface {
	Memory(lo, n int) [3][]float32
}

// streamer is the body of a gradient that can be used up as it is computed.
type streamer interface {
	body
	// stream returns the body that does so; its output is written nowhere. nil
	// says that it cannot.
	stream(first int, u Updater) body
}

// manyStreamer is the body of the gradients of several parameters, which it uses up
// once all of them are read for the last time.
type manyStreamer interface {
	manifold
	streamAll(first []int, u Updater) body
}

// streamMany lets a step use up those of its further outputs that are gradients and
// nothing else, of parameters that no later step reads.
func (s Streaming) streamMany(l *list, at int, streamed map[*value]bool) {
	st := l.steps[at]
	b, ok := st.body.(manyStreamer)
	if !ok {
		return
	}
	first := make([]int, len(st.also))
	any := false
	for i, v := range st.also {
		first[i] = -1
		if p, ok := l.onlyUseOf(v); ok && l.lastReader(p.parameter) <= at {
			first[i], any = p.first, true
			streamed[v] = true
		}
	}
	if !any {
		return
	}
	also := slices.Clone(st.also)
	for i, v := range also {
		if streamed[v] {
			also[i] = nil
		}
	}
	l.steps[at] = &step{name: st.name + ", " + s.Name, body: b.streamAll(first, s.Updater), in: st.in, out: st.out, also: also, backward: true}
}

func (s Streaming) finish(l *list) error {
	var steps []*step
	moved := make([][]*step, len(l.steps)) // behind the step of that index
	rest := &restUpdate{engine: l.engine, updater: s.Updater}
	last := &step{name: s.Name, body: rest, backward: true}
	streamed := make(map[*value]bool)
	for i := range l.steps {
		s.streamMany(l, i, streamed)
		st := l.steps[i]
		if p, ok := l.onlyUseOf(st.out); ok {
			if b, ok := st.body.(streamer); ok {
				if body := b.stream(p.first, s.Updater); body != nil {
					at := max(i, l.lastReader(p.parameter))
					moved[at] = append(moved[at], &step{name: st.name + ", " + s.Name, body: body, in: st.in, changes: []*value{p.parameter}, backward: true})
					streamed[st.out] = true
					steps = append(steps, moved[i]...)
					continue
				}
			}
		}
		steps = append(append(steps, st), moved[i]...)
	}
	for _, p := range l.pairs {
		if !streamed[p.gradient] {
			rest.add(len(last.in), p)
			last.in, last.changes = append(last.in, p.gradient), append(last.changes, p.parameter)
		}
	}
	l.steps = append(steps, last)
	return nil
}

// onlyUseOf is the pair of a gradient that is read by no step and belongs to no
// other pair.
func (l *list) onlyUseOf(v *value) (use valuePair, ok bool) {
	for _, p := range l.pairs {
		if p.gradient == v && ok {
			return use, false
		}
		if p.gradient == v {
			use, ok = p, true
		}
	}
	return use, ok && l.readers(v) == 0
}

// lastReader is the index of the last step that reads a value; -1 without one.
func (l *list) lastReader(v *value) int {
	for i, s := range slices.Backward(l.steps) {
		if s.reads(v) {
			return i
		}
	}
	return -1
}

// restUpdate updates the weights whose gradients are in memory.
type restUpdate struct {
	engine  *kernel.Engine
	updater Updater
	spans   []span

	grads [][]float32
}

// span is a part of a gradient: values lo to hi of an input, of the weights from
// first on.
type span struct{ input, lo, hi, first int }

// weightsPerChunk is worth handing to another thread.
const weightsPerChunk = 8192

func (r *restUpdate) add(input int, p valuePair) {
	for i := range chunks(p.gradient.size, weightsPerChunk) {
		lo, hi := chunk(i, p.gradient.size, weightsPerChunk)
		r.spans = append(r.spans, span{input: input, lo: lo, hi: hi, first: p.first + lo})
	}
}

func (r *restUpdate) Run(_ []float32, in [][]float32) { r.engine.Do(r.bind(nil, nil, in)) }

func (r *restUpdate) bind(_ []float32, _, in [][]float32) kernel.Work {
	bound := *r
	bound.grads = in
	return &bound
}

func (r *restUpdate) Start() int { return len(r.spans) }

func (r *restUpdate) Finish() {}

func (r *restUpdate) Chunk(i int) {
	s := r.spans[i]
	r.updater.Update(s.first, r.grads[s.input][s.lo:s.hi])
}
