package graph

// multiplier is a body whose work is a matrix product.
type multiplier interface {
	// multiplication returns the product alone, as a body of the first of the
	// inputs, and how many these are; -1 for all.
	multiplication() (bare body, inputs int)
	// flops counts the multiplications and additions of the product.
	flops() float64
}

// FLOPs counts the floating-point operations of the matrix products of a step.
func (t *Training) FLOPs() float64 {
	var sum float64
	for _, s := range t.fused {
		if m, ok := s.body.(multiplier); ok {
			sum += m.flops()
		}
	}
	return sum
}

// Products returns a program that multiplies the matrices that a step multiplies,
// at their shapes, and changes no weights: what a step would cost if everything
// else were free. Values mean nothing after it, until the next step.
func (t *Training) Products() *Program {
	if t.products != nil {
		return t.products
	}
	only := list{engine: t.engine}
	for _, s := range t.fused {
		if m, ok := s.body.(multiplier); ok {
			bare, inputs := m.multiplication()
			if inputs < 0 {
				inputs = len(s.in)
			}
			only.steps = append(only.steps, &step{name: s.name, body: bare, in: s.in[:inputs], out: s.out})
		}
	}
	only.layOut()
	t.products = &Program{stages: only.schedule()}
	return t.products
}
