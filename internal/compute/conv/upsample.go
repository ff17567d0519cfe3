package conv

// upsample makes every pixel a square of them.
func (w *work) upsample(i int) {
	o := &w.stack.plan.operations[i]
	in, out := &w.values[o.in[0]], &w.values[o.out]
	c := in.channels
	for image := range in.images {
		for y := range in.height {
			small, first := in.line(image, y), out.line(image, y*o.factor)
			for x := range in.width * o.factor {
				copy(first[x*c:], small[x/o.factor*c:][:c])
			}
			for k := 1; k < o.factor; k++ {
				copy(out.line(image, y*o.factor+k), first)
			}
		}
	}
}

// upsampleGradient sums over the squares.
func (w *work) upsampleGradient(i int) {
	o := &w.stack.plan.operations[i]
	small, dy := &w.stack.plan.values[o.in[0]], &w.dvalue[o.out]
	c := small.channels
	rows, sums := w.lineBuffer(0, dy.width*c), w.lineBuffer(1, small.width*c)
	for image := range dy.images {
		for y := range small.height {
			copy(rows, dy.line(image, y*o.factor))
			for k := 1; k < o.factor; k++ {
				w.engine.Accumulate(rows, dy.line(image, y*o.factor+k))
			}
			for x := range dy.width {
				pixel := sums[x/o.factor*c:][:c]
				if x%o.factor == 0 {
					copy(pixel, rows[x*c:])
				} else {
					w.engine.Accumulate(pixel, rows[x*c:][:c])
				}
			}
			w.write(i, o.in[0], image, y, sums)
		}
	}
}
