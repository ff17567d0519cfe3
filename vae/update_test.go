package vae

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"vaectl/data"
)

// descent is an Updater that goes straight down the gradients and counts how
// often it moved each weight.
type descent struct {
	weights []float32

	mu    sync.Mutex
	moved []int
}

func (d *descent) Update(lo int, grads []float32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, g := range grads {
		d.weights[lo+i] -= 0.05 * g
		d.moved[lo+i]++
	}
}

// A streaming step with the weights of a
// collecting one whose gradients are applied afterwards: none is changed while it is still read.
func TestUpdatesOnTheWay(t *testing.T) {
	models := [][]string{
		nil,
		{"model.hidden=9", "objective.samples=3"},
		{"model.gated=true", "model.hidden=8,8"},
		{"model.upper_latent=2", "model.upper_hidden=5"},
		{"model.conditional=true", "model.classes=3"},
		{"model.gated=true", "model.conditional=true", "model.classes=3", "model.upper_latent=2", "model.upper_hidden=5"},
		{"objective.name=iwae", "objective.samples=4", "objective.gradient=dreg"},
		{"objective.name=mmd", "prior.name=uniform"},
		{"prior.name=vamp", "prior.components=4"},
		{"prior.name=vamp", "prior.components=4", "model.gated=true"},
		{"prior.name=flow"},
		{"prior.name=mixture", "prior.components=3", "prior.learned=true"},
		{"model.likelihood=gaussian"},
		{"model.network=conv", "model.conv=3,4k3s1p1", "model.hidden=6"},
		{"model.network=conv", "model.conv=3k3s2p1", "model.hidden=5", "model.norm=batch", "model.blocks=1"},
		{"model.network=conv", "model.conv=3k3s1p1", "model.gated=true", "prior.name=vamp", "prior.components=4"},
	}
	for _, settings := range models {
		t.Run(strings.Join(settings, " "), func(t *testing.T) {
			for _, threads := range []int{1, 3} {
				e, err := NewEngine("", threads)
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				afterwards, onTheWay := trainable(t, e, settings), trainable(t, e, settings)
				plain, grads := checkedStep(t, afterwards)
				d := &descent{weights: onTheWay.Weights(), moved: make([]int, len(onTheWay.Weights()))}
				updating := checkedStepWith(t, onTheWay, Streaming{Name: "descent", Updater: d})
				for run := 1; run <= 3; run++ {
					plain.Run()
					for i, g := range grads {
						afterwards.Weights()[i] -= 0.05 * g
					}
					updating.Forward()
					updating.BackwardAndUpdate()
					if plain.Loss() != updating.Loss() {
						t.Fatalf("%d threads, run %d: loss %v, updated afterwards %v", threads, run, updating.Loss(), plain.Loss())
					}
					if i := slices.IndexFunc(d.moved, func(n int) bool { return n != run }); i >= 0 {
						t.Fatalf("%d threads: weight %d was changed %d times in %d runs", threads, i, d.moved[i], run)
					}
				}
				for i, w := range onTheWay.Weights() {
					if w != afterwards.Weights()[i] {
						t.Fatalf("%d threads: weight %d is %v, updated afterwards %v", threads, i, w, afterwards.Weights()[i])
					}
				}
			}
		})
	}
}

// trainable is a model as a training begins with.
func trainable(t *testing.T, e *Engine, settings []string) *Model {
	t.Helper()
	m := modelOn(t, e, settings...)
	r, err := data.NewReader(split(8), data.Grey, e)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.InitPseudoInputs(r); err != nil {
		t.Fatal(err)
	}
	return m
}

// Only the loss is computed by the first half of a step: the second must not
// begin where the loss is not finite.
func TestForwardLeavesWeightsAlone(t *testing.T) {
	m := newModel(t)
	s := checkedStepWith(t, m, Streaming{Name: "descent", Updater: &descent{weights: m.Weights(), moved: make([]int, len(m.Weights()))}})
	before := slices.Clone(m.Weights())
	s.Forward()
	loss := s.Loss()
	if !slices.Equal(before, m.Weights()) {
		t.Error("Forward changed weights")
	}
	s.BackwardAndUpdate()
	if slices.Equal(before, m.Weights()) {
		t.Error("BackwardAndUpdate changed no weights")
	}
	if s.Loss() != loss {
		t.Errorf("BackwardAndUpdate changed the loss from %v to %v", loss, s.Loss())
	}
}

// The operations of a step are those of its layers' products: forward, of the weights' gradients, and of the gradients of
// all inputs but the data.
func TestStepCountsItsProducts(t *testing.T) {
	m := newModel(t, "model.hidden=7,6", "model.latent=3")
	const images = 5
	s, _ := newStep(t, m, images)
	pixels := m.Values()
	weights := pixels*7 + 7*6 + 6*2*3 + 3*6 + 6*7 + 7*pixels
	if got, want := s.FLOPs(), float64(2*images*(3*weights-pixels*7)); got != want {
		t.Errorf("%v operations a step, want %v", got, want)
	}
}

// The products alone, which a benchmark runs, change nothing.
func TestProductsLeaveWeightsAlone(t *testing.T) {
	m := newModel(t)
	collecting, _ := checkedStep(t, m)
	s := checkedStepWith(t, m, Streaming{Name: "descent", Updater: &descent{weights: m.Weights(), moved: make([]int, len(m.Weights()))}})
	before := slices.Clone(m.Weights())
	s.RunProducts()
	if !slices.Equal(before, m.Weights()) {
		t.Error("the products changed weights")
	}
	if s.FLOPs() != collecting.FLOPs() {
		t.Errorf("%v operations with updates, %v without", s.FLOPs(), collecting.FLOPs())
	}
}

// A step does what its strategy says or nothing: the name of a call says whether
// weights change.
func TestCallsThatDoNotFitTheStrategy(t *testing.T) {
	m := newModel(t)
	collecting, _ := checkedStep(t, m)
	streaming := checkedStepWith(t, m, Streaming{Name: "descent", Updater: &descent{weights: m.Weights(), moved: make([]int, len(m.Weights()))}})
	for name, call := range map[string]func(){"Backward of a streaming step": streaming.Backward, "BackwardAndUpdate of a collecting step": collecting.BackwardAndUpdate} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			call()
		}()
	}
	if _, err := m.NewStep(2, Collecting{Gradients: make([]float32, 3)}); err == nil {
		t.Error("room for three gradients was accepted")
	}
}

// A step keeps about the memory that it says it computes in.
func TestStepSaysHowMuchMemoryItTakes(t *testing.T) {
	for _, settings := range [][]string{{"model.hidden=300,300"}, {"model.network=conv", "model.conv=40k3s1p1,32k3s1p1"}} {
		m := newModel(t, settings...)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s, err := m.NewStep(1000, Streaming{Name: "descent", Updater: &descent{weights: m.Weights(), moved: make([]int, len(m.Weights()))}})
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		said, kept := float64(s.Bytes()), float64(after.HeapAlloc)-float64(before.HeapAlloc)
		if said > 1.1*kept || said < 0.7*kept {
			t.Errorf("%v: %.0f bytes, %.0f are kept", settings, said, kept)
		}
		runtime.KeepAlive(s)
	}
}
