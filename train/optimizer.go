package train

import (
	"math"

	"vaectl/configs"
	"vaectl/internal/kernel"
)

// Values of train.optimizer.
const (
	adamW  = "adamw"
	adamax = "adamax"
)

// optimizer is Adam (Kingma & Ba 2015, algorithm 1), AdamW (Loshchilov &
// Hutter 2019) or Adamax (Kingma & Ba 2015, algorithm 2) over all weights in
// one pass. Unlike Gorgonia's solvers its state can be saved: the two moments
// and the number of steps taken.
type optimizer struct {
	engine         *kernel.Engine
	config         configs.Train
	weights, grads []float32
	first, second  []float32
	steps          uint64

	step kernel.AdamStep // under way
}

const weightsPerChunk = 8192

func newOptimizer(e *kernel.Engine, c configs.Train, weights, grads []float32) *optimizer {
	return &optimizer{
		engine: e, config: c, weights: weights, grads: grads,
		first: make([]float32, len(weights)), second: make([]float32, len(weights)),
	}
}

// update takes one step down the gradients.
func (o *optimizer) update(rate float64) {
	o.steps++
	t, c := float64(o.steps), o.config
	o.step = kernel.AdamStep{
		Rate: float32(rate), Beta1: float32(c.AdamBeta1), Beta2: float32(c.AdamBeta2), Eps: float32(c.AdamEps),
		Correction1: float32(1 / (1 - math.Pow(c.AdamBeta1, t))),
		Correction2: float32(1 / (1 - math.Pow(c.AdamBeta2, t))),
		Max:         c.Optimizer == adamax,
	}
	if c.Optimizer == adamW {
		o.step.Decay = float32(c.WeightDecay)
	}
	o.engine.Run((len(o.weights)+weightsPerChunk-1)/weightsPerChunk, o)
}

// Chunk updates some of the weights; it makes the optimiser a task of the engine.
func (o *optimizer) Chunk(i int) {
	lo, hi := i*weightsPerChunk, min((i+1)*weightsPerChunk, len(o.weights))
	o.engine.Adam(o.weights[lo:hi], o.grads[lo:hi], o.first[lo:hi], o.second[lo:hi], o.step)
}
