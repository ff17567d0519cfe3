package vae

import "vaectl/internal/compute/graph"

// Strategy says what becomes of the gradients of a step: [Collecting] stores them for
// [Step.Backward], [Streaming] uses them up in [Step.BackwardAndUpdate]. Weights and
// gradients are in the order of [Model.Weights].
type Strategy interface {
	onGraph() graph.Strategy
}

// Collecting stores the gradients for the caller to reduce, clip and apply.
type Collecting struct {
	// Gradients has room for one value of each weight. Steps of several batch sizes
	// may share that memory.
	Gradients []float32
}

func (c Collecting) onGraph() graph.Strategy { return graph.Collecting{Gradients: c.Gradients} }

// Streaming lets an updater change the weights as the gradients come, each as soon as
// its gradient is there and the old weight was read for the last time: the gradient is
// then still in cache.
type Streaming struct {
	Name    string // of the update among [Step.Operations]
	Updater Updater
}

func (s Streaming) onGraph() graph.Strategy {
	return graph.Streaming{Name: s.Name, Updater: s.Updater}
}

// Updater changes weights in a [Streaming] step.
type Updater interface {
	// Update changes those of [Model.Weights] from lo on by their gradients, which it
	// must not keep. It is called from several goroutines, in each step once for every
	// weight.
	Update(lo int, grads []float32)
}
