package train

import (
	"math"

	"vaectl/internal/kernel"
)

// adam is Adam (Kingma & Ba 2015, algorithm 1) over all weights in one pass.
// Unlike Gorgonia's solver its state can be saved: the two moments and the
// number of steps taken.
type adam struct {
	engine                  *kernel.Engine
	weights, grads          []float32
	first, second           []float32
	steps                   uint64
	rate, beta1, beta2, eps float64

	step kernel.AdamStep
}

const weightsPerChunk = 8192

func newAdam(e *kernel.Engine, weights, grads []float32, rate float64) *adam {
	return &adam{
		engine: e, weights: weights, grads: grads,
		first: make([]float32, len(weights)), second: make([]float32, len(weights)),
		rate: rate, beta1: 0.9, beta2: 0.999, eps: 1e-8,
	}
}

// update takes one step down the gradients.
func (a *adam) update() {
	a.steps++
	t := float64(a.steps)
	a.step = kernel.AdamStep{
		Rate: float32(a.rate), Beta1: float32(a.beta1), Beta2: float32(a.beta2), Eps: float32(a.eps),
		Correction1: float32(1 / (1 - math.Pow(a.beta1, t))),
		Correction2: float32(1 / (1 - math.Pow(a.beta2, t))),
	}
	a.engine.Run((len(a.weights)+weightsPerChunk-1)/weightsPerChunk, a)
}

// Chunk updates some of the weights; it makes the optimiser a task of the engine.
func (a *adam) Chunk(i int) {
	lo, hi := i*weightsPerChunk, min((i+1)*weightsPerChunk, len(a.weights))
	a.engine.Adam(a.weights[lo:hi], a.grads[lo:hi], a.first[lo:hi], a.second[lo:hi], a.step)
}
