package graph

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// piece is a body that can be done beside others.
type piece struct{ body }

func (piece) bind([]float32, [][]float32, [][]float32) kernel.Work { return &rowChain{} }

// rowPiece is a body that goes by rows.
type rowPiece struct {
	body
	rows int
}

func (r rowPiece) extent() (rows, width int) { return r.rows, 1 }

func (rowPiece) over([]float32, [][]float32) rowRange { return func(int, int) {} }

// Steps share a stage where nobody would see that they run at the same time, and only there.
func TestSchedule(t *testing.T) {
	const a, b, c, d, e = 0, 1, 2, 3, 4 // values
	type made struct {
		body          body
		in            []int
		out, over     int
		also, changes []int
		backward      bool
	}
	divisible := func(out int, in ...int) made { return made{body: piece{}, in: in, out: out} }
	byRows := func(rows, out int, in ...int) made { return made{body: rowPiece{rows: rows}, in: in, out: out} }
	for name, test := range map[string]struct {
		steps []made
		want  string // steps by number, stages apart
	}{
		"independent":                        {[]made{divisible(c, a), divisible(d, a), divisible(e, b)}, "0 + 1 + 2"},
		"one reads what the other makes":     {[]made{divisible(c, a), divisible(d, c)}, "0 | 1"},
		"only the stage before is looked at": {[]made{divisible(c, a), divisible(d, c), divisible(e, a)}, "0 | 1 + 2"},
		"indivisible":                        {[]made{divisible(c, a), {body: identity{}, in: []int{a}, out: d}, divisible(e, b)}, "0 | 1 | 2"},
		"a weight is read, then changed":     {[]made{divisible(c, a), {body: piece{}, in: []int{b}, out: -1, changes: []int{a}}}, "0 | 1"},
		"a weight is changed, then read":     {[]made{{body: piece{}, in: []int{b}, out: -1, changes: []int{a}}, divisible(c, a)}, "0 | 1"},
		"two weights are changed": {[]made{
			{body: piece{}, in: []int{c}, out: -1, changes: []int{a}}, {body: piece{}, in: []int{c}, out: -1, changes: []int{b}},
		}, "0 + 1"},
		"one writes over what the other reads": {[]made{divisible(c, a), {body: piece{}, in: []int{b}, out: d, over: a + 1}}, "0 | 1"},
		"a second output is read":              {[]made{{body: piece{}, in: []int{a}, out: b, also: []int{c}}, divisible(d, c)}, "0 | 1"},
		"forward and backward":                 {[]made{divisible(c, a), {body: piece{}, in: []int{a}, out: d, backward: true}}, "0 | 1"},
		"row by row":                           {[]made{byRows(8, b, a), byRows(8, c, b), byRows(8, d, b, c)}, "0 + 1 + 2"},
		"more rows, then fewer":                {[]made{byRows(8, b, a), byRows(16, c, b), byRows(4, d, c)}, "0 + 1 + 2"},
		"rows that do not belong together":     {[]made{byRows(8, b, a), byRows(12, c, b)}, "0 | 1"},
		"rows of the first and third":          {[]made{byRows(8, b, a), byRows(24, c, b), byRows(6, d, c)}, "0 + 1 | 2"},
		"rows of what is not made by rows":     {[]made{divisible(b, a), byRows(8, c, b)}, "0 | 1"},
		"rows of two that run beside":          {[]made{byRows(8, c, a), byRows(8, d, b), byRows(8, e, c, d)}, "0 + 1 | 2"},
		"rows of one that runs beside another": {[]made{divisible(c, a), byRows(8, d, b), byRows(8, e, d)}, "0 + 1 + 2"},
		"rows and a second output":             {[]made{byRows(8, b, a), {body: rowPiece{rows: 8}, in: []int{b}, out: c, also: []int{d}}}, "0 | 1"},
	} {
		t.Run(name, func(t *testing.T) {
			values := make([]*value, 5)
			for i := range values {
				values[i] = &value{size: 48}
			}
			of := func(numbers []int) (list []*value) {
				for _, n := range numbers {
					list = append(list, values[n])
				}
				return list
			}
			l := &list{}
			for i, m := range test.steps {
				s := &step{name: fmt.Sprint(i), body: m.body, in: of(m.in), also: of(m.also), changes: of(m.changes), backward: m.backward}
				if m.out >= 0 {
					s.out = values[m.out]
				}
				if m.over > 0 {
					s.out.over = values[m.over-1]
				}
				l.steps = append(l.steps, s)
			}
			for _, v := range values {
				if v.over == nil {
					v.data = make([]float32, v.size)
				}
			}
			l.layOut()
			var names []string
			for _, g := range l.schedule() {
				names = append(names, g.name())
			}
			if got := strings.Join(names, " | "); got != test.want {
				t.Errorf("stages %s, want %s", got, test.want)
			}
		})
	}
}

