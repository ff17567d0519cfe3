package graph

import (
	"slices"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"

	"vaectl/internal/compute/kernel"
)

// keeper is an Updater that notes the gradients and leaves the weights.
type keeper struct {
	mu    sync.Mutex
	grads []float32
}

func (k *keeper) Update(lo int, grads []float32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	copy(k.grads[lo:], grads)
}

// A gradient that the program itself reads again is computed to memory, and used
// at the end.
func TestUpdateWeightsKeepsGradientsThatAreRead(t *testing.T) {
	g := New(newEngine(t, 2))
	c := gradientCase{shapes: [][]int{{4, 6}, {5, 6}, {5}, {5, 6}}}
	leaves := c.leaves(t, g)
	x, w, b, more := leaves[0], leaves[1], leaves[2], leaves[3]
	y, err := g.Linear(x, w, b, kernel.Tanh)
	if err != nil {
		t.Fatal(err)
	}
	cost, derivatives := gradientsOf(t, g, y, w, b)
	sum, err := gorgonia.Add(derivatives[0], more)
	if err != nil {
		t.Fatal(err)
	}
	grads := make([]float32, 35)
	place := Placement{derivatives[0]: grads[:30], derivatives[1]: grads[30:]}
	program, err := g.Compile(place, cost, sum, derivatives[1])
	if err != nil {
		t.Fatal(err)
	}
	program.Run()
	wantGrads, wantSum := slices.Clone(grads), slices.Clone(program.Value(sum))

	k := &keeper{grads: make([]float32, 35)}
	g.UpdateWeights(program, "keep", append(slices.Clone(g.Data(w)), g.Data(b)...), grads, k)
	clear(grads)
	program.Run()
	if !slices.Equal(k.grads, wantGrads) {
		t.Errorf("gradients %v, want %v", k.grads, wantGrads)
	}
	if got := program.Value(sum); !slices.Equal(got, wantSum) {
		t.Errorf("what reads a gradient is %v, want %v", got, wantSum)
	}
}
