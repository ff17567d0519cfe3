package graph

// Products is the part of a program that multiplies matrices, as a program of
// its own: what a step would cost if everything else were free. It writes to
// the same memory.
func (p *Program) Products() *Program {
	only := &Program{values: p.values}
	for _, s := range p.steps {
		switch b := s.body.(type) {
		case *updatingProduct:
			s.body = b.product
		case *slopedProduct:
			s.body, s.in = b.bare(), s.in[:2]
		}
		if productOf(s.body) != nil {
			only.steps = append(only.steps, s)
		}
	}
	return only
}

// Operations counts the multiplications and additions of the program's matrix
// products in one run.
func (p *Program) Operations() float64 {
	var flops float64
	for _, s := range p.steps {
		if m := productOf(s.body); m != nil {
			flops += 2 * float64(m.gemm.M) * float64(m.gemm.N) * float64(m.gemm.K)
		}
	}
	return flops
}

// productOf is the matrix product that an operation is; nil where it is another.
func productOf(b body) *product {
	switch b := b.(type) {
	case *product:
		return b
	case *labelledProduct:
		return b.product
	case *slopedProduct:
		return b.product
	case *updatingProduct:
		return b.product
	}
	return nil
}