// A sum goes by the rows of its matrices: what reads a row for several of its own then shares a block with all of it.
func TestSumsGoByRows(t *testing.T) {
	const images, draws, cols = 6, 3, 10
	g := New(testkit.Engine(t, "", 2))
	leaves := gradientCase{shapes: [][]int{{images, cols}, {images, cols}, {images * draws, cols}}}.leaves(t, g)
	for name, sum := range map[string]func(a, b *gorgonia.Node) (*gorgonia.Node, error){
		"sum":             g.Sum,
		"sum of Gorgonia": func(a, b *gorgonia.Node) (*gorgonia.Node, error) { return gorgonia.Add(a, b) },
	} {
		params, err := sum(leaves[0], leaves[1])
		if err != nil {
			t.Fatal(err)
		}
		moved, err := g.Rows(RowFunc{
			Name: "moved", Columns: cols, Differentiable: []bool{false, false},
			Forward: func(out []float32, in [][]float32) {
				for i := range out {
					out[i] = in[0][i] + in[1][cols-1-i]
				}
			},
		}, leaves[2], params)
		if err != nil {
			t.Fatal(err)
		}
		p, err := g.Compile(moved)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.stages) != 1 || p.stages[0].units[0].rows != images {
			t.Errorf("%s: stages %q, the first in blocks of the rows of %d, want one for %d images", name, p.StepNames(), p.stages[0].units[0].rows, images)
		}
	}
}

// descent changes weights, which lie where the leaves are, by a tenth of their gradients.
type descent struct{ weights [][]float32 }

func (d descent) Update(lo int, grads []float32) {
	for _, w := range d.weights {
		for lo < len(w) && len(grads) > 0 {
			w[lo] -= grads[0] / 10
			lo, grads = lo+1, grads[1:]
		}
		lo -= len(w)
		lo = max(lo, 0)
		if len(grads) == 0 {
			return
		}
	}
}

// Steps of training leave the same bits whether each operation has a stage of its own or not, on any number of threads,
// with gradients collected and with weights that change on the way.
func TestStagesKeepBits(t *testing.T) {
	for _, streams := range []bool{false, true} {
		for _, rows := range []int{3, 130} {
			var want []float32
			for _, threads := range []int{1, 2, 3} {
				for _, alone := range []bool{true, false} {
					got, stages := trainFusable(t, testkit.Engine(t, "", threads), rows, streams, alone)
					if want == nil {
						want = got
					}
					if !slices.Equal(got, want) {
						t.Errorf("%d rows, %d threads, streaming %t: other bits in %d stages", rows, threads, streams, stages)
					}
				}
			}
		}
	}
}

// trainFusable returns the loss, the weights and the gradients after three steps, and how many stages a step has.
func trainFusable(t *testing.T, e *kernel.Engine, rows int, streams, alone bool) (results []float32, stages int) {
	t.Helper()
	fusable(t, e, rows, func(cost *gorgonia.Node, g *Graph, weights gorgonia.Nodes) {
		pairs, err := g.Differentiate(cost, weights)
		if err != nil {
			t.Fatal(err)
		}
		c, err := g.trainingList(gorgonia.Nodes{cost}, pairs)
		if err != nil {
			t.Fatal(err)
		}
		fuse(&c.list, rules())
		var d descent
		for _, w := range weights {
			d.weights = append(d.weights, g.Data(w))
		}
		gradients := make([]float32, c.weights())
		var strategy Strategy = Collecting{Gradients: gradients}
		if streams {
			strategy = Streaming{Name: "descent", Updater: d}
		}
		training, err := c.training(strategy)
		if err != nil {
			t.Fatal(err)
		}
		if alone {
			training.Forward.stages = apart(training.Forward.stages)
			training.Backward.stages = apart(training.Backward.stages)
		}
		stages = len(training.Forward.stages) + len(training.Backward.stages)
		for range 3 {
			training.Forward.Run()
			training.Backward.Run()
		}
		results = append(gradients, training.Forward.Value(cost)...)
		for _, w := range d.weights {
			results = append(results, w...)
		}
	})
	return results, stages
}

// apart gives every step a stage of its own.
func apart(stages []*stage) []*stage {
	var single []*stage
	for _, g := range stages {
		for _, s := range g.steps() {
			one := &stage{engine: g.engine, units: []*unit{newUnit(s)}}
			one.bind()
			single = append(single, one)
		}
	}
	return single
}

// A step in the order of its layers is done in few stages, and those that change a weight come after those that read it.
func TestStagesOfTraining(t *testing.T) {
	g := New(testkit.Engine(t, "", 2))
	leaves := gradientCase{shapes: [][]int{{40, 30}, {20, 30}, {20}, {10, 20}, {10}}}.leaves(t, g)
	h, err := g.Linear(leaves[0], leaves[1], leaves[2], kernel.Tanh)
	if err != nil {
		t.Fatal(err)
	}
	y, err := g.Linear(h, leaves[3], leaves[4], kernel.Tanh)
	if err != nil {
		t.Fatal(err)
	}
	cost, err := weighted(g, y)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := g.Differentiate(cost, leaves[1:])
	if err != nil {
		t.Fatal(err)
	}
	training, err := g.CompileTraining(gorgonia.Nodes{cost}, pairs, Streaming{Name: "keep", Updater: newKeeper(20*30 + 20 + 10*20 + 10)})
	if err != nil {
		t.Fatal(err)
	}
	names := training.Backward.StepNames()
	want := []string{
		"d(pre-activation)",
		"d(input) 20x10, slope",
		"d(weight) 20x10, keep + d(weight) 30x20, keep + keep",
	}
	if n := len(names); n < 3 || !slices.Equal(names[n-3:], want) {
		t.Errorf("stages end with %q, want %q", names, want)
	}
}
