package conv

import "fmt"

// UseLabels gives the stack the labels of its images, as class numbers: image i has the label labels[i/perLabel]. A stack
// whose net has a [Net.Label] needs them.
func (s *Stack) UseLabels(labels []float32, perLabel int) {
	if perLabel < 1 || len(labels)*perLabel != s.options.Images {
		panic(fmt.Sprintf("conv: %d labels, each of %d images, of a stack of %d images", len(labels), perLabel, s.options.Images))
	}
	s.labels, s.perLabel = labels, perLabel
}

// checkLabels panics where a stack needs labels and has none.
func (s *Stack) checkLabels() {
	if s.labels != nil {
		return
	}
	for i := range s.plan.operations {
		if s.plan.operations[i].kind == labelling {
			panic("conv: a net that reads labels without any: UseLabels")
		}
	}
}

// labelRow is the part of a table, or of its gradient, that belongs to an image of the group under way. It panics on a
// label that is no class: labels are checked before they come here.
func (w *work) labelRow(table []float32, image, channels int) []float32 {
	label := int(w.stack.labels[(w.firstImage+image)/w.stack.perLabel])
	if label < 0 || label >= len(table)/channels {
		panic(fmt.Sprintf("conv: label %d of %d classes", label, len(table)/channels))
	}
	return table[label*channels:][:channels]
}

// label adds to every pixel what the table says of the image's label, and applies the activation joined to it.
func (w *work) label(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	in, out := &w.values[o.in[0]], &w.values[o.out]
	added := w.lineBuffer(0, in.width*in.channels)
	for image := range in.images {
		row := w.labelRow(s.params[o.params], image, in.channels)
		for x := range in.width {
			copy(added[x*in.channels:], row)
		}
		for y := range in.height {
			to := out.line(image, y)
			copy(to, in.line(image, y))
			w.engine.Accumulate(to, added)
			if o.relu {
				w.engine.Activate(o.joined, to, to)
			}
		}
	}
}

// labelGradients adds the gradient of the table and hands that of the output on to the input.
func (w *work) labelGradients(i int) {
	s := w.stack
	o := &s.plan.operations[i]
	y, dy := &w.values[o.out], &w.dvalue[o.out]
	open := o.relu && !s.plan.values[o.out].closed
	sums := w.lineBuffer(0, dy.width*dy.channels)
	for image := range dy.images {
		clear(sums)
		for row := range dy.height {
			d := dy.line(image, row)
			if open {
				w.engine.ActivateGrad(o.joined, d, y.line(image, row), d)
			}
			w.engine.Accumulate(sums, d)
			w.write(i, o.in[0], image, row, d)
		}
		gradient := w.labelRow(w.gradOf(o.params), image, dy.channels)
		for x := range dy.width {
			w.engine.Accumulate(gradient, sums[x*dy.channels:][:dy.channels])
		}
	}
}
