package conv

import "vaectl/internal/compute/kernel"

// siluGradient computes the gradient of x times its sigmoid.
func (w *work) siluGradient(i int) {
	o := &w.stack.plan.operations[i]
	x, dy := &w.values[o.in[0]], &w.dvalue[o.out]
	w.lines(dy, x, func(dy, x []float32) { w.engine.SiluGrad(dy, x, dy) })
	w.pass(i, o.in[0], func(dx, dy []float32) { copy(dx, dy) })
}

// gateGradients computes those of h times the sigmoid of g.
func (w *work) gateGradients(i int) {
	o := &w.stack.plan.operations[i]
	h, g, dy := &w.values[o.in[0]], &w.values[o.in[1]], &w.dvalue[o.out]
	line := h.width * h.channels
	s, d := w.lineBuffer(0, line), w.lineBuffer(1, line)
	for image := range h.images {
		for y := range h.height {
			up := dy.line(image, y)
			w.engine.Sigmoid(s, g.line(image, y))
			w.engine.Mul(d, up, h.line(image, y))
			w.engine.ActivateGrad(kernel.Sigmoid, d, s, d)
			w.write(i, o.in[1], image, y, d)
			w.engine.Mul(d, up, s)
			w.write(i, o.in[0], image, y, d)
		}
	}
}

// write writes, or adds, one line of the gradient of an input of a step.
func (w *work) write(i int, v Value, image, y int, line []float32) {
	if !w.stack.plan.wanted(v) {
		return
	}
	to := w.dvalue[v].line(image, y)
	if w.first(i, v) {
		copy(to, line)
		return
	}
	w.engine.Accumulate(to, line)
}
