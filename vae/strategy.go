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
	// Ready, where it is not nil, is called in [Step.Backward] each time that some
	// gradients are there: those of all weights from that one on, since they come from
	// the last layer to the first. The last call says 0. It may use the gradients and
	// must leave the weights as they are.
	Ready func(from int)
}

func (c Collecting) onGraph() graph.Strategy {
	return graph.Collecting{Gradients: c.Gradients, Ready: c.Ready}
}

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
