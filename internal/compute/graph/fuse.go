package graph

import (
	"slices"

	"vaectl/internal/compute/kernel"
)

// rule is one way to make a list of steps faster. Each leaves every kept value as
// it was: bit for bit, unless the rule says otherwise.
type rule struct {
	name  string
	apply func(l *list)
}

// rules lists all fusions, in the order they are applied.
func rules() []rule {
	return []rule{
		{"read through copies", readThroughCopies},
		{"add at once", addAtOnce},
		{"stacks of convolutions", stackConvolutions},
		{"few rows unpacked", fewRowsUnpacked},
		{"slope in the product", slopeInProduct},
		{"sum columns on the way", sumColumnsOnTheWay},
		{"by-products on the way", byProductsOnTheWay},
		{"judge in the stack", judgeInTheStack},
		{"write over the input", writeOverInput},
	}
}

func fuse(l *list, rules []rule) {
	for _, r := range rules {
		r.apply(l)
	}
}

// readThroughCopies lets the readers of a copy read what it is a copy of.
func readThroughCopies(l *list) {
	for _, s := range slices.Clone(l.steps) {
		if _, ok := s.body.(identity); ok && !s.out.kept {
			l.replace(s.out, s.in[0])
			l.drop(s)
		}
	}
}

// addAtOnce replaces Gorgonia's sums of two tensors, which allocate.
func addAtOnce(l *list) {
	for _, s := range l.steps {
		if b, ok := s.body.(*stock); ok && b.isSum() {
			s.name, s.body = "add", newAddition(b.engine, b.shape)
		}
	}
}

// stackConvolutions puts stacks, which keep some images in cache while they go
// through all layers, in place of convolutions one after another, forward and
// backward. It changes the order of sums: differences stay below 1e-5 of the largest
// value.
func stackConvolutions(l *list) {
	for from := 0; from < len(l.steps); from++ {
		for _, r := range l.regions(from) {
			if l.stack(r) {
				break
			}
		}
	}
}

// fewRowsUnpacked computes the layers whose weights are trained, on few rows, as
// is fastest there. It changes the order of sums: relative differences stay below
// 1e-5. Programs without gradients are left alone: in evaluation an image's
// figures have the same bits in any batch.
func fewRowsUnpacked(l *list) {
	trained := make(map[*value]bool)
	for _, p := range l.pairs {
		trained[p.parameter] = true
	}
	for _, s := range l.steps {
		layer, ok := s.body.(layer)
		if ok && layer.rows() <= kernel.FewRows && trained[s.in[1]] {
			s.body = layer.unpacked()
		}
	}
}

// layer is a product of rows with a weight, its second input.
type layer interface {
	body
	rows() int
	// unpacked is the same with [kernel.Gemm]'s Unpacked.
	unpacked() body
}

// slopeInProduct carries a gradient through the activation while the product in
// two halves that it comes from is put together.
func slopeInProduct(l *list) {
	for _, s := range slices.Clone(l.steps) {
		b, ok := s.body.(*slope)
		if !ok || !l.passing(s.in[0]) {
			continue
		}
		from := l.maker(s.in[0])
		if from == nil {
			continue
		}
		if p, ok := from.body.(*product); ok && p.gemm.SplitK {
			s.name, s.body = from.name+", slope", &slopedProduct{product: p, act: b.act}
			s.in = []*value{from.in[0], from.in[1], s.in[1]}
			l.drop(from)
		}
	}
}

// columnSummer is a body whose second output is the sums of the columns
// of its first.
type columnSummer interface {
	divisible
	sumsColumns()
}

// sumColumnsOnTheWay sums columns where they are computed. Where that is done in
// blocks of rows, the order of the sums changes: by less than 1e-5 of the sum of
// their absolute values.
func sumColumnsOnTheWay(l *list) {
	for _, s := range slices.Clone(l.steps) {
		if _, ok := s.body.(*columnSums); !ok {
			continue
		}
		from := l.maker(s.in[0])
		if from == nil || from.also != nil || from.out != s.in[0] {
			continue
		}
		if _, ok := from.body.(columnSummer); ok {
			from.also = []*value{s.out}
			l.drop(s)
		}
	}
}

// byProduct is a body that computes what another one, of the same inputs, can have
// as its second output.
type byProduct interface {
	body
	producer() divisible
}

func byProductsOnTheWay(l *list) {
	for _, s := range slices.Clone(l.steps) {
		b, ok := s.body.(byProduct)
		if !ok {
			continue
		}
		for _, from := range l.steps {
			if from.body == b.producer() && from.also == nil && slices.Equal(from.in, s.in) {
				from.also = []*value{s.out}
				l.drop(s)
				break
			}
		}
	}
}

// overwriter is a body that reads each value of an input before it writes the
// value of its output in the same place.
type overwriter interface {
	body
	overwrites() (input int)
}

// writeOverInput saves memory, and cache, where nobody else reads the input.
func writeOverInput(l *list) {
	for _, s := range l.steps {
		b, ok := s.body.(overwriter)
		if !ok || s.out.kept {
			continue
		}
		if in := s.in[b.overwrites()]; l.passing(in) {
			s.out.over = in
		}
	}
}
