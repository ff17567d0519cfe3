package graph

import (
	"slices"
	"unsafe"

	"vaectl/internal/compute/kernel"
)

// Updater changes weights by their gradients.
type Updater interface {
	// Update changes the weights from lo on by their gradients, which it must
	// not keep. It is called from several goroutines, in each run once for
	// every weight.
	Update(lo int, grads []float32)
}

// UpdateWeights makes every run of the program change the weights too. grads,
// where [Graph.Compile] placed the gradients, is as long as weights and in their
// order. A gradient that is one matrix product is used up as its rows are
// computed, once nothing else in the program reads the weights, and is then not
// written to grads; the other gradients are used at the end of the program.
// name is added to those of the steps that do this.
func (g *Graph) UpdateWeights(p *Program, name string, weights, grads []float32, u Updater) {
	var steps []step
	moved := make([][]step, len(p.steps)) // behind the step of that index
	atOnce := make([]bool, len(weights))
	for i, s := range p.steps {
		if product, at, ok := p.gradientProduct(i, grads); ok {
			s.name += ", " + name
			s.body = &updatingProduct{product: product, first: at.lo, updater: u}
			last := max(i, p.lastReader(weights[at.lo:at.hi]))
			moved[last] = append(moved[last], s)
			for w := at.lo; w < at.hi; w++ {
				atOnce[w] = true
			}
		} else {
			steps = append(steps, s)
		}
		steps = append(steps, moved[i]...)
	}
	rest := &restUpdate{engine: g.engine, updater: u, grads: grads, spans: missing(atOnce)}
	p.steps = append(steps, step{name: name, body: rest})
}

// gradientProduct returns the product that a step is if its output lies in
// grads and no step reads it.
func (p *Program) gradientProduct(i int, grads []float32) (*product, span, bool) {
	s := p.steps[i]
	plain, ok := s.body.(*product)
	if !ok || p.lastReader(s.out) >= 0 {
		return nil, span{}, false
	}
	at, ok := within(s.out, grads)
	return plain, at, ok
}

// lastReader is the index of the last step that has some of data among its
// inputs; -1 where none has.
func (p *Program) lastReader(data []float32) int {
	for i, s := range slices.Backward(p.steps) {
		for _, in := range s.in {
			if overlap(in, data) {
				return i
			}
		}
	}
	return -1
}

// span is a part of a slice.
type span struct{ lo, hi int }

// within says where in whole a part of it lies.
func within(part, whole []float32) (span, bool) {
	if !overlap(part, whole) {
		return span{}, false
	}
	lo := int(addressOf(part)-addressOf(whole)) / int(unsafe.Sizeof(whole[0]))
	return span{lo, lo + len(part)}, true
}

func overlap(a, b []float32) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	size := unsafe.Sizeof(a[0])
	return addressOf(a) < addressOf(b)+uintptr(len(b))*size && addressOf(b) < addressOf(a)+uintptr(len(a))*size
}

func addressOf(s []float32) uintptr { return uintptr(unsafe.Pointer(&s[0])) }

// updatingProduct is the gradient of a weight that is used up at once.
type updatingProduct struct {
	*product
	first   int // weight
	updater Updater
}

func (u *updatingProduct) Run(_ []float32, in [][]float32) {
	gemm := u.gemm
	gemm.A, gemm.B, gemm.Then = in[0], in[1], u
	u.engine.Gemm(&gemm)
}

// Rows updates the weights whose gradients are some rows.
func (u *updatingProduct) Rows(from, to int, grads []float32) {
	u.updater.Update(u.first+from*u.gemm.N, grads)
}

// restUpdate updates the weights whose gradients are in memory.
type restUpdate struct {
	engine  *kernel.Engine
	updater Updater
	grads   []float32
	spans   []span
}

func (r *restUpdate) Run([]float32, [][]float32) { r.engine.Run(len(r.spans), r) }

func (r *restUpdate) Chunk(i int) {
	s := r.spans[i]
	r.updater.Update(s.lo, r.grads[s.lo:s.hi])
}

// weightsPerChunk is worth handing to another thread.
const weightsPerChunk = 8192

// missing lists the runs of weights that are not among the given ones, none
// longer than weightsPerChunk.
func missing(given []bool) []span {
	var spans []span
	for i, ok := range given {
		last := len(spans) - 1
		switch {
		case ok:
		case last >= 0 && spans[last].hi == i && i-spans[last].lo < weightsPerChunk:
			spans[last].hi++
		default:
			spans = append(spans, span{i, i + 1})
		}
	}
	return spans
}
