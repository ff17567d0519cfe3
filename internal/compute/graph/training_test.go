package graph

import (
	"slices"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
	"vaectl/internal/dev/testkit"
)

// keeper is an Updater that notes the gradients, and how often each came, and
// leaves the weights.
type keeper struct {
	mu    sync.Mutex
	grads []float32
	times []int
}

func newKeeper(n int) *keeper { return &keeper{grads: make([]float32, n), times: make([]int, n)} }

func (k *keeper) Update(lo int, grads []float32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	copy(k.grads[lo:], grads)
	for i := range grads {
		k.times[lo+i]++
	}
}

// Both strategies have the gradients of all parameters, numbered through, those
// that the program reads again and those that two parameters share among them.
func TestStrategiesSeeTheSameGradients(t *testing.T) {
	g := New(testkit.Engine(t, "", 2))
	c := gradientCase{shapes: [][]int{{4, 6}, {5, 6}, {5}, {5, 6}, {4, 5}, {4, 5}}}
	leaves := c.leaves(t, g)
	y, err := g.Linear(leaves[0], leaves[1], leaves[2], kernel.Tanh)
	if err != nil {
		t.Fatal(err)
	}
	sum := gorgonia.Must(gorgonia.Add(gorgonia.Must(gorgonia.Add(y, leaves[4])), leaves[5]))
	cost, err := weighted(g, sum)
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := g.Differentiate(cost, gorgonia.Nodes{leaves[1], leaves[2], leaves[4], leaves[5]})
	if err != nil {
		t.Fatal(err)
	}
	if pairs[2].Gradient != pairs[3].Gradient {
		t.Fatal("the two sums no longer share a gradient: take another graph")
	}
	read := gorgonia.Must(gorgonia.Add(pairs[0].Gradient, leaves[3]))

	const weights = 30 + 5 + 20 + 20
	collected := make([]float32, weights)
	var told []int
	collecting, err := g.CompileTraining(gorgonia.Nodes{cost, read}, pairs, Collecting{Gradients: collected, Ready: func(from int) {
		told = append(told, from)
		if i := slices.Index(collected[from:], 0); i >= 0 {
			t.Errorf("gradients from %d on are said to be there; %d is not", from, from+i)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	k := newKeeper(weights)
	streaming, err := g.CompileTraining(gorgonia.Nodes{cost, read}, pairs, Streaming{Name: "keep", Updater: k})
	if err != nil {
		t.Fatal(err)
	}
	for _, training := range []*Training{collecting, streaming} {
		training.Forward.Run()
		training.Backward.Run()
	}
	if !slices.Equal(k.grads, collected) {
		t.Errorf("streamed gradients %v, collected %v", k.grads, collected)
	}
	if i := slices.IndexFunc(k.times, func(n int) bool { return n != 1 }); i >= 0 {
		t.Errorf("weight %d was updated %d times", i, k.times[i])
	}
	if last := len(told) - 1; last < 0 || told[last] != 0 || !slices.IsSortedFunc(told, func(a, b int) int { return b - a }) {
		t.Errorf("gradients are there from %v on", told)
	}
	if i := slices.Index(collected, 0); i >= 0 {
		t.Errorf("gradient %d was not written", i)
	}
	if a, b := streaming.Forward.Value(read), collecting.Forward.Value(read); !slices.Equal(a, b) {
		t.Errorf("what reads a gradient is %v, collecting %v", a, b)
	}
}

func TestTrainingsThatDoNotFit(t *testing.T) {
	g := New(testkit.Engine(t, "", 1))
	x, _ := g.Input("x", 4, 5)
	w, _ := g.Input("w", 3, 5)
	b, _ := g.Input("b", 3)
	y, err := g.Linear(x, w, b, kernel.Identity)
	if err != nil {
		t.Fatal(err)
	}
	cost, grads := gradientsOf(t, g, y, w, b)
	pairs := []Pair{{w, grads[0]}, {b, grads[1]}}
	for name, compile := range map[string]func() (*Training, error){
		"room for three gradients": func() (*Training, error) {
			return g.CompileTraining(gorgonia.Nodes{cost}, pairs, Collecting{Gradients: make([]float32, 3)})
		},
		"a parameter that is computed": func() (*Training, error) {
			return g.CompileTraining(gorgonia.Nodes{cost}, []Pair{{y, grads[0]}}, Collecting{})
		},
		"the gradient of another": func() (*Training, error) {
			return g.CompileTraining(gorgonia.Nodes{cost}, []Pair{{w, grads[1]}}, Collecting{Gradients: make([]float32, 15)})
		},
	} {
		if _, err := compile(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
