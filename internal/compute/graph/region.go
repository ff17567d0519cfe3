package graph

import (
	"slices"

	"vaectl/internal/compute/conv"
)

// stackable is a body of feature maps that a [conv.Stack] can compute. Its inputs
// are maps, then parameters, then what evaluation knows of earlier batches.
type stackable interface {
	body
	maps() int
	parameters() int
	// addTo adds the operation to a net, with the maps it reads. It says no where
	// it cannot.
	addTo(n *conv.Net, in []conv.Value) (conv.Value, bool)
}

// gradientOf says that a body is part of the gradient of a stackable one: that by
// the input of a number, for maps 0. The zero value is no part.
type gradientOf struct {
	forward body
	input   int
}

func (g gradientOf) gradient() gradientOf { return g }

// gradientBy is what a body is part of.
func gradientBy(b body) gradientOf {
	if g, ok := b.(interface{ gradient() gradientOf }); ok {
		return g.gradient()
	}
	return gradientOf{}
}

// region is a run of steps that a stack can take the place of: they lead from one
// value to another, and nothing else reads what lies between.
type region struct {
	forward  []*step
	input    *value
	backward []*step // all of the gradients of the forward steps; none where nobody asked for any
	dOutput  *value  // nil without gradients
	dInput   *value  // nil where nobody asked for it
}

func (r *region) output() *value { return r.forward[len(r.forward)-1].out }

// regions lists those that begin at a step, the longest first.
func (l *list) regions(from int) []*region {
	var regions []*region
	var run []*step
	for _, s := range l.steps[from:] {
		if !follows(run, s) {
			break
		}
		run = append(run, s)
		if !slices.ContainsFunc(run, isConvolved) {
			continue
		}
		if r, ok := l.regionOf(slices.Clone(run)); ok {
			regions = append(regions, r)
		}
	}
	slices.Reverse(regions)
	return regions
}

func isConvolved(s *step) bool {
	_, ok := s.body.(*convolved)
	return ok
}

// follows says that a step can be the next of a run: it is stackable, and the maps
// it reads are made by the run or are the one that the run reads.
func follows(run []*step, s *step) bool {
	b, ok := s.body.(stackable)
	if !ok || s.backward || gradientBy(s.body).forward != nil {
		return false
	}
	if len(run) == 0 {
		return b.maps() == 1
	}
	for _, v := range s.in[:b.maps()] {
		if v != run[0].in[0] && !made(run, v) {
			return false
		}
	}
	return true
}

// made says that one of the steps makes a value.
func made(steps []*step, v *value) bool {
	return slices.ContainsFunc(steps, func(s *step) bool { return s.makes(v) })
}

// regionOf makes a region of a run, with its gradients.
func (l *list) regionOf(run []*step) (*region, bool) {
	r := &region{forward: run, input: run[0].in[0]}
	r.dOutput = l.gradients[r.output()]
	r.backward = l.gradientsOf(run, r.dOutput)
	if len(r.backward) > 0 {
		r.dInput = l.gradients[r.input]
		for _, p := range l.pairs {
			if p.parameter == r.input {
				r.dInput = p.gradient
			}
		}
		if !made(r.backward, r.dInput) {
			r.dInput = nil
		}
	}
	return r, l.isClosed(r)
}

// gradientsOf lists the steps that make the gradients of a run, and the sums of
// these, given that of its output.
func (l *list) gradientsOf(run []*step, dOutput *value) []*step {
	var steps []*step
	for _, s := range l.steps {
		part := slices.ContainsFunc(run, func(f *step) bool { return gradientBy(s.body).forward == f.body })
		if _, sum := s.body.(*addition); sum && s.backward && len(steps) > 0 {
			part = !slices.ContainsFunc(s.in, func(v *value) bool { return v != dOutput && !made(steps, v) })
		}
		if part {
			steps = append(steps, s)
		}
	}
	return steps
}

// isClosed says that the region reads nothing unknown to a stack, and that nobody
// reads what a stack would not leave.
func (l *list) isClosed(r *region) bool {
	all := slices.Concat(r.forward, r.backward)
	for _, s := range r.forward[:len(r.forward)-1] {
		if l.isReadBeyond(s.out, all) {
			return false
		}
	}
	if len(r.backward) > 0 && r.dOutput == nil {
		return false
	}
	for _, s := range r.backward {
		for _, v := range s.in {
			isParameter := slices.ContainsFunc(r.forward, func(f *step) bool { return f.reads(v) })
			if v != r.dOutput && !isParameter && !made(all, v) {
				return false
			}
		}
		if gradientBy(s.body).input == 0 && s.out != r.dInput && l.isReadBeyond(s.out, all) {
			return false
		}
	}
	return true
}

// isReadBeyond says that a value is read by others than the given steps.
func (l *list) isReadBeyond(v *value, steps []*step) bool {
	return v.kept || slices.ContainsFunc(l.steps, func(s *step) bool { return s.reads(v) && !slices.Contains(steps, s) })
}
