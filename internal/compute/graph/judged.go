package graph

import (
	"sync"

	"vaectl/internal/compute/conv"
	"vaectl/internal/compute/kernel"
)

// judgeInTheStack computes a stack, the likelihood of its output and the stack's gradients in one step, some images at a
// time: their maps stay in the caches from the first operation to the last gradient. It takes that the gradient of the
// likelihood is the same for every row and known beforehand, as that of the ELBO is. The weights change in the backward
// half, as ever.
func judgeInTheStack(l *list) {
	for _, back := range l.steps {
		b, ok := back.body.(*stackBackward)
		if !ok {
			continue
		}
		if j, ok := l.judgement(back, b); ok {
			l.judge(j)
			return // there is one decoder
		}
	}
}

// judgement is the steps that become one.
type judgement struct {
	forward, likelihood, spread, scaled, back *step
}

// judgement finds those around the gradients of a stack.
func (l *list) judgement(back *step, b *stackBackward) (j judgement, ok bool) {
	j.back, j.scaled = back, l.maker(back.in[0])
	if j.scaled == nil || j.scaled.also != nil || !l.passing(back.in[0]) {
		return j, false
	}
	if _, ok := j.scaled.body.(*scaledRows); !ok || !l.passing(j.scaled.in[0]) {
		return j, false
	}
	j.likelihood, j.spread = l.maker(j.scaled.in[0]), l.maker(j.scaled.in[1])
	if j.likelihood == nil || j.spread == nil || len(j.likelihood.also) != 1 || j.likelihood.also[0] != j.scaled.in[0] {
		return j, false
	}
	if _, ok := j.likelihood.body.(*pixelwise); !ok {
		return j, false
	}
	if _, ok := j.spread.body.(*meanGrad); !ok || l.maker(j.spread.in[0]) != nil {
		return j, false
	}
	j.forward = l.maker(j.likelihood.in[0])
	if j.forward == nil || !l.passing(j.likelihood.in[0]) {
		return j, false
	}
	f, ok := j.forward.body.(*stackForward)
	return j, ok && f.stack == b.stack
}

// judge puts one step in the place of a judgement's, where a stack can be made for it, and one that hands the gradients on.
func (l *list) judge(j judgement) {
	f, b, p := j.forward.body.(*stackForward), j.back.body.(*stackBackward), j.likelihood.body.(*pixelwise)
	options := f.options
	options.Train, options.Judged = false, true
	stack, err := conv.NewStack(l.engine, f.net, options)
	if err != nil {
		return
	}
	f.beside.give(stack)
	parameters := len(j.forward.in) - 1
	body := &judgedStack{stack: stack, work: f.work + b.work, likelihood: p, parameters: parameters}
	merged := &step{name: j.forward.name + ", " + j.likelihood.name, body: body, out: j.likelihood.out, also: []*value{j.back.out}}
	merged.in = append(merged.in, j.forward.in...)
	merged.in = append(merged.in, j.spread.out)
	merged.in = append(merged.in, j.likelihood.in[1:]...)
	j.spread.backward = false
	hand := &step{name: j.back.name, body: &handedGradients{parameterGradients: parameterGradients{first: b.first}, stack: stack}, in: j.forward.in[1:], also: j.back.also, backward: true}
	var steps []*step
	for _, s := range l.steps {
		switch s {
		case j.forward, j.scaled, j.spread:
		case j.likelihood:
			steps = append(steps, j.spread, merged)
		case j.back:
			steps = append(steps, hand)
		default:
			steps = append(steps, s)
		}
	}
	l.steps = steps
}

// judgedStack is a stack with the likelihood of its output, and the gradients of both. Its inputs are those of the stack,
// the gradient of the likelihood and those of the likelihood beyond the stack's output; its outputs are the likelihood of
// each row and the gradient of the stack's input.
type judgedStack struct {
	stack      *conv.Stack
	work       float64
	likelihood *pixelwise
	parameters int
	scratch    scratchStock

	out, x []float32
	share  float32
	scale  float32
}

func (j *judgedStack) Run(out []float32, in [][]float32) { j.RunAll(out, nil, in) }

func (j *judgedStack) RunAll(out []float32, also, in [][]float32) {
	rest := in[1+j.parameters:]
	j.out, j.share, j.x, j.scale = out, rest[0][0], rest[1], 0
	if len(rest) == 3 {
		j.scale = rest[2][0]
	}
	j.stack.Judge(only(also), in[0], in[1:1+j.parameters], j)
}

// Judge makes it a [conv.Judge].
func (j *judgedStack) Judge(row int, outputs, grad []float32) {
	p := j.likelihood
	image := row / p.samples
	x := j.x[image*p.pixels : (image+1)*p.pixels]
	scratch := j.scratch.take(p)
	logProb, slope := p.f.Row(p.engine, grad, outputs, x, j.scale, scratch)
	j.scratch.put(scratch)
	j.out[row], p.slopes[row] = float32(logProb), slope
	p.engine.Scale(grad, j.share, grad)
}

// scratchStock keeps the scratch of a likelihood's rows: as many as were judged at the same time.
type scratchStock struct {
	mu   sync.Mutex
	free [][][]float32
}

func (s *scratchStock) take(p *pixelwise) [][]float32 {
	if p.f.Scratch == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.free) - 1; last >= 0 {
		taken := s.free[last]
		s.free = s.free[:last]
		return taken
	}
	return p.rowScratch()
}

func (s *scratchStock) put(scratch [][]float32) {
	if scratch == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, scratch)
}

// handedGradients are those of the parameters of a judged stack, which has computed them. Its further outputs are they.
type handedGradients struct {
	parameterGradients
	stack *conv.Stack
}

func (h *handedGradients) Run(_ []float32, in [][]float32) { h.RunAll(nil, nil, in) }

func (h *handedGradients) RunAll(_ []float32, also, _ [][]float32) {
	h.also = also
	h.stack.HandOn(h)
}

func (h *handedGradients) streamAll(first []int, u Updater) body {
	return &handedGradients{parameterGradients: parameterGradients{first: first, updater: u}, stack: h.stack}
}

func (j *judgedStack) flops() float64 { return j.work }

func (j *judgedStack) bytes() int { return j.stack.Bytes() }

func (j *judgedStack) multiplication() (bare body, inputs int) {
	return &unjudgedStack{stack: j.stack, engine: j.likelihood.engine, din: make([]float32, j.likelihood.rows*j.stack.InputSize())}, 1 + j.parameters
}

// unjudgedStack is a stack and its gradients for any gradient of its output.
type unjudgedStack struct {
	stack  *conv.Stack
	engine *kernel.Engine
	din    []float32
}

func (u *unjudgedStack) Run(_ []float32, in [][]float32) { u.stack.Judge(u.din, in[0], in[1:], u) }

// Judge makes it a [conv.Judge].
func (u *unjudgedStack) Judge(_ int, outputs, grad []float32) { copy(grad, outputs) }
