package graph

import (
	"slices"
	"strings"
	"unsafe"

	"vaectl/internal/compute/kernel"
)

// stage is work that does not depend on each other: no thread waits for another before all of it is done.
type stage struct {
	engine *kernel.Engine
	units  []*unit
	works  []kernel.Work // of the units; none where the only one is neither divisible nor by rows
	parts  []kernel.Part
}

// unit is one step, or several that go row by row together.
type unit struct {
	steps []*step
	rows  int // of the steps; 0 where they do not go by rows
}

// schedule puts steps that follow each other into one stage wherever that is possible. It comes last, when all of them
// know their memory.
func (l *list) schedule() []*stage {
	var stages []*stage
	for _, s := range l.steps {
		if n := len(stages); n == 0 || !stages[n-1].take(s) {
			stages = append(stages, &stage{engine: l.engine, units: []*unit{newUnit(s)}})
		}
	}
	for _, g := range stages {
		g.bind()
	}
	return stages
}

func newUnit(s *step) *unit {
	u := &unit{steps: []*step{s}}
	if b, ok := s.byRows(); ok {
		u.rows, _ = b.extent()
	}
	return u
}

// byRows is the step's body where it makes nothing but rows.
func (s *step) byRows() (byRows, bool) {
	b, ok := s.body.(byRows)
	return b, ok && s.also == nil
}

// take adds a step that can run beside what is there already, or row by row with the one unit that it depends on.
func (g *stage) take(s *step) bool {
	u := newUnit(s)
	if s.backward != g.units[0].steps[0].backward || !u.isBindable() || !g.units[0].isBindable() {
		return false
	}
	var needed []*unit
	for _, other := range g.units {
		if other.disturbs(s) {
			needed = append(needed, other)
		}
	}
	if len(needed) == 0 {
		g.units = append(g.units, u)
		return true
	}
	return len(needed) == 1 && needed[0].join(u)
}

// isBindable says that a unit need not have a stage of its own.
func (u *unit) isBindable() bool {
	_, ok := u.steps[0].body.(divisible)
	return ok || u.rows > 0
}

// join adds the step of a further unit where both go by rows, and those of one belong to those of the other.
func (u *unit) join(next *unit) bool {
	few, many := min(u.rows, next.rows), max(u.rows, next.rows)
	if few == 0 || many%few != 0 {
		return false
	}
	for _, s := range u.steps { // each goes by rows, but the rows of all must come to be those of the fewest
		b, _ := s.byRows()
		if n, _ := b.extent(); n%few != 0 {
			return false
		}
	}
	u.rows, u.steps = few, append(u.steps, next.steps...)
	return true
}

// bind prepares the works.
func (g *stage) bind() {
	for _, u := range g.units {
		if w := u.bind(); w != nil {
			g.works = append(g.works, w)
			g.parts = append(g.parts, kernel.Part{Task: w})
		}
	}
}

// bind is nil where the unit cannot be divided.
func (u *unit) bind() kernel.Work {
	s := u.steps[0]
	if b, ok := s.body.(divisible); ok {
		return b.bind(s.out.memory(), s.outputs, s.inputs)
	}
	if u.rows == 0 {
		return nil
	}
	c := &rowChain{rows: u.rows}
	for _, s := range u.steps {
		b, _ := s.byRows()
		c.add(b, s.out.memory(), s.inputs)
	}
	return c
}

func (g *stage) run() {
	if len(g.works) == 0 {
		g.units[0].steps[0].run()
		return
	}
	for i, w := range g.works {
		g.parts[i].Chunks = w.Start()
	}
	g.engine.RunTogether(g.parts)
	for _, w := range g.works {
		w.Finish()
	}
}

// steps are those of all units.
func (g *stage) steps() []*step {
	var steps []*step
	for _, u := range g.units {
		steps = append(steps, u.steps...)
	}
	return steps
}

// name is that of all steps.
func (g *stage) name() string {
	var names []string
	for _, s := range g.steps() {
		names = append(names, s.name)
	}
	return strings.Join(names, " + ")
}

// disturbs says that a unit and a step cannot run at the same time: one of them writes where the other reads or writes.
func (u *unit) disturbs(s *step) bool {
	return slices.ContainsFunc(u.steps, func(other *step) bool {
		return meet(other.written(), s.used()) || meet(s.written(), other.used())
	})
}

// written lists what a step writes to.
func (s *step) written() [][]float32 {
	written := append([][]float32{s.out.memory()}, s.outputs...)
	for _, v := range s.changes {
		written = append(written, v.memory())
	}
	return written
}

// used lists what a step reads or writes.
func (s *step) used() [][]float32 { return append(s.written(), s.inputs...) }

// meet says that two lists of memory have a value in common.
func meet(a, b [][]float32) bool {
	for _, m := range a {
		if slices.ContainsFunc(b, func(n []float32) bool { return overlap(m, n) }) {
			return true
		}
	}
	return false
}

func overlap(a, b []float32) bool {
	from := func(m []float32) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(m))) }
	to := func(m []float32) uintptr { return from(m) + bytesPerValue*uintptr(len(m)) }
	return max(from(a), from(b)) < min(to(a), to(b))
}
